/** The picture's own thread: drawing never waits for the page, nor the page for drawing. */
import { MapStage, type Pace, type StageMessage } from './map-stage.ts';

/** What a worker's global has and the page's types do not know. */
const port = globalThis as unknown as Pick<Worker, 'addEventListener'> & { postMessage(pace: Pace): void };
const stage = new MapStage((pace) => port.postMessage(pace));

port.addEventListener('message', ({ data }: MessageEvent<StageMessage>) => {
  if (data.kind === 'canvas') stage.paintOn(data.canvas);
  else stage.take(data);
});
