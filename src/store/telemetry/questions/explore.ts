/** The questions people put together themselves, as one part of the telemetry store. */
import type { ExploreQuality, ExploreScope, ExploreSource } from '../../../domain/explore.ts';
import type { Engine } from '../engine.ts';
import { type ExploreNames, type ExploreRange, readExploreNames, readExploreQuality, readExploreRange } from './explore-quality.ts';
import { type ExploreRowsAnswer, type ExploreRowsQuestion, readExploreRows } from './explore-rows.ts';
import { type ExploreSeriesAnswer, type ExploreSeriesQuestion, readExploreSeries } from './explore-series.ts';
import { type ExploreTopAnswer, type ExploreTopQuestion, readExploreTop } from './explore-top.ts';

export interface ExploreReader {
  /** Single observations, a page at a time. */
  rows(question: ExploreRowsQuestion): Promise<ExploreRowsAnswer>;
  /** The busiest values of one to three fields. */
  top(question: ExploreTopQuestion): Promise<ExploreTopAnswer>;
  /** A measure over time. */
  series(question: ExploreSeriesQuestion): Promise<ExploreSeriesAnswer>;
  /** Losses and sampling of the scope: belongs beside every figure of it. */
  quality(question: ExploreScope): Promise<ExploreQuality>;
  range(tenant: string, source: ExploreSource): Promise<ExploreRange>;
  names(tenant: string, source: ExploreSource): Promise<ExploreNames>;
}

export function createExploreReader(engine: Engine): ExploreReader {
  return {
    rows: (question) => readExploreRows(engine, question),
    top: (question) => readExploreTop(engine, question),
    series: (question) => readExploreSeries(engine, question),
    quality: (question) => readExploreQuality(engine, question),
    range: (tenant, source) => readExploreRange(engine, tenant, source),
    names: (tenant, source) => readExploreNames(engine, tenant, source),
  };
}
