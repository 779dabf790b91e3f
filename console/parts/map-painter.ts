/**
 * Draws moving arrivals on a canvas: 2,000 at a time, 60 times a second, cheaply.
 *
 * Everything that can be known before a frame is: curves are points, heads are sprites
 * (per class, theme and half pixel). A frame is composed here, pixel by pixel, and handed
 * to the canvas once: measured without a graphics card, thousands of small calls into the
 * canvas cost several times as much. Marks live in flat arrays; a new one takes the place
 * of the oldest when all are in use. The painter knows neither page nor worker, so it runs
 * in both.
 */
import { arcPoints, CURVE_POINTS } from './map-curves.ts';
import { MAP_HEIGHT, MAP_WIDTH, type Point } from './map-projection.ts';

const MOST_MARKS = 3000; // 2,000 on their way and those that set out within the second
const HEAD = 13; // px, sprite edge
const PHASES = 2; // sprites per axis within a pixel: without them slow marks stutter
const TRAIL = 0.085; // of the way
const LANES = 11; // map units: marks of one arc fly side by side, not in single file
const TRAIL_ALPHA = 165;
const SPREAD_MS = 1000; // arrivals of a second set out over a second
const SLOWEST_MS = 3400;
const QUICKEST_MS = 1100;
const TURN = 2 * Math.PI;
/** Three steps that fill a cube evenly (Roberts 2018): chance would bunch marks together. */
const SCATTER = [0.819_172_513_4, 0.671_043_606_7, 0.549_700_477_9] as const;

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

/** A class as pixels: its head once per phase, and its colour without alpha for trails. */
interface Stamp {
  readonly edge: number;
  readonly heads: readonly Uint32Array[];
  readonly colour: number;
}

export class MapPainter {
  readonly #canvas: Canvas;
  readonly #context: Context;
  #look: Look = { width: MAP_WIDTH, ratio: 1, colours: [] };
  #stamps: readonly Stamp[] = [];
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(1);
  readonly #curves = new Map<string, number>();
  readonly #points: Float32Array[] = [];
  readonly #begin = new Float64Array(MOST_MARKS).fill(Number.NEGATIVE_INFINITY);
  readonly #lasts = new Float64Array(MOST_MARKS).fill(1);
  readonly #curve = new Uint16Array(MOST_MARKS);
  readonly #class = new Uint8Array(MOST_MARKS);
  readonly #lane = new Float32Array(MOST_MARKS);
  readonly #x = new Float32Array(MOST_MARKS); // of this frame, in canvas pixels
  readonly #y = new Float32Array(MOST_MARKS);
  readonly #shown = new Uint16Array(MOST_MARKS);
  #next = 0;
  #placed = 0;

  constructor(canvas: Canvas) {
    const context: Context | null = canvas.getContext('2d');
    if (!context) throw new Error('this browser draws no canvas');
    this.#canvas = canvas;
    this.#context = context;
  }

  look(look: Look): void {
    this.#look = look;
    this.#canvas.width = Math.max(1, Math.round(look.width * look.ratio));
    this.#canvas.height = Math.max(1, Math.round(((look.width * MAP_HEIGHT) / MAP_WIDTH) * look.ratio));
    this.#image = new ImageData(this.#canvas.width, this.#canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#stamps = look.colours.map(([id, colour]) => makeStamp(id, colour, look.ratio));
  }

  /** Marks set out over the next second, evenly. */
  depart(departures: readonly Departure[], to: Point, now: number): void {
    for (const { from, class: id, marks } of departures) {
      const curve = this.#curveOf(from, to);
      const distance = Math.hypot(to[0] - from[0], to[1] - from[1]) / MAP_WIDTH;
      const lasts = Math.min(SLOWEST_MS, QUICKEST_MS + distance * 4200);
      for (let i = 0; i < marks; i++) {
        const [when, pace, lane] = this.#scatter();
        this.#place(curve, id, now + SPREAD_MS * when, lasts * (0.88 + 0.24 * pace), lane);
      }
    }
  }

