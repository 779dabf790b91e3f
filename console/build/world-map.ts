/**
 * The world as the console draws it, made when the console is built: the land in one path,
 * the borders in another, and where an arc from each country begins.
 *
 * Shapes are those of world-atlas (Natural Earth) unchanged: no disputed line is drawn by
 * us. Antarctica is left out, because nothing comes from there and it would take a fifth
 * of the height. A country's place is the centre of its largest part, so that France is
 * not in the Atlantic.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { geoArea, geoCentroid, geoPath } from 'd3-geo';
import type { Feature, FeatureCollection, MultiPolygon, Polygon } from 'geojson';
import { feature, merge, mesh } from 'topojson-client';
import type { GeometryCollection, MultiPolygon as Shape, Polygon as SimpleShape, Topology } from 'topojson-specification';
import type { Plugin } from 'vite';
import { MAP_HEIGHT, MAP_WIDTH, mapProjection, type Point } from '../parts/map-projection.ts';

const ANTARCTICA = '010';
const MARGIN = 6;
const MODULE = 'virtual:world-map';
const RESOLVED = `\0${MODULE}`;

type Atlas = Topology<{ countries: GeometryCollection<{ name: string }> }>;

export interface WorldMap {
  /** SVG paths in the map's own units. */
  readonly land: string;
  readonly borders: string;
  /** By ISO 3166-1 alpha-2, in the same units. */
  readonly places: Readonly<Record<string, Point>>;
}

export function makeWorldMap(): WorldMap {
  const coarse = readAtlas('countries-110m.json');
  const shapes = coarse.objects.countries.geometries.filter(({ id }) => id !== ANTARCTICA) as (Shape | SimpleShape)[];
  const path = geoPath(mapProjection()).digits(1);
  const borders = mesh(coarse, { type: 'GeometryCollection', geometries: shapes }, (one, other) => one !== other);
  return { land: path(merge(coarse, shapes)) ?? '', borders: path(borders) ?? '', places: placesOf(readAtlas('countries-50m.json')) };
}

function readAtlas(name: string): Atlas {
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(`world-atlas/${name}`), 'utf8')) as Atlas;
}

/** The finer atlas knows small countries too: Singapore is a source like any other. */
function placesOf(atlas: Atlas): Record<string, Point> {
  const project = mapProjection();
  const { features } = feature(atlas, atlas.objects.countries) as FeatureCollection<Polygon | MultiPolygon>;
  const largest = new Map<string, { readonly area: number; readonly place: Point }>();
  for (const country of features) {
    const code = toAlpha2(country.id);
    const part = largestPart(country);
    const place = project(geoCentroid(part));
    const area = geoArea(part);
    if (code === undefined || place === null || area < (largest.get(code)?.area ?? 0)) continue;
    largest.set(code, { area, place: [onMap(place[0], MAP_WIDTH), onMap(place[1], MAP_HEIGHT)] });
  }
  return Object.fromEntries([...largest].map(([code, { place }]) => [code, place]));
}

/** Islands beyond the cut through the Atlantic begin at the edge. */
const onMap = (value: number, end: number): number => Math.round(Math.min(end - MARGIN, Math.max(MARGIN, value)) * 10) / 10;

function largestPart(country: Feature<Polygon | MultiPolygon>): Polygon {
  if (country.geometry.type === 'Polygon') return country.geometry;
  const parts = country.geometry.coordinates.map((coordinates): Polygon => ({ type: 'Polygon', coordinates }));
  return parts.reduce((best, part) => (geoArea(part) > geoArea(best) ? part : best));
}

/** ISO numeric to alpha-2 is part of what the runtime knows about languages (CLDR's aliases of territories). */
function toAlpha2(id: string | number | undefined): string | undefined {
  if (id === undefined) return undefined;
  const { region } = new Intl.Locale(`und-${String(id).padStart(3, '0')}`);
  return region !== undefined && /^[A-Z]{2}$/.test(region) ? region : undefined;
}

/** Serves the map as a module of its own: `import { land } from 'virtual:world-map'`. */
export function worldMap(): Plugin {
  return {
    name: 'yagura-world-map',
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load: (id) => (id === RESOLVED ? toModule(makeWorldMap()) : undefined),
  };
}

function toModule(map: WorldMap): string {
  return Object.entries(map)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
    .join('\n');
}
