/** The picture's own thread: drawing never waits for the page, nor the page for drawing. */
import { MapStage, type Pace, type StageMessage } from './map-stage.ts';

/** What a worker's global has and the page's types do not know. */
const port = globalThis as unknown as { postMessage(pace: Pace): void; onmessage: ((event: MessageEvent<StageMessage>) => void) | null };
const stage = new MapStage((pace) => port.postMessage(pace));

port.onmessage = ({ data }) => {
  if (data.kind === 'canvas') stage.paintOn(data.canvas);
  else stage.take(data);
};
