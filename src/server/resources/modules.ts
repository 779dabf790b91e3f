/** The catalogue of modules, their settings as JSON Schema. */
import { z } from '@hono/zod-openapi';
import { collectors } from '../../collectors/index.ts';
import { detectors } from '../../detectors/index.ts';
import { notifiers } from '../../notifiers/index.ts';
import { type ModuleInfo, moduleSchema } from '../contract.ts';
import { type Api, declare } from '../route.ts';
import type { SessionRules } from '../session.ts';

export function moduleRoutes(api: Api, rules: SessionRules): void {
  const groups = [
    ['collector', collectors],
    ['detector', detectors],
    ['notifier', notifiers],
  ] as const;
  const rows: ModuleInfo[] = groups.flatMap(([kind, modules]) =>
    modules.map(({ id, title, description, settings }) => ({
      kind,
      id,
      title,
      description,
      settings: z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }),
      input: collectors.find((collector) => kind === 'collector' && collector.id === id)?.input ?? null,
    })),
  );
  const answer = z.object({ rows: z.array(moduleSchema) });
  api.openapi(
    declare(rules, { method: 'get', path: '/modules', permission: 'module.read', summary: 'Collectors, detectors and notifiers', answer }),
    (c) => c.json({ rows }, 200),
  );
}
