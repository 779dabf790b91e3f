/** The catalogue of collectors: one line registers a module, nothing else changes. */
import type { Collector } from '../engine/modules.ts';
import pcap from './pcap/index.ts';
import shadowserver from './shadowserver/index.ts';

export const collectors: readonly Collector[] = [pcap, shadowserver];
