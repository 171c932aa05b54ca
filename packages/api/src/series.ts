/** From points of the roll-ups to the figures of a measure: sums, shares and percentiles, of each step and of the whole span. */
import { ABOVE_ALL_BOUNDS, WAIT_BOUNDS } from '@desist/pipeline';
import { wilson } from '@desist/domain';
import type { RollupFamily, SeriesGrouping, SeriesPoint } from '@desist/pipeline';
import { METRICS } from './schemas/series.ts';
import type { Measure, Metric } from './schemas/series.ts';

export interface MeasureInfo {
  readonly by: readonly SeriesGrouping[];
  /** May be narrowed by pool and stream. */
  readonly pools: boolean;
  readonly types: readonly string[];
  readonly family: RollupFamily;
  /** A family more, whose types are others. */
  readonly beside?: RollupFamily;
}

const REGRET = { by: ['provider', 'domain', 'category', 'reason', 'tenant'], pools: false, family: 'regret' } as const;
const CHANGES = { by: ['provider', 'domain', 'reason', 'tenant'], pools: false, family: 'changes' } as const;

export const MEASURE_INFO: Readonly<Record<Measure, MeasureInfo>> = {
  outcomes: {
    by: ['provider', 'domain', 'category', 'attribution', 'stream', 'pool', 'tenant'],
    pools: true,
    types: METRICS.outcomes,
    family: 'events',
  },
  engagement: {
    by: ['provider', 'domain', 'category', 'stream', 'pool', 'tenant'],
    pools: true,
    types: ['engaged'],
    family: 'events',
  },
  deferral_share: {
    by: ['provider', 'domain', 'stream', 'pool', 'tenant'],
    pools: true,
    types: ['deferred', 'delivered'],
    family: 'events',
  },
  delivered_after_deferral: {
    by: ['provider', 'domain', 'tenant'],
    pools: false,
    types: ['deferred_message', 'delivered_message', 'given_up_message'],
    family: 'domains',
  },
  time_to_delivery: { by: ['provider', 'domain', 'tenant'], pools: false, types: ['delivery'], family: 'waits' },
  wait_distribution: { by: ['provider', 'domain', 'tenant'], pools: false, types: ['delivery'], family: 'waits' },
  greylisting_delay: { by: ['provider', 'domain', 'tenant'], pools: false, types: ['greylisting'], family: 'waits' },
  suppressions: { ...CHANGES, types: ['suppressed'] },
  releases: { ...CHANGES, types: ['released'] },
  persistent: { ...CHANGES, by: ['provider', 'domain', 'tenant'], types: ['persistent'] },
  regret: { ...REGRET, types: ['suppressed', 'regretted', 'mail_taken'] },
  waste: { ...REGRET, types: ['wasted'] },
  shadow: { ...CHANGES, types: METRICS.shadow, beside: 'shadow' },
};

export interface Series {
  readonly group: string | null;
  readonly metric: Metric;
  readonly values: readonly (number | null)[];
  readonly total: number | null;
}

/** Counts by type, and waits by upper bound, of one step or of all. */
type Counts = Map<string, number>;
const OTHER = 'other';

/** `steps`: their number. Groups by size, the rest last; metrics in the order of the contract. */
export function seriesOf(measure: Measure, points: readonly SeriesPoint[], steps: number): readonly Series[] {
  const groups = new Map<string | null, { readonly slots: (Counts | undefined)[]; readonly all: Counts; size: number }>();
  for (const { group, rest, slot, type, upperBound, events } of points) {
    const name = rest ? OTHER : group;
    let known = groups.get(name);
    if (known === undefined) groups.set(name, (known = { slots: new Array<Counts | undefined>(steps), all: new Map(), size: 0 }));
    const key = MEASURE_INFO[measure].family === 'waits' ? String(upperBound) : type;
    for (const counts of [(known.slots[slot] ??= new Map<string, number>()), known.all]) counts.set(key, (counts.get(key) ?? 0) + events);
    known.size += events;
  }
  const sorted = [...groups].sort(
    ([a, { size: sizeA }], [b, { size: sizeB }]) => Number(a === OTHER) - Number(b === OTHER) || sizeB - sizeA,
  );
  return sorted.flatMap(([group, { slots, all }]) => {
    const metrics = METRICS[measure].filter((metric) => measure !== 'outcomes' || (all.get(metric) ?? 0) > 0);
    return metrics.map((metric): Series => {
      const figure = (counts: Counts): number | null => figureOf(measure, metric, counts);
      return { group, metric, values: Array.from(slots, (counts) => figure(counts ?? NONE)), total: figure(all) };
    });
  });
}

const NONE: Counts = new Map();

function figureOf(measure: Measure, metric: Metric, counts: Counts): number | null {
  const of = (type: string): number => counts.get(type) ?? 0;
  switch (measure) {
    case 'outcomes':
      return of(metric);
    case 'deferral_share':
      return metric === 'share' ? share(of('deferred'), of('deferred') + of('delivered')) : of(metric);
    case 'delivered_after_deferral':
      return metric === 'share' ? share(of('delivered_message'), of('deferred_message')) : of(`${metric}_message`);
    case 'shadow':
      return Math.max(0, of(metric));
    case 'regret':
      return regretFigure(metric, of);
    case 'wait_distribution':
      return waitedWithin(counts, metric);
    case 'time_to_delivery':
    case 'greylisting_delay':
      return metric === 'count' ? sum(counts) : percentile(counts, Number(metric.slice(1)) / 100);
    default:
      // What is undone is taken back where the latest failure was, which may be another provider than then.
      return Math.max(0, sum(counts));
  }
}

/** Of a share there is no interval without a suppression. What began before it was counted may be regretted: never more than all. */
function regretFigure(metric: Metric, of: (type: string) => number): number | null {
  const suppressed = Math.max(0, of('suppressed'));
  const interval = wilson(Math.min(Math.max(0, of('regretted')), suppressed), suppressed);
  if (metric === 'share' || metric === 'low' || metric === 'high') return interval?.[metric] ?? null;
  return Math.max(0, of(metric));
}

/** At most 1: what became of a message may be known before its first deferral is. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.min(1, part / whole);
}

function sum(counts: Counts): number {
  let all = 0;
  for (const count of counts.values()) all += count;
  return all;
}

/** Bounds of the distribution, in seconds, by metric; what is above the one before it counts. */
const WAITED = new Map<Metric, number>([
  ['to_1m', 60],
  ['to_5m', 300],
  ['to_15m', 900],
  ['to_1h', 3_600],
  ['to_4h', 14_400],
  ['to_12h', 43_200],
  ['to_1d', 86_400],
  ['longer', Number.POSITIVE_INFINITY],
]);

function waitedWithin(counts: Counts, metric: Metric): number {
  const bounds = [...WAITED.values()];
  const most = WAITED.get(metric) ?? 0;
  const least = bounds[bounds.indexOf(most) - 1] ?? 0;
  let all = 0;
  for (const [bound, count] of counts) if (Number(bound) > least && Number(bound) <= most) all += count;
  return all;
}

/** Within a bucket as if its waits were spread evenly; above the last bound that bound. */
function percentile(counts: Counts, part: number): number | null {
  const all = sum(counts);
  if (all === 0) return null;
  let below = 0;
  let low = 0;
  for (const bound of WAIT_BOUNDS) {
    const count = counts.get(String(bound)) ?? 0;
    if (below + count >= part * all) return Math.round((low + ((part * all - below) / count) * (bound - low)) * 10) / 10;
    below += count;
    low = bound;
  }
  return counts.has(String(ABOVE_ALL_BOUNDS)) ? low : null;
}
