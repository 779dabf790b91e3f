/**
 * A picture as plain data: what is drawn where, in which role. React shows it in the
 * console and the command line writes it into a file, so both show the same picture.
 *
 * Roles are names of the design guide, not colours: themes, print and forced colours
 * decide what they look like.
 */
export type Role =
  | 'axis' // hairlines
  | 'label' // captions on an axis
  | 'strong' // a label that matters
  | 'gap' // nobody watched
  | 'gap-label'
  | 'mark' // what the picture is about
  | 'mark-soft' // the same, weaker
  | 'other' // everything beside it
  | 'accent' // a second thing to tell apart, by shape too
  | 'band' // what is usual
  | 'median'
  | 'span' // a stretch of time that is named
  | 'bell'; // a threshold was passed

export type Shape =
  | {
      readonly kind: 'rect';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly role: Role;
      readonly weight?: number;
      readonly says?: string;
    }
  | { readonly kind: 'line'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number; readonly role: Role }
  | { readonly kind: 'path'; readonly d: string; readonly role: Role }
  | {
      readonly kind: 'dot';
      readonly x: number;
      readonly y: number;
      readonly radius: number;
      readonly role: Role;
      readonly isRing?: boolean;
      readonly says?: string;
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly role: Role;
    };

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** The picture in one sentence. */
  readonly alt: string;
  readonly shapes: readonly Shape[];
}

/** The table beside the picture: the same figures. */
export interface PictureTable {
  readonly head: readonly string[];
  /** The first cell names the row. */
  readonly rows: readonly (readonly string[])[];
}

/** Words that a picture needs from its reader's language. */
export interface PictureWords {
  readonly noData: string;
  readonly time: string;
  readonly port: string;
  readonly otherPorts: string;
  readonly packets: string;
  readonly perMinute: string;
  readonly targets: string;
  readonly marked: string;
  readonly attack: string;
  readonly busiest: string;
  readonly first: string;
  readonly last: string;
  /** Milliseconds by which the reader's clock is behind UTC. */
  readonly offset: (at: number) => number;
  /** Time of day on the axis, then a date where the day changes. */
  readonly clock: (at: number) => string;
  readonly day: (at: number) => string;
  readonly full: (at: number) => string;
  readonly count: (value: number) => string;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** As the text of an SVG element; classes carry the roles. */
export function toSvg({ width, height, alt, shapes }: Drawing): string {
  const hatch = `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" class="hatch"/></pattern></defs>`;
  const title = `<title>${escape(alt)}</title>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">${title}${hatch}${shapes.map(shapeText).join('')}</svg>`;
}

function shapeText(shape: Shape): string {
  const role = `class="p-${shape.role}"`;
  switch (shape.kind) {
    case 'rect': {
      const weight = shape.weight === undefined ? '' : ` fill-opacity="${round(shape.weight)}"`;
      return `<rect ${role} x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" height="${round(shape.height)}"${weight}>${says(shape.says)}</rect>`;
    }
    case 'line':
      return `<line ${role} x1="${round(shape.x1)}" y1="${round(shape.y1)}" x2="${round(shape.x2)}" y2="${round(shape.y2)}"/>`;
    case 'path':
      return `<path ${role} d="${shape.d}"/>`;
    case 'dot':
      return `<circle class="p-${shape.role}${shape.isRing ? ' ring' : ''}" cx="${round(shape.x)}" cy="${round(shape.y)}" r="${round(shape.radius)}">${says(shape.says)}</circle>`;
    case 'text':
      return `<text ${role} x="${round(shape.x)}" y="${round(shape.y)}" text-anchor="${shape.anchor}">${escape(shape.text)}</text>`;
  }
}

const says = (text: string | undefined): string => (text === undefined ? '' : `<title>${escape(text)}</title>`);
