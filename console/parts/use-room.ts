/** The room a chart has: charts are redrawn for their width, never scaled, so that their text stays readable. */
import { type RefObject, useLayoutEffect, useState } from 'react';

export interface Room {
  readonly width: number;
  readonly height: number;
}

export function useRoom(element: RefObject<HTMLElement | null>): Room {
  const [room, setRoom] = useState<Room>({ width: 720, height: 300 });
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return undefined;
    const measure = (): void => setRoom({ width: Math.max(200, Math.floor(node.clientWidth)), height: Math.floor(node.clientHeight) });
    const observer = new ResizeObserver(measure);
    measure();
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return room;
}