  /** A still picture: each mark stands somewhere on its way. */
  arrange(departures: readonly Departure[], to: Point): void {
    this.clear();
    for (const { from, class: id, marks } of departures) {
      const curve = this.#curveOf(from, to);
      for (let i = 0; i < marks; i++) {
        const [where, , lane] = this.#scatter();
        this.#place(curve, id, -(0.12 + 0.8 * where), 1, lane);
      }
    }
    this.draw(0);
  }

  clear(): void {
    this.#begin.fill(Number.NEGATIVE_INFINITY);
  }

  /** Draws the moment; says how many marks are on their way. Trails lie under all heads. */
  draw(now: number): number {
    this.#pixels.fill(0);
    let shown = 0;
    for (let i = 0; i < MOST_MARKS; i++) {
      const t = (now - (this.#begin[i] ?? 0)) / (this.#lasts[i] ?? 1);
      if (!(t >= 0 && t < 1)) continue;
      this.#trail(i, t);
      this.#shown[shown++] = i;
    }
    for (let i = 0; i < shown; i++) this.#stampAt(this.#shown[i] ?? 0);
    this.#context.putImageData(this.#image, 0, 0);
    return shown;
  }

  /** From where the mark was a moment ago, growing stronger; notes where the head goes. */
  #trail(mark: number, t: number): void {
    const points = this.#points[this.#curve[mark] ?? 0];
    const colour = this.#stamps[this.#class[mark] ?? 0]?.colour ?? 0;
    if (!points) return;
    const scale = this.#canvas.width / MAP_WIDTH;
    const tail = Math.max(0, t - TRAIL);
    const fromX = along(points, tail, 0);
    const fromY = along(points, tail, 1);
    const toX = along(points, t, 0);
    const toY = along(points, t, 1);
    // Aside at right angles to the way, most in its middle: all begin and end in one place.
    const aside = (this.#lane[mark] ?? 0) / Math.max(1, Math.hypot(toX - fromX, toY - fromY));
    const [atHead, atTail] = [aside * 4 * t * (1 - t), aside * 4 * tail * (1 - tail)];
    this.#x[mark] = (toX - (toY - fromY) * atHead) * scale;
    this.#y[mark] = (toY + (toX - fromX) * atHead) * scale;
    this.#line(
      (fromX - (toY - fromY) * atTail) * scale,
      (fromY + (toX - fromX) * atTail) * scale,
      this.#x[mark] ?? 0,
      this.#y[mark] ?? 0,
      colour,
    );
  }

  /** A tapering line: along its longer axis a pixel at a time, smoothed across it. */
  #line(fromX: number, fromY: number, toX: number, toY: number, colour: number): void {
    const isFlat = Math.abs(toX - fromX) >= Math.abs(toY - fromY);
    const length = Math.ceil(isFlat ? Math.abs(toX - fromX) : Math.abs(toY - fromY));
    for (let i = 0; i < length; i++) {
      const share = i / length;
      const x = fromX + (toX - fromX) * share;
      const y = fromY + (toY - fromY) * share;
      const alpha = TRAIL_ALPHA * share;
      const across = isFlat ? y : x;
      const floor = Math.floor(across);
      const beyond = across - floor;
      const step = Math.round(isFlat ? x : y);
      if (isFlat) {
        this.#dot(step, floor, colour, alpha);
        this.#dot(step, floor + 1, colour, alpha * beyond);
        this.#dot(step, floor - 1, colour, alpha * (1 - beyond));
      } else {
        this.#dot(floor, step, colour, alpha);
        this.#dot(floor + 1, step, colour, alpha * beyond);
        this.#dot(floor - 1, step, colour, alpha * (1 - beyond));
      }
    }
  }

