/**
 * The catalogue of collectors: one line registers a module, nothing else changes.
 *
 * Of collectors that are equally sure of a file the first takes it, so those that look
 * into captures for exports stand before the one that takes every capture.
 */
import type { Collector } from '../engine/modules.ts';
import netflow from './netflow/index.ts';
import pcap from './pcap/index.ts';
import sflow from './sflow/index.ts';
import shadowserver from './shadowserver/index.ts';

export const collectors: readonly Collector[] = [netflow, sflow, pcap, shadowserver];
