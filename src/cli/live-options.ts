/** The options that open live input, the same for the hub and for an edge collector. */
import { parseCapture, parseListen, type SourceConfig } from '../engine/source-config.ts';
import type { RunningSource } from '../live/live-input.ts';
import { type Invocation, textOption, textOptions } from './command.ts';

export const LIVE_OPTIONS = {
  listen: { type: 'string', multiple: true },
  capture: { type: 'string', multiple: true },
  sensor: { type: 'string' },
} as const;

export function sourcesOf(invocation: Invocation): SourceConfig[] {
  const sensor = textOption(invocation, 'sensor');
  return [
    ...textOptions(invocation, 'listen').map((text) => parseListen(text, sensor)),
    ...textOptions(invocation, 'capture').map((text) => parseCapture(text, sensor)),
  ];
}

/** Asked for 8 MiB, doubled by Linux; less means that bursts are lost. */
const WANTED_BUFFER = 16 << 20;

export function describeSource({ source, sensor, port, bufferBytes }: RunningSource): string {
  const open = `Live input of sensor ${sensor}: ${source}`;
  if (port === 0) return open;
  const mebibytes = (bufferBytes / 2 ** 20).toFixed(1);
  const advice = bufferBytes < WANTED_BUFFER ? '; the kernel grants no more, raise net.core.rmem_max to 8388608 for bursts' : '';
  return `${open} (receive buffer ${mebibytes} MiB${advice})`;
}
