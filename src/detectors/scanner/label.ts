/**
 * What to think of a scanner: benign, suspicious, malicious or unknown (GreyNoise's words).
 *
 * Only an organisation that publishes its scanners is called benign. 'Malicious' needs a
 * mark of malware on some of its packets; 'suspicious' is who covers a good part of the
 * sensor or very many ports without saying who they are. The rest is unknown, and says so.
 */
import type { ScanningSourceRow } from '../../domain/question.ts';
import type { Text } from '../../domain/text.ts';
import type { Fingerprint } from '../fingerprints.ts';
import type { KnownScanner } from '../known-scanners.ts';
import { targetsOf } from '../wording.ts';

export type ScannerLabel = 'benign' | 'suspicious' | 'malicious' | 'unknown';

/** Packets with the mark of Mirai among many without: some host behind this address is infected. */
const MARKED_PACKETS = 3;
/** Aggressive scanners as Merit defines them: a tenth of the telescope (arXiv 2305.07193). */
const LARGE_SHARE = 0.1;
/** NICTER's survey scanners try so many ports in a day. */
const SURVEY_PORTS = 30;

interface Known {
  readonly tool: Fingerprint | undefined;
  readonly known: KnownScanner | undefined;
  readonly addresses: number | null;
}

export function labelOf(row: ScanningSourceRow, { known, addresses }: Known): ScannerLabel {
  if (known) return 'benign';
  if (row.marks.mirai >= MARKED_PACKETS) return 'malicious';
  // A full bitmap says "at least 266"; packets are an upper bound of what it covered.
  const covered = row.areTargetsALowerBound ? row.packets : targetsOf(row);
  const isLarge = addresses !== null && covered >= addresses * LARGE_SHARE;
  return isLarge || row.distinctPorts >= SURVEY_PORTS ? 'suspicious' : 'unknown';
}

/** Hops differ by a few on one way; more says several senders or an invented one. */
const TTL_SPREAD = 16;

/**
 * A telescope completes no connection, so any sender could be forged; most have no reason
 * to be. Said where the packets themselves give one.
 */
export function isSpoofable(row: ScanningSourceRow): boolean {
  return row.ttlMax - row.ttlMin > TTL_SPREAD;
}

export function labelSentence(label: ScannerLabel): Text | undefined {
  return SENTENCES[label];
}

const SENTENCES: Readonly<Partial<Record<ScannerLabel, Text>>> = {
  malicious: {
    ja: '一部のパケットにマルウェアの目印があるため、悪意のあるものとみられます。',
    en: 'Some of its packets carry the mark of malware: it is probably malicious.',
  },
  suspicious: {
    ja: '広い範囲を探っていますが、調査機関として公表されたアドレスではありません。',
    en: 'It searches widely and is not among the addresses that organisations publish as their scanners.',
  },
};
