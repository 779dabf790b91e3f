/**
 * UDP ports behind which packets are carried whole, so that counting has to look further.
 */

const TUNNEL_PORTS: readonly number[] = [4789, 6081, 2152, 3544];

const table = new Uint8Array(65_536);
for (const port of TUNNEL_PORTS) table[port] = 1;

export const isTunnelPort = (port: number): boolean => table[port] === 1;
