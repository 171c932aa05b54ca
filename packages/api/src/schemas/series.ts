import { SERIES_GROUPINGS } from '@desist/pipeline';
import { Type } from 'typebox';
import { A_TIME, Count, Name, OneOf, OrNull, Query, Reason, Scope, TenantFilter, Time, TimeInput, WordsInput } from './basics.ts';
import { answers, json } from './problem.ts';

export const MEASURES = [
  'outcomes',
  'engagement',
  'deferral_share',
  'delivered_after_deferral',
  'time_to_delivery',
  'wait_distribution',
  'greylisting_delay',
  'suppressions',
  'releases',
  'persistent',
  'regret',
  'waste',
  'shadow',
] as const;
export type Measure = (typeof MEASURES)[number];
export const STEPS = ['15m', '1h', '1d'] as const;
export type StepName = (typeof STEPS)[number];

export const METRICS = {
  outcomes: ['accepted', 'delivered', 'deferred', 'bounced', 'expired', 'rejected', 'complained', 'unsubscribed'],
  engagement: ['count'],
  deferral_share: ['share', 'deferred', 'delivered'],
  delivered_after_deferral: ['share', 'deferred', 'delivered', 'given_up'],
  time_to_delivery: ['p50', 'p90', 'p99', 'count'],
  wait_distribution: ['to_1m', 'to_5m', 'to_15m', 'to_1h', 'to_4h', 'to_12h', 'to_1d', 'longer'],
  greylisting_delay: ['p50', 'p90', 'p99', 'count'],
  suppressions: ['count'],
  releases: ['count'],
  persistent: ['count'],
  regret: ['share', 'low', 'high', 'suppressed', 'regretted', 'mail_taken'],
  waste: ['attempts'],
  shadow: ['suppressed', 'released', 'shadow_suppressed', 'shadow_released'],
} as const satisfies Readonly<Record<Measure, readonly string[]>>;
export type Metric = (typeof METRICS)[Measure][number];

const Figure = OrNull(Type.Number());

const Series = Type.Object(
  {
    measure: OneOf(MEASURES),
    by: OrNull(OneOf(SERIES_GROUPINGS)),
    step: OneOf(STEPS),
    from: Time,
    to: Time,
    times: Type.Array(Time, { description: 'The start of each step.' }),
    series: Type.Array(
      Type.Object({
        group: OrNull(
          Type.String({ description: '`other`: all that are not among the largest. Null: without `by`, or what has no such value.' }),
        ),
        metric: OneOf([...new Set(Object.values(METRICS).flat())]),
        values: Type.Array(Figure, { description: 'One for each of `times`; null: there is nothing to compute it from.' }),
        total: OrNull(Type.Number({ description: 'The same figure of the whole span; of shares and percentiles computed anew.' })),
      }),
    ),
  },
  {
    examples: [
      {
        measure: 'deferral_share',
        by: 'provider',
        step: '1h',
        from: A_TIME,
        to: '2026-03-01T12:00:00.000Z',
        times: [A_TIME, '2026-03-01T11:00:00.000Z'],
        series: [
          { group: 'gmail', metric: 'share', values: [0.25, null], total: 0.25 },
          { group: 'gmail', metric: 'deferred', values: [1, 0], total: 1 },
          { group: 'gmail', metric: 'delivered', values: [3, 0], total: 3 },
        ],
      },
    ],
  },
);

