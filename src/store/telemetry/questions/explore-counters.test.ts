/** Which tables answer for which part of a period. The answers themselves are compared with the rows in explore.test.ts. */
import { describe, expect, it } from 'vitest';
import { countersOf } from './explore-counters.ts';
import { groupingsOf, toScope } from './explore-scope.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 14);
const scope = toScope({ tenant: 'main', source: 'flow', from: START, to: START + 2 * DAY, filter: '' });
const needs = { groupings: groupingsOf('flow', ['destination-port']), measure: 'packets' } as const;

const tablesFor = (since: Readonly<Record<string, number>>): string[] =>
  [...countersOf(scope, needs, new Map(Object.entries(since))).from.text.matchAll(/FROM (\w+)/g)].map(([, table]) => table ?? '');

describe('the choice of a rollup', () => {
  it('is the coarsest that can tell', () => {
    expect(tablesFor({ flow: START, flow_port_day: START, flow_service_hour: START, flow_source_hour: START })).toEqual(['flow_port_day']);
  });

  it('passes over a time that retention erased from it while something finer still knows it', () => {
    const from = START + DAY;
    expect(tablesFor({ flow: from, flow_port_day: from, flow_service_hour: START })).toEqual(['flow_service_hour', 'flow_port_day']);
    expect(tablesFor({ flow: START, flow_port_day: from, flow_service_hour: from })).toEqual(['flow', 'flow_port_day']);
    expect(tablesFor({ flow: START })).toEqual(['flow']);
  });

  it('stays where nothing finer knows more', () => {
    expect(tablesFor({ flow: START + DAY, flow_port_day: START })).toEqual(['flow_port_day']);
    expect(tablesFor({})).toEqual(['flow_port_day']);
  });
});
