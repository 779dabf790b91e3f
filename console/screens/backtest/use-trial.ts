/** A trial under way: the hub answers line by line, and hanging up ends it. */
import { useEffect, useRef, useState } from 'react';
import type { BacktestLine, BacktestRequest, BacktestResult } from '../../../src/server/finding-contract.ts';
import { HubError, hubUrl, OFFLINE } from '../../api.ts';

type Progress = Extract<BacktestLine, { type: 'progress' }>;

interface State {
  readonly isRunning: boolean;
  readonly isStopped: boolean;
  readonly progress: Progress | null;
  readonly result: BacktestResult | null;
  readonly error: unknown;
}

const IDLE: State = { isRunning: false, isStopped: false, progress: null, result: null, error: null };

export interface Trial extends State {
  readonly run: (request: Omit<BacktestRequest, 'sensor'> & { readonly sensor?: string | undefined }) => Promise<void>;
  readonly stop: () => void;
}

export function useTrial(): Trial {
  const [state, setState] = useState<State>(IDLE);
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);
  return {
    ...state,
    stop: () => current.current?.abort(),
    async run(request) {
      current.current?.abort();
      const ending = new AbortController();
      current.current = ending;
      setState({ ...IDLE, isRunning: true });
      try {
        for await (const line of linesOf(request, ending.signal)) {
          if (line.type === 'progress') setState((before) => ({ ...before, progress: line }));
          else if (line.type === 'result') setState({ ...IDLE, result: line.result });
          else throw new HubError(line.code, line.message, 0);
        }
      } catch (error) {
        setState(ending.signal.aborted ? { ...IDLE, isStopped: true } : { ...IDLE, error });
      }
    },
  };
}

async function* linesOf(request: unknown, signal: AbortSignal): AsyncGenerator<BacktestLine> {
  const response = await fetch(hubUrl('/backtests'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify(request),
    signal,
  }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new HubError(OFFLINE, 'The hub does not answer', 0);
  });
  if (!response.ok || !response.body) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
    throw new HubError(problem.code ?? `http-${response.status}`, problem.message ?? response.statusText, response.status);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as BacktestLine;
  }
}