  /** The stronger of two wins: marks are opaque, and blending each would cost more than it shows. */
  #dot(x: number, y: number, colour: number, alpha: number): void {
    if (x < 0 || x >= this.#image.width || y < 0 || y >= this.#image.height) return;
    const place = y * this.#image.width + x;
    if ((this.#pixels[place] ?? 0) >>> 24 < alpha) this.#pixels[place] = (alpha << 24) | colour;
  }

  #stampAt(mark: number): void {
    const stamp = this.#stamps[this.#class[mark] ?? 0];
    if (!stamp) return;
    const { width, height } = this.#image;
    const left = (this.#x[mark] ?? 0) - stamp.edge / 2;
    const top = (this.#y[mark] ?? 0) - stamp.edge / 2;
    const [column, row] = [Math.floor(left), Math.floor(top)];
    const phase = Math.floor((top - row) * PHASES) * PHASES + Math.floor((left - column) * PHASES);
    const head = stamp.heads[phase];
    if (!head) return;
    for (let y = Math.max(0, -row); y < stamp.edge && row + y < height; y++) {
      for (let x = Math.max(0, -column); x < stamp.edge && column + x < width; x++) {
        const pixel = head[y * stamp.edge + x] ?? 0;
        const place = (row + y) * width + column + x;
        if (pixel >>> 24 > 128 || pixel >>> 24 > (this.#pixels[place] ?? 0) >>> 24) this.#pixels[place] = pixel;
      }
    }
  }

  #place(curve: number, id: string, begin: number, lasts: number, lane: number): void {
    const index = this.#look.colours.findIndex(([known]) => known === id);
    const slot = this.#next;
    this.#next = (slot + 1) % MOST_MARKS;
    this.#begin[slot] = begin;
    this.#lasts[slot] = lasts;
    this.#curve[slot] = curve;
    this.#lane[slot] = (lane - 0.5) * LANES;
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

  /** Three evenly scattered numbers in 0..1 for the next mark. */
  #scatter(): readonly [number, number, number] {
    const n = ++this.#placed;
    return [(n * SCATTER[0]) % 1, (n * SCATTER[1]) % 1, (n * SCATTER[2]) % 1];
  }
}

/** One coordinate (0 x, 1 y) at a share of the way. */
function along(points: Float32Array, share: number, axis: 0 | 1): number {
  const place = share * (CURVE_POINTS - 1);
  const index = Math.min(CURVE_POINTS - 2, Math.floor(place));
  const before = points[2 * index + axis] ?? 0;
  return before + ((points[2 * index + 2 + axis] ?? before) - before) * (place - index);
}

function newContext(edge: number): Context | null {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(edge, edge).getContext('2d', { willReadFrequently: true });
  const canvas = document.createElement('canvas');
  canvas.width = edge;
  canvas.height = edge;
  return canvas.getContext('2d', { willReadFrequently: true });
}

function makeStamp(id: string, colour: string, ratio: number): Stamp {
  const edge = Math.ceil(HEAD * ratio) + 1;
  const heads = Array.from({ length: PHASES * PHASES }, (_, phase) =>
    drawHead(id, colour, edge, ratio, (phase % PHASES) / PHASES, Math.floor(phase / PHASES) / PHASES),
  );
  return { edge, heads, colour: colourOf(colour) };
}

function drawHead(id: string, colour: string, edge: number, ratio: number, shiftX: number, shiftY: number): Uint32Array {
  const context = newContext(edge);
  if (!context) return new Uint32Array(edge * edge);
  context.translate(edge / 2 + shiftX, edge / 2 + shiftY);
  context.scale(ratio, ratio);
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.beginPath();
  (SHAPES[id] ?? plus)(context);
  return new Uint32Array(context.getImageData(0, 0, edge, edge).data.buffer);
}

/** Any colour of a style sheet as blue, green, red in one number: how pixels lie in memory. */
function colourOf(colour: string): number {
  const context = newContext(1);
  if (!context) return 0;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return (new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0) & 0xff_ff_ff;
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
