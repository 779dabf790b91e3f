/** Telnet and the ports that stand in for it: what a look at a capture counts one by one unless told otherwise. */
export const WATCHED_PORTS: readonly number[] = [23, 2323, 60_023];
