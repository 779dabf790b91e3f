/** The figures of a sensor or exporter as table cells read them: unknown is said, never left empty. */
import type { Sensor } from '../../src/server/sensor-contract.ts';
import type { Format } from '../format.ts';
import type { Words } from '../words/ja.ts';

type Figures = Omit<Sensor['exporters'][number], 'address'>;

/** Three digits say all; below one a second the digits after the point matter. */
export function rateText({ perSecond }: Figures, words: Words): string {
  return perSecond === null ? words.common.unknown : perSecond.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** The worst loss, in its own unit. */
export function lossText({ losses }: Figures, words: Words): string {
  const worst = losses.toSorted((a, b) => b.share - a.share)[0];
  if (!worst) return words.common.unknown;
  const units: Readonly<Record<string, string>> = words.sensors.unitName;
  return words.sensors.unitShare(percentText(worst.share), units[worst.unit] ?? worst.unit);
}

export const worstLoss = ({ losses }: Figures): number => Math.max(-1, ...losses.map(({ share }) => share));

/** Losses are small: one digit after the point. */
export function percentText(share: number): string {
  const value = share * 100;
  return value > 0 && value < 0.1 ? '<0.1%' : `${value.toLocaleString('en-US', { maximumFractionDigits: 1 })}%`;
}

export function skewText({ skewMs }: Figures, words: Words, format: Format): string {
  return skewMs === null ? words.common.none : words.sensors.milliseconds(format.count(skewMs.low), format.count(skewMs.high));
}

export const countText = (count: number | null, words: Words, format: Format): string =>
  count === null ? words.common.unknown : format.count(count);

export const lastText = ({ lastAt }: Figures, words: Words, format: Format): string =>
  lastAt === null ? words.common.none : format.dateTime(lastAt);