export const GET_SERIES = {
  operationId: 'getSeries',
  summary: 'Get what happened over time',
  description:
    'Roll-ups that are committed with the events that they count, some seconds behind them at most. `outcomes`: events by type. `engagement`: proof of life (`engaged`); by `category`: click, reply, login, confirmed. It is in no share. `deferral_share`: deferrals as a share of deferrals and deliveries. `delivered_after_deferral`: what became of the messages that were first deferred in a step; the young ones are not finished. `time_to_delivery`: from the first deferral, in seconds. `wait_distribution`: the same messages, counted by how long they waited (`to_1h`: more than 15 minutes and at most an hour). `greylisting_delay`: from a first attempt that was greylisted to the delivery, in seconds. `suppressions`, `releases`, `persistent`: changes that took effect. `regret`: of the suppressions that began in a step (persistent deferrals and hard bounces), how many the address has proved wrong since: a delivery released it, or followed within 30 days of its expiry; `share` with its 95 % interval (`low`, `high`). `mail_taken`: in the step in which that delivery happened. Young steps are not finished. `waste`: attempts at an address that was suppressed by then and has taken no mail since, by the step in which the suppression began. `shadow`: what the policy in force has decided (`suppressed`, `released`), as in `suppressions` and `releases`, beside what the shadow policy has (`shadow_suppressed`, `shadow_released`). Steps of 15 minutes reach back 15 days, others 13 months. At most 1,000 steps, and 20,000 figures of one metric.',
  tags: ['operation'],
  querystring: Query({
    measure: OneOf(MEASURES, { description: 'What to tell.', examples: ['outcomes'] }),
    by: Type.Optional(OneOf(SERIES_GROUPINGS, { description: 'Groups; not every measure has every one.', examples: ['provider'] })),
    from: Type.Optional(TimeInput({ description: 'Default: a day before `to`. Rounded down to a whole step.' })),
    to: Type.Optional(TimeInput({ description: 'Exclusive. Default: now. Rounded up to a whole step.' })),
    step: Type.Optional(OneOf(STEPS, { description: 'Default: the smallest that gives 100 steps or so.', examples: ['1h'] })),
    tenant: Type.Optional(TenantFilter),
    provider: Type.Optional(WordsInput(255, { description: 'This provider only.', examples: ['gmail'] })),
    pool: Type.Optional(
      WordsInput(64, { description: 'This pool only; with `outcomes`, `engagement` and `deferral_share`.', examples: ['pool-1'] }),
    ),
    stream: Type.Optional(Type.String({ ...Name, description: 'This stream only; with `outcomes`, `engagement` and `deferral_share`.' })),
    groups: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 10, description: 'Largest groups that stand by themselves.' })),
  }),
  response: answers({ 200: json('The series', Series) }),
};

const Counts = Type.Record(Type.String(), Count);

const Summary = Type.Object(
  {
    asOf: OrNull(Type.String({ format: 'date-time', description: 'Every partition is folded up to here; null: none has begun.' })),
    recipients: Type.Unsafe<Readonly<Record<string, number>>>({ ...Counts, description: 'Not healthy, by state.' }),
    suppressions: Type.Array(Type.Object({ scope: Scope, reason: Reason, count: Count })),
    atRisk: Type.Integer({
      minimum: 0,
      description: 'Recipients that a deadline suppresses within 24 hours if nothing changes, by whole hours.',
    }),
    allowances: Count,
    shadow: OrNull(
      Type.Object(
        { both: Count, real: Count, shadow: Count },
        { description: 'Suppressed recipients, by the policies that suppress them. Null: there is no shadow policy.' },
      ),
    ),
    last24h: Type.Object({
      suppressed: Count,
      released: Count,
      recovered: Count,
      persistent: Count,
      regretted: Type.Integer({ minimum: 0, description: 'Suppressions that a delivery has shown to be wrong in this time.' }),
      events: Type.Unsafe<Readonly<Record<string, number>>>({ ...Counts, description: 'By type, by whole hours.' }),
    }),
    lag: Type.Object({
      records: OrNull(Type.Integer({ minimum: 0, description: 'Not committed; null: no partition is read by this process.' })),
      relay: Type.Integer({ minimum: 0, description: 'Changes that are not in the log yet.' }),
      deadLetters: Type.Integer({ minimum: 0, description: 'Dead letters that are not in the log yet.' }),
      partitions: Count,
      stopped: Count,
    }),
  },
  {
    examples: [
      {
        asOf: A_TIME,
        recipients: { deferred: 3, suppressed: 9 },
        suppressions: [{ scope: '*', reason: 'hard_bounce', count: 9 }],
        atRisk: 1,
        allowances: 0,
        shadow: null,
        last24h: { suppressed: 2, released: 1, recovered: 5, persistent: 1, regretted: 1, events: { delivered: 1000, deferred: 20 } },
        lag: { records: 0, relay: 0, deadLetters: 0, partitions: 4, stopped: 0 },
      },
    ],
  },
);

export const GET_SUMMARY = {
  operationId: 'getSummary',
  summary: 'Get the counters',
  description:
    'Counters that are kept with the commits: the call reads some rows for each partition, however many recipients there are. It needs a key for every tenant.',
  tags: ['operation'],
  response: answers({ 200: json('The counters', Summary) }),
};
