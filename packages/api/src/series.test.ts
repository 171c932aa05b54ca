import { describe, expect, it } from 'vitest';
import { ABOVE_ALL_BOUNDS } from '@desist/pipeline';
import type { SeriesPoint, SeriesQuery } from '@desist/pipeline';
import { DEFAULT_POLICY } from '@desist/domain';
import { createApi, newKey, parseKeys } from './index.ts';
import type { ApiOptions } from './index.ts';
import { METRICS } from './schemas/series.ts';
import { seriesOf } from './series.ts';

const point = (type: string, events: number, more: Partial<SeriesPoint> = {}): SeriesPoint => ({
  ...{ group: 'gmail', rest: false, slot: 0, type, upperBound: 0, events },
  ...more,
});

describe('a series', () => {
  it('has a line for each group and metric, the largest group first, the rest last, and zeros where nothing happened', () => {
    const points = [
      point('delivered', 2),
      point('bounced', 1, { slot: 2 }),
      point('delivered', 9, { group: 'yahoo', slot: 1 }),
      point('delivered', 50, { group: null, rest: true }),
    ];
    expect(seriesOf('outcomes', points, 3)).toEqual([
      { group: 'yahoo', metric: 'delivered', values: [0, 9, 0], total: 9 },
      { group: 'gmail', metric: 'delivered', values: [2, 0, 0], total: 2 },
      { group: 'gmail', metric: 'bounced', values: [0, 0, 1], total: 1 },
      { group: 'other', metric: 'delivered', values: [50, 0, 0], total: 50 },
    ]);
  });

  it('of shares says null where there is nothing to share, and computes the total anew', () => {
    const points = [point('delivered', 3), point('deferred', 1), point('deferred', 4, { slot: 2 })];
    expect(seriesOf('deferral_share', points, 3)[0]).toEqual({ group: 'gmail', metric: 'share', values: [0.25, null, 1], total: 0.625 });
    const messages = [point('deferred_message', 4), point('delivered_message', 3), point('given_up_message', 1)];
    expect(seriesOf('delivered_after_deferral', messages, 1).map(({ metric, total }) => [metric, total])).toEqual([
      ['share', 0.75],
      ['deferred', 4],
      ['delivered', 3],
      ['given_up', 1],
    ]);
  });

  it('of waits interpolates within a bucket, and does not go beyond the last bound', () => {
    const waits = [point('delivery', 50, { upperBound: 60 }), point('delivery', 50, { upperBound: 120 })];
    expect(seriesOf('time_to_delivery', waits, 1).map(({ metric, total }) => [metric, total])).toEqual([
      ['p50', 60],
      ['p90', 108],
      ['p99', 118.8],
      ['count', 100],
    ]);
    const long = [point('delivery', 1, { upperBound: ABOVE_ALL_BOUNDS })];
    expect(seriesOf('time_to_delivery', long, 1)[0]?.total).toBe(432_000);
  });
});

describe('regret', () => {
  it('is the share of what began in a step, with its interval, and mail taken by the step in which that was', () => {
    const points = [
      point('suppressed', 40),
      point('regretted', 10),
      point('mail_taken', 4),
      point('mail_taken', 6, { slot: 1 }),
      point('suppressed', 1, { slot: 2 }),
      // Taken back where another provider was named than when it was counted.
      point('regretted', -1, { slot: 2 }),
    ];
    const found = new Map(seriesOf('regret', points, 3).map(({ metric, values, total }) => [metric, [...values, total]]));
    expect(found.get('share')).toEqual([0.25, null, 0, 9 / 41]);
    expect(found.get('regretted')).toEqual([10, 0, 0, 9]);
    expect(found.get('mail_taken')).toEqual([4, 6, 0, 10]);
    // Wilson's score interval of 10 of 40, as published tables have it.
    expect(found.get('low')?.[0]).toBeCloseTo(0.1419, 4);
    expect(found.get('high')?.[0]).toBeCloseTo(0.4019, 4);
    expect(found.get('low')?.[1]).toBeNull();
  });
});

describe('what the shadow policy decides', () => {
  it('stands beside what the policy in force does, and what was taken back elsewhere is not less than nothing', () => {
    const points = [
      point('suppressed', 3, { group: 'persistent_deferral' }),
      point('shadow_suppressed', 5, { group: 'persistent_deferral' }),
      point('shadow_released', 2, { group: 'persistent_deferral', slot: 1 }),
      point('shadow_suppressed', -1, { group: 'hard_bounce' }),
    ];
    expect(seriesOf('shadow', points, 2)).toEqual([
      { group: 'persistent_deferral', metric: 'suppressed', values: [3, 0], total: 3 },
      { group: 'persistent_deferral', metric: 'released', values: [0, 0], total: 0 },
      { group: 'persistent_deferral', metric: 'shadow_suppressed', values: [5, 0], total: 5 },
      { group: 'persistent_deferral', metric: 'shadow_released', values: [0, 2], total: 2 },
      ...METRICS.shadow.map((metric) => ({ group: 'hard_bounce', metric, values: [0, 0], total: 0 })),
    ]);
  });
});

