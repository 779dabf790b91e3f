/**
 * What an operator may set for captures. Every setting has a default that is right for
 * a telescope, so most people never write one.
 */
import { z } from 'zod';
import { WATCHED_PORTS } from './watched-ports.ts';

export const pcapSettings = z
  .strictObject({
    watchedPorts: z
      .array(z.int().min(0).max(65_535))
      .max(64)
      .default([...WATCHED_PORTS])
      .describe(
        'TCP ports whose SYN packets inspect counts one by one. The default is Telnet and the ports that stand in for it. / inspectがSYNパケットを個別に数えるTCPポート。既定はTelnetとその代替ポートです。',
      ),
  })
  .describe('Packet captures / パケットキャプチャ');

export type PcapSettings = z.infer<typeof pcapSettings>;
