/** `GET /v1/series` and `GET /v1/summary`: what the commits counted. */
import { DAY, HOUR, hourOf, MINUTE } from '@desist/domain';
import { formatTime, parseTime } from '@desist/formats/event';
import { HOURS_KEPT, QUARTERS_KEPT } from '@desist/pipeline';
import type { PartitionStatus, SeriesGrouping } from '@desist/pipeline';
import { demandAllTenants, tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { badRequest } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import type { REASONS } from '../schemas/basics.ts';
import { GET_SERIES, GET_SUMMARY } from '../schemas/series.ts';
import type { Measure, StepName } from '../schemas/series.ts';
import { MEASURE_INFO, seriesOf } from '../series.ts';
import { when } from '../values.ts';

const LENGTHS = { '15m': 15 * MINUTE, '1h': HOUR, '1d': DAY } as const satisfies Readonly<Record<StepName, number>>;
const MOST_STEPS = 1_000;
/** Of one metric: steps times groups. */
const MOST_FIGURES = 20_000;
const GROUPS = 10;

interface Asked {
  readonly measure: Measure;
  readonly by?: SeriesGrouping | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step?: StepName | undefined;
  readonly pool?: string | undefined;
  readonly stream?: string | undefined;
  readonly groups?: number | undefined;
}

export async function seriesRoutes(app: HttpApp, { traffic, reader, engineStatus, time }: ApiOptions): Promise<void> {
  if (traffic === undefined) return;
  app.get('/v1/series', { schema: GET_SERIES, config: { role: 'reader' } }, async ({ query, caller }) => {
    const tenants = tenantsOf(caller, query.tenant);
    const { measure, by, provider, pool, stream, groups = GROUPS } = query;
    const span = spanOf(query, time.now());
    const { types, family, beside } = requireFit(query, span, time.now());
    const points = await traffic.series({
      family: by === 'domain' && family === 'events' ? 'domains' : family,
      beside,
      table: span.step === '15m' ? 'quarters' : 'hours',
      by: by ?? null,
      ...{ from: span.from, to: span.to, step: span.length },
      ...{ types, tenants, provider, pool, stream, groups },
    });
    const times = Array.from({ length: span.steps }, (_, index) => formatTime(span.from + index * span.length));
    const series = seriesOf(measure, points, span.steps).map(({ values, ...one }) => ({ ...one, values: [...values] }));
    return { measure, by: by ?? null, step: span.step, from: formatTime(span.from), to: formatTime(span.to), times, series };
  });

  app.get('/v1/summary', { schema: GET_SUMMARY, config: { role: 'reader' } }, async ({ caller }) => {
    demandAllTenants(caller);
    const now = time.now();
    const { partitions, recipients, suppressions } = await reader.status();
    // Those that are tracked for late events only.
    const { healthy: _, ...notHealthy } = recipients;
    const hour = hourOf(now);
    const {
      atRisk,
      allowances,
      events,
      changes,
      regret,
      shadow = {},
    } = await traffic.counters({ since: hour - DAY, until: hour + DAY + HOUR });
    const sum = (of: (one: (typeof partitions)[number]) => number): number => partitions.reduce((all, one) => all + of(one), 0);
    return {
      asOf: partitions.length === 0 ? null : when(Math.min(...partitions.map(({ clock }) => clock))),
      recipients: notHealthy,
      suppressions: suppressions.map(({ scope, reason, count }) => ({ scope, reason: reason as (typeof REASONS)[number], count })),
      atRisk: Math.max(0, atRisk),
      allowances: Math.max(0, allowances),
      shadow:
        Object.keys(shadow).length === 0 ? null : { both: shadow['both'] ?? 0, real: shadow['real'] ?? 0, shadow: shadow['shadow'] ?? 0 },
      last24h: {
        suppressed: changes['suppressed'] ?? 0,
        released: changes['released'] ?? 0,
        recovered: changes['recovered'] ?? 0,
        persistent: changes['persistent'] ?? 0,
        regretted: Math.max(0, regret['mail_taken'] ?? 0),
        events: { ...events },
      },
      lag: {
        records: lagOf(engineStatus?.()),
        relay: sum(({ outbox }) => outbox),
        deadLetters: sum(({ deadLetters }) => deadLetters),
        partitions: partitions.length,
        stopped: partitions.filter(({ stopped }) => stopped !== null).length,
      },
    };
  });
}

interface Span {
  readonly step: StepName;
  /** ms */
  readonly length: number;
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

function spanOf({ from, to, step: given }: Asked, now: number): Span {
  const end = (to === undefined ? undefined : parseTime(to)) ?? now;
  const start = (from === undefined ? undefined : parseTime(from)) ?? end - DAY;
  const step = given ?? (end - start <= DAY ? '15m' : end - start <= 14 * DAY ? '1h' : '1d');
  const length = LENGTHS[step];
  const first = Math.floor(start / length) * length;
  const last = Math.max(first, Math.ceil(end / length) * length);
  return { step, length, from: first, to: last, steps: (last - first) / length };
}

/** @throws Problem 400 with every mistake. */
function requireFit({ measure, by, pool, stream, groups = GROUPS }: Asked, { step, steps, length, from, to }: Span, now: number) {
  const info = MEASURE_INFO[measure];
  const mistakes: { detail: string; parameter: string }[] = [];
  const wrong = (parameter: string, detail: string): void => void mistakes.push({ parameter, detail: `${parameter}: ${detail}` });
  if (by !== undefined && !info.by.includes(by)) wrong('by', `${measure} is told by ${info.by.join(', ')}`);
  for (const [name, value] of Object.entries({ pool, stream })) {
    if (value === undefined) continue;
    if (!info.pools) wrong(name, `${measure} is not told by ${name}; outcomes, engagement and deferral_share are`);
    else if (by === 'domain') wrong(name, `cannot be combined with by=domain`);
  }
  if (to <= from) wrong('to', 'must be later than from');
  if (steps > MOST_STEPS) wrong('step', `at most ${MOST_STEPS} steps, and these are ${steps}: take a larger step or a shorter span`);
  else if (steps * (groups + 1) > MOST_FIGURES)
    wrong('groups', `at most ${MOST_FIGURES} figures of a metric: ask for fewer groups or steps`);
  const kept = step === '15m' ? QUARTERS_KEPT : HOURS_KEPT;
  if (from < now - kept - length) wrong('from', `${step} reaches back ${kept / DAY} days`);
  if (mistakes.length > 0) throw badRequest(mistakes);
  return info;
}

function lagOf(owned: readonly PartitionStatus[] | undefined): number | null {
  if (owned === undefined || owned.length === 0) return null;
  return owned.reduce((all, { highWatermark, committed }) => all + Math.max(0, highWatermark - committed), 0);
}
