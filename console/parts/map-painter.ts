/**
 * Draws moving arrivals on a canvas: 2,000 at a time, 60 times a second, cheaply.
 *
 * Everything that can be known before a frame is: curves are points, heads are sprites
 * (one per class and theme), and trails of one class are one stroke. Marks live in flat
 * arrays; a new one takes the place of the oldest when all are in use. The painter knows
 * neither page nor worker, so it runs in both.
 */
import { arcPoints, CURVE_POINTS } from './map-curves.ts';
import { MAP_HEIGHT, MAP_WIDTH, type Point } from './map-projection.ts';

export const MOST_MARKS = 2000;
const HEAD = 13; // px, sprite edge
const TRAIL = 0.085; // of the way
const SPREAD_MS = 1000; // arrivals of a second set out over a second
const SLOWEST_MS = 3400;
const QUICKEST_MS = 1100;
const TURN = 2 * Math.PI;

type Canvas = HTMLCanvasElement | OffscreenCanvas;
type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Classes in the order of the guide, and the colour each has in this theme. */
export interface Look {
  readonly width: number; // CSS px
  readonly ratio: number; // device px per CSS px
  readonly colours: readonly (readonly [id: string, colour: string])[];
}

/** Marks of one class that set out from one place. */
export interface Departure {
  readonly from: Point;
  readonly class: string;
  readonly marks: number;
}

export class MapPainter {
  readonly #canvas: Canvas;
  readonly #context: Context;
  #look: Look = { width: MAP_WIDTH, ratio: 1, colours: [] };
  #sprites: readonly Canvas[] = [];
  readonly #curves = new Map<string, number>();
  readonly #points: Float32Array[] = [];
  readonly #begin = new Float64Array(MOST_MARKS).fill(Number.NEGATIVE_INFINITY);
  readonly #lasts = new Float64Array(MOST_MARKS).fill(1);
  readonly #curve = new Uint16Array(MOST_MARKS);
  readonly #class = new Uint8Array(MOST_MARKS);
  #next = 0;
  #dice = 0;

  constructor(canvas: Canvas) {
    const context: Context | null = canvas.getContext('2d');
    if (!context) throw new Error('this browser draws no canvas');
    this.#canvas = canvas;
    this.#context = context;
  }

  look(look: Look): void {
    this.#look = look;
    this.#canvas.width = Math.round(look.width * look.ratio);
    this.#canvas.height = Math.round(((look.width * MAP_HEIGHT) / MAP_WIDTH) * look.ratio);
    this.#sprites = look.colours.map(([id, colour]) => drawSprite(id, colour, look.ratio));
  }

  /** Marks set out over the next second, evenly. */
  depart(departures: readonly Departure[], to: Point, now: number): void {
    for (const { from, class: id, marks } of departures) {
      const curve = this.#curveOf(from, to);
      const distance = Math.hypot(to[0] - from[0], to[1] - from[1]) / MAP_WIDTH;
      const lasts = Math.min(SLOWEST_MS, QUICKEST_MS + distance * 4200);
      for (let i = 0; i < marks; i++) this.#place(curve, id, now + SPREAD_MS * this.#roll(), lasts * (0.88 + 0.24 * this.#roll()));
    }
  }

  /** A still picture: each mark stands somewhere on its way. */
  arrange(departures: readonly Departure[], to: Point): void {
    this.clear();
    for (const { from, class: id, marks } of departures) {
      const curve = this.#curveOf(from, to);
      for (let i = 0; i < marks; i++) this.#place(curve, id, -(0.12 + 0.8 * this.#roll()), 1);
    }
    this.draw(0);
  }

  clear(): void {
    this.#begin.fill(Number.NEGATIVE_INFINITY);
  }

