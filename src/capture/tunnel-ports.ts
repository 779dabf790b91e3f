/** UDP ports whose datagrams carry whole packets; `tunnels.ts` knows how. Apart, so that fast paths need not load all decoders. */
export const TUNNEL_PORTS = [1701, 2123, 2152, 3386, 3544, 4341, 4754, 4789, 4790, 6081, 6635] as const;
