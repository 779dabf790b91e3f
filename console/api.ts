/**
 * The hub's API as the console uses it: one function that asks, one error type.
 *
 * Shapes are the hub's own contract, imported as types only. Every answer comes from the
 * origin that served this page.
 */
import type { Problem } from '../src/server/contract.ts';

const BASE = '/api/v1';
export const OFFLINE = 'offline';

/** What the hub refused or failed to do, with the code a person can quote. */
export class HubError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'HubError';
    this.code = code;
    this.status = status;
  }
}

export type Query = Readonly<Record<string, string | number | null | undefined>>;

/** The address of a resource: for links, frames and downloads. */
export function hubUrl(path: string, query: Query = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(entries.map(([key, value]) => [key, String(value)])).toString();
  return `${BASE}${path}${search ? `?${search}` : ''}`;
}

export async function ask<T>(path: string, query: Query = {}, init: RequestInit = {}): Promise<T> {
  const response = await reach(hubUrl(path, query), init);
  if (!response.ok) throw await toHubError(response);
  return (await response.json()) as T;
}

const write = <T>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<T> =>
  ask<T>(path, {}, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export const send = <T>(path: string, body: unknown): Promise<T> => write('POST', path, body);
export const change = <T>(path: string, body: unknown): Promise<T> => write('PUT', path, body);

/** A file as it is: raw bytes, its name in a header because it may be in any script. */
export const sendFile = <T>(path: string, file: File): Promise<T> =>
  ask<T>(path, {}, { method: 'POST', headers: { 'x-file-name': encodeURIComponent(file.name) }, body: file });

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const headers = new Headers(init.headers);
    headers.set('accept', 'application/json');
    return await fetch(url, { ...init, headers });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new HubError(OFFLINE, 'The hub does not answer', 0);
  }
}

async function toHubError(response: Response): Promise<HubError> {
  const problem = await response.json().then(
    (body: unknown) => body as Partial<Problem> | null,
    () => null,
  );
  return new HubError(problem?.code ?? `http-${response.status}`, problem?.message ?? response.statusText, response.status);
}

/** Asking again would be refused again, and counted as another attempt. */
export const isRefused = (error: unknown): boolean => error instanceof HubError && error.status >= 400 && error.status < 500;

export const isNotFound = (error: unknown): boolean => error instanceof HubError && error.status === 404;