  /** Draws the moment; says how many marks are on their way. */
  draw(now: number): number {
    const { ratio, width } = this.#look;
    const scale = (width / MAP_WIDTH) * ratio;
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    let underway = 0;
    for (const [index, [, colour]] of this.#look.colours.entries()) underway += this.#drawClass(index, colour, now, scale);
    return underway;
  }

  #drawClass(index: number, colour: string, now: number, scale: number): number {
    const context = this.#context;
    const sprite = this.#sprites[index];
    if (!sprite) return 0;
    const heads: number[] = [];
    context.beginPath();
    for (let i = 0; i < MOST_MARKS; i++) {
      if (this.#class[i] !== index) continue;
      const t = (now - (this.#begin[i] ?? 0)) / (this.#lasts[i] ?? 1);
      if (!(t >= 0 && t < 1)) continue;
      const points = this.#points[this.#curve[i] ?? 0];
      if (!points) continue;
      const tail = Math.max(0, t - TRAIL);
      context.moveTo(along(points, tail, 0) * scale, along(points, tail, 1) * scale);
      const x = along(points, t, 0) * scale;
      const y = along(points, t, 1) * scale;
      context.lineTo(x, y);
      heads.push(x, y);
    }
    context.strokeStyle = colour;
    context.globalAlpha = 0.55;
    context.lineWidth = 1.6 * this.#look.ratio;
    context.stroke();
    context.globalAlpha = 1;
    const half = sprite.width / 2;
    for (let i = 0; i < heads.length; i += 2) context.drawImage(sprite, (heads[i] ?? 0) - half, (heads[i + 1] ?? 0) - half);
    return heads.length / 2;
  }

  #place(curve: number, id: string, begin: number, lasts: number): void {
    const index = this.#look.colours.findIndex(([known]) => known === id);
    const slot = this.#next;
    this.#next = (slot + 1) % MOST_MARKS;
    this.#begin[slot] = begin;
    this.#lasts[slot] = lasts;
    this.#curve[slot] = curve;
    this.#class[slot] = index < 0 ? this.#look.colours.length - 1 : index;
  }

  #curveOf(from: Point, to: Point): number {
    const key = `${from[0]} ${from[1]} ${to[0]} ${to[1]}`;
    const known = this.#curves.get(key);
    if (known !== undefined) return known;
    this.#points.push(arcPoints(from, to));
    this.#curves.set(key, this.#points.length - 1);
    return this.#points.length - 1;
  }

  /** Evenly scattered numbers in 0..1: chance would bunch marks together. */
  #roll(): number {
    this.#dice = (this.#dice + 0.618_033_988_749_895) % 1;
    return this.#dice;
  }
}

/** One coordinate (0 x, 1 y) at a share of the way. */
function along(points: Float32Array, share: number, axis: 0 | 1): number {
  const place = share * (CURVE_POINTS - 1);
  const index = Math.min(CURVE_POINTS - 2, Math.floor(place));
  const before = points[2 * index + axis] ?? 0;
  return before + ((points[2 * index + 2 + axis] ?? before) - before) * (place - index);
}

function newCanvas(edge: number): Canvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(edge, edge);
  const canvas = document.createElement('canvas');
  canvas.width = edge;
  canvas.height = edge;
  return canvas;
}

function drawSprite(id: string, colour: string, ratio: number): Canvas {
  const canvas = newCanvas(Math.ceil(HEAD * ratio));
  const context: Context | null = canvas.getContext('2d');
  if (!context) return canvas;
  context.scale(ratio, ratio);
  context.translate(HEAD / 2, HEAD / 2);
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.beginPath();
  (SHAPES[id] ?? plus)(context);
  return canvas;
}

function plus(context: Context): void {
  context.lineWidth = 2;
  context.moveTo(-4, 0);
  context.lineTo(4, 0);
  context.moveTo(0, -4);
  context.lineTo(0, 4);
  context.stroke();
}

/** The shapes of the legend (icons.tsx), for a canvas. */
const SHAPES: Readonly<Record<string, (context: Context) => void>> = {
  'tcp-scan': (context) => {
    context.arc(0, 0, 3.4, 0, TURN);
    context.fill();
  },
  'udp-probe': (context) => {
    polygon(context, [0, -4.6, 4.6, 0, 0, 4.6, -4.6, 0]);
  },
  ping: (context) => {
    context.lineWidth = 2;
    context.arc(0, 0, 3.4, 0, TURN);
    context.stroke();
  },
  backscatter: (context) => {
    polygon(context, [-4.6, -3.4, 4.6, -3.4, 0, 4.4]);
  },
  misconfiguration: (context) => {
    context.fillRect(-3.3, -3.3, 6.6, 6.6);
  },
  other: plus,
};

function polygon(context: Context, corners: readonly number[]): void {
  for (let i = 0; i < corners.length; i += 2) context.lineTo(corners[i] ?? 0, corners[i + 1] ?? 0);
  context.closePath();
  context.fill();
}