describe('the distribution of waits', () => {
  it('counts each message once, in the bucket of its own wait', () => {
    const waits = [10, 60, 120, 300, 3_600, 86_400, 129_600, ABOVE_ALL_BOUNDS].map((upperBound) => point('delivery', 1, { upperBound }));
    expect(seriesOf('wait_distribution', waits, 1).map(({ metric, total }) => [metric, total])).toEqual([
      ['to_1m', 2],
      ['to_5m', 2],
      ['to_15m', 0],
      ['to_1h', 1],
      ['to_4h', 0],
      ['to_12h', 0],
      ['to_1d', 1],
      ['longer', 2],
    ]);
    const greylisted = [point('greylisting', 3, { upperBound: 300 })];
    expect(seriesOf('greylisting_delay', greylisted, 1).find(({ metric }) => metric === 'count')?.total).toBe(3);
  });
});

describe('GET /v1/series', () => {
  const NOW = Date.parse('2026-03-10T12:07:00.000Z');

  function asked(more: Partial<ApiOptions> = {}) {
    const queries: SeriesQuery[] = [];
    const quiet = (): void => undefined;
    const api = createApi({
      reader: undefined as never,
      traffic: {
        series: async (query) => (queries.push(query), []),
        reasons: async () => [],
        counters: async () => ({ atRisk: 0, allowances: 0, events: {}, changes: {}, regret: {} }),
      },
      policies: () => ({ version: 'p', base: DEFAULT_POLICY, tenants: new Map() }),
      ready: () => ({ ok: true, problems: [] }),
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
      time: { now: () => NOW },
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      version: '0',
      ...more,
    });
    return { api, queries };
  }

  it('covers the last day in steps of 15 minutes unless told otherwise, whole steps only', async () => {
    const { api, queries } = asked();
    const answer = (await api.inject({ url: '/v1/series?measure=outcomes' })).json<{ from: string; to: string; times: string[] }>();
    expect(answer).toMatchObject({ step: '15m', from: '2026-03-09T12:00:00.000Z', to: '2026-03-10T12:15:00.000Z', series: [] });
    expect(answer.times).toHaveLength(97);
    expect(queries).toMatchObject([{ table: 'quarters', family: 'events', by: null, groups: 10 }]);
  });

  it.each([
    ['measure=outcomes&by=domain', { family: 'domains', by: 'domain' }],
    ['measure=outcomes&by=pool&stream=marketing', { family: 'events', stream: 'marketing' }],
    ['measure=engagement&by=category&pool=a', { family: 'events', by: 'category', types: ['engaged'], pool: 'a' }],
    ['measure=engagement&by=domain', { family: 'domains', types: ['engaged'] }],
    ['measure=time_to_delivery&by=domain&from=2026-03-01T00:00:00Z', { family: 'waits', table: 'hours', step: 3_600_000 }],
    ['measure=regret&by=reason', { family: 'regret', types: ['suppressed', 'regretted', 'mail_taken'] }],
    [
      'measure=shadow&by=reason',
      { family: 'changes', beside: 'shadow', types: ['suppressed', 'released', 'shadow_suppressed', 'shadow_released'] },
    ],
    ['measure=suppressions&by=reason&from=2025-10-01T00:00:00Z', { family: 'changes', types: ['suppressed'], step: 86_400_000 }],
  ])('%s', async (query, wanted) => {
    const { api, queries } = asked();
    expect((await api.inject({ url: `/v1/series?${query}` })).statusCode).toBe(200);
    expect(queries).toMatchObject([wanted]);
  });

  it.each([
    ['measure=remorse', /must be one of .*outcomes/],
    ['measure=waste&by=attribution', /by: waste is told by provider, domain, category, reason, tenant/],
    ['measure=persistent&by=reason', /by: persistent is told by provider, domain, tenant/],
    ['measure=releases&pool=a', /pool: releases is not told by pool/],
    ['measure=outcomes&by=domain&stream=a', /stream: cannot be combined with by=domain/],
    ['measure=outcomes&from=2026-03-11T00:00:00Z&to=2026-03-10T00:00:00Z', /to: must be later than from/],
    ['measure=outcomes&from=2026-02-01T00:00:00Z&step=15m', /step: at most 1000 steps, and these are 36\d\d/],
    ['measure=outcomes&from=2026-02-20T00:00:00Z&to=2026-02-21T00:00:00Z&step=15m', /from: 15m reaches back 15 days/],
    ['measure=outcomes&from=2026-03-01T00:00:00Z&step=15m&by=provider&groups=50', /groups: at most 20000 figures/],
    ['measure=outcomes&from=2020-01-01T00:00:00Z', /from: 1d reaches back 396 days/],
  ])('%s is a mistake that says what to do', async (query, detail) => {
    const { api, queries } = asked();
    const answer = await api.inject({ url: `/v1/series?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toMatch(detail);
    expect(queries).toEqual([]);
  });

  it('shows a key of one tenant that tenant alone', async () => {
    const { key, line } = newKey('r', ['reader'], ['acme']);
    const { api, queries } = asked({ keys: parseKeys(line).keys });
    const get = (path: string) => api.inject({ url: path, headers: { authorization: `Bearer ${key}` } });
    expect((await get('/v1/series?measure=outcomes')).statusCode).toBe(200);
    expect(queries).toMatchObject([{ tenants: ['acme'] }]);
    expect((await get('/v1/series?measure=outcomes&tenant=other')).statusCode).toBe(403);
    expect((await get('/v1/summary')).statusCode).toBe(403);
    expect(queries).toHaveLength(1);
  });
});
