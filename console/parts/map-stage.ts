/**
 * Runs the painter: in a worker where the browser lends out canvases, on the page
 * elsewhere. Both ends speak the same few messages, so the page does not know which.
 */

import { type Departure, type Look, MapPainter } from './map-painter.ts';
import type { Point } from './map-projection.ts';

/** 'moving' flows, 'paused' holds the picture, 'still' rearranges it without motion. */
export type Motion = 'moving' | 'paused' | 'still';

export type StageMessage =
  | { readonly kind: 'canvas'; readonly canvas: OffscreenCanvas }
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'motion'; readonly motion: Motion }
  | { readonly kind: 'depart'; readonly departures: readonly Departure[]; readonly to: Point };

/** What the picture did in the last second: a machine that cannot keep up is seen, not guessed. */
export interface Pace {
  readonly frames: number;
  readonly marks: number;
  /** Share of the time spent drawing, 0..1. */
  readonly busy: number;
}

const FRAME_MS = 14; // screens faster than 60 Hz get 60
const STALL_MS = 250;

export class MapStage {
  readonly #tell: (pace: Pace) => void;
  #painter: MapPainter | undefined;
  #motion: Motion = 'paused';
  #request: number | undefined;
  #time = 0; // of the picture: stands still while it does
  #frameAt = 0;
  #second = { at: 0, frames: 0, busy: 0 };
  #still: Extract<StageMessage, { kind: 'depart' }> | undefined;

  constructor(tell: (pace: Pace) => void) {
    this.#tell = tell;
  }

  paintOn(canvas: HTMLCanvasElement | OffscreenCanvas): void {
    this.#painter = new MapPainter(canvas);
  }

  take(message: Exclude<StageMessage, { kind: 'canvas' }>): void {
    if (message.kind === 'look') this.#painter?.look(message.look);
    if (message.kind === 'motion') this.#motion = message.motion;
    if (message.kind === 'depart') this.#depart(message);
    if (message.kind !== 'depart') this.#redraw();
    this.#run();
  }

  stop(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
  }

  #depart(message: Extract<StageMessage, { kind: 'depart' }>): void {
    if (this.#motion === 'moving') this.#painter?.depart(message.departures, message.to, this.#time);
    if (this.#motion !== 'still') return;
    this.#still = message;
    this.#painter?.arrange(message.departures, message.to);
  }

  #redraw(): void {
    if (this.#motion !== 'still') this.#painter?.draw(this.#time);
    else if (this.#still) this.#painter?.arrange(this.#still.departures, this.#still.to);
  }

  #run(): void {
    if (this.#motion !== 'moving') return this.stop();
    if (this.#request !== undefined) return;
    this.#frameAt = performance.now();
    this.#request = requestAnimationFrame(this.#frame);
  }

  readonly #frame = (at: number): void => {
    this.#request = requestAnimationFrame(this.#frame);
    if (at - this.#frameAt < FRAME_MS) return;
    // A tab that slept goes on where it was instead of leaping.
    this.#time += Math.min(STALL_MS, at - this.#frameAt);
    this.#frameAt = at;
    const begun = performance.now();
    const marks = this.#painter?.draw(this.#time) ?? 0;
    this.#count(at, performance.now() - begun, marks);
  };

  #count(at: number, busy: number, marks: number): void {
    const second = this.#second;
    second.frames++;
    second.busy += busy;
    if (at - second.at < 1000) return;
    const span = at - second.at;
    if (span < 2000)
      this.#tell({ frames: Math.round((second.frames * 1000) / span), marks, busy: Math.round((second.busy / span) * 1000) / 1000 });
    this.#second = { at, frames: 0, busy: 0 };
  }
}
