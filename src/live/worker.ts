/**
 * One live input in a thread of its own: it reads, decodes and hands batches to the hub.
 *
 * The hub's main thread serves people; a burst of datagrams must not make them wait, and
 * a slow page must not cost datagrams.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { YaguraError } from '../engine/errors.ts';
import { createLog } from '../engine/log.ts';
import type { Collector } from '../engine/modules.ts';
import { Keeper } from '../packets/keeper.ts';
import { Desk } from './desk.ts';
import { GrowingFile } from './growing-file.ts';
import { StandardInput } from './standard-input.ts';
import { UdpInput } from './udp-input.ts';
import type { FromWorker, InputReader, ToWorker, WorkerOrder } from './worker-protocol.ts';

async function openInput(
  desk: Desk,
  collector: Collector,
  packets: Keeper | undefined,
): Promise<{ reader: InputReader; port: number; bufferBytes: number }> {
  const { input, settings } = desk.order;
  if (input.kind === 'udp') {
    if (!collector.datagrams) throw new YaguraError('config-invalid', `${collector.id} does not listen on UDP`);
    const reader = await UdpInput.open(desk, await collector.datagrams.open(settings, desk.context), input);
    return { reader, port: reader.port, bufferBytes: reader.bufferBytes };
  }
  const { stream } = collector;
  if (!stream) throw new YaguraError('config-invalid', `${collector.id} does not read streams`);
  const openDecoder = () => stream.open(settings, { ...desk.context, packets });
  const reader = input.kind === 'file' ? new GrowingFile(desk, openDecoder, input.path) : new StandardInput(desk, await openDecoder());
  return { reader, port: 0, bufferBytes: 0 };
}

async function work(order: WorkerOrder, port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  try {
    const { collectors } = (await import(order.catalogue)) as { collectors: readonly Collector[] };
    const collector = collectors.find(({ id }) => id === order.collector);
    if (!collector) throw new YaguraError('config-invalid', `there is no collector ${order.collector}`);
    const desk = new Desk(order, createLog(order.logLevel as Parameters<typeof createLog>[0]), post);
    const keeper = order.packets && new Keeper({ ...order.packets, alarm: (code, detail, text) => desk.alarm({ code, detail, text }) });
    const { reader, ...open } = await openInput(desk, collector, keeper);
    port.on('message', (message: ToWorker) => (message.type === 'stored' ? desk.stored(message.token) : reader.stop()));
    post({ type: 'open', ...open });
    await reader.run();
    await keeper?.close(false);
    await desk.whenEmpty();
    post({ type: 'ended' });
  } catch (error) {
    if (!(error instanceof YaguraError)) throw error;
    post({ type: 'failed', code: error.code, message: error.message });
  }
  port.close();
}

if (parentPort) await work(workerData as WorkerOrder, parentPort);
