/**
 * Loaded first in the engine's process, before it has threads that would keep the old priority.
 *
 * Where processors are short the engine waits for whoever takes in what cannot be asked
 * for again: a datagram that was not read is lost, a batch on the disk is not.
 */
import { setPriority } from 'node:os';

const STEP = 10;

setPriority(STEP);
