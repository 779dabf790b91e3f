/** The XML beside a mail about own ranges, as docs/own-range-alert.xsd describes it. */
import type { Notice } from '../../domain/notice.ts';
import type { OwnRangeAlert, OwnRangeMessage } from '../../domain/own-range.ts';
import type { RenderContext } from '../../engine/modules.ts';
import { escapeHtml as e, toOneLine } from '../safe-text.ts';
import { toIso } from '../words.ts';

/** A name, not an address: nothing is fetched from it. */
export const OWN_RANGE_NAMESPACE = 'urn:yagura:own-range-alert:1';

export function toOwnRangeXml(notice: Notice, message: OwnRangeMessage, { sender }: RenderContext): string {
  const { constituent, language } = notice;
  const head = [
    attribute('xmlns', OWN_RANGE_NAMESPACE),
    attribute('kind', message.kind),
    attribute('number', notice.id),
    attribute('created', toIso(notice.createdAt)),
    attribute('from', toIso(message.from)),
    attribute('to', toIso(message.to)),
    attribute('simulation', String(notice.isSimulation)),
    attribute('sensors', String(message.sensors)),
  ].join('');
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<own-range-message${head}>`,
    `  <sender>${text(sender.name[language])}</sender>`,
    `  <constituent${attribute('id', constituent.id)}>${text(constituent.name[language])}</constituent>`,
    ...message.ranges.map((range) => `  <range>${text(range)}</range>`),
    ...message.unwatched.map(({ from, to }) => `  <unwatched${attribute('from', toIso(from))}${attribute('to', toIso(to))}/>`),
    ...message.alerts.flatMap(alertLines),
    '</own-range-message>',
  ];
  return `${lines.join('\n')}\n`;
}

function alertLines(alert: OwnRangeAlert): string[] {
  const head = [
    attribute('id', alert.id),
    attribute('class', alert.class),
    attribute('state', alert.state),
    attribute('severity', alert.severity),
    attribute('host', alert.host),
    attribute('first-seen', toIso(alert.firstSeenAt)),
    attribute('last-seen', toIso(alert.lastSeenAt)),
    attribute('packets', String(alert.packets)),
    attribute('targets', String(alert.targets)),
  ].join('');
  return [
    `  <alert${head}>`,
    ...alert.ports.map(
      ({ protocol, port, packets }) =>
        `    <port${attribute('protocol', String(protocol))}${attribute('number', String(port))}${attribute('packets', String(packets))}/>`,
    ),
    `    <because xml:lang="ja">${text(alert.because.ja)}</because>`,
    `    <because xml:lang="en">${text(alert.because.en)}</because>`,
    '  </alert>',
  ];
}

/** Characters that XML 1.0 cannot carry at all are left out. */
const text = (value: string): string => e(toOneLine(value).replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ''));
const attribute = (name: string, value: string): string => ` ${name}="${text(value)}"`;
