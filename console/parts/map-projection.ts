/**
 * How the world lies on our map: Equal Earth with 150° E in the middle, so that the
 * archipelago and the whole Pacific are in one piece. Land is projected once, when the
 * console is built; only the tower and its rings are projected in the browser, and both
 * use this.
 */
import { type GeoProjection, geoEqualEarth } from 'd3-geo';

/** The map's own units; it is drawn at whatever width there is. */
export const MAP_WIDTH = 1000;
export const MAP_HEIGHT = 490;
const SCALE = 193.5;
const MIDDLE: [number, number] = [490, 290];
const CENTRE_LONGITUDE = 150;

export type Point = readonly [x: number, y: number];

export function mapProjection(): GeoProjection {
  return geoEqualEarth().rotate([-CENTRE_LONGITUDE, 0]).scale(SCALE).translate(MIDDLE);
}
