/** Made by console/build/world-map.ts when the console is built. */
declare module 'virtual:world-map' {
  export const land: string;
  export const borders: string;
  export const places: Readonly<Record<string, readonly [x: number, y: number]>>;
}
