import { asTenant, DEFAULT_POLICY } from '@desist/domain';
import { createMemoryIncidents, createMemorySenderIncidents } from '@desist/memory';
import type { ReasonQuery, SeriesPoint, SeriesQuery } from '@desist/pipeline';
import { expect, test } from 'vitest';
import { createApi } from './index.ts';

const NOW = Date.parse('2026-03-10T12:07:00.000Z');
const point = (group: string | null, type: string, events: number, more: Partial<SeriesPoint> = {}): SeriesPoint => ({
  ...{ group, rest: false, slot: 0, type, upperBound: 0, events },
  ...more,
});

async function service() {
  const asked: (SeriesQuery | ReasonQuery)[] = [];
  const clock = { now: NOW };
  const quiet = (): void => undefined;
  const senderIncidents = createMemorySenderIncidents();
  const of = { revision: 1, announcedRevision: 1, action: 'opened', open: true, announcedBy: 0, from: NOW, until: null, at: NOW } as const;
  const summary = { tries: 1, refused: 1, usualShare: 0, replies: [] };
  const place = { tenant: asTenant('acme'), provider: 'gmail', pool: 'bulk' };
  await senderIncidents.insert({ ...of, id: 's1', place, summary, createdAt: NOW });
  const api = createApi({
    reader: undefined as never,
    incidents: createMemoryIncidents(),
    senderIncidents,
    traffic: {
      async series(query) {
        asked.push(query);
        if (query.family === 'waits') return [point('gmail', 'delivery', 4, { upperBound: 60 })];
        if (query.table === 'hours') return [point('gmail', 'delivered', 90), point('gmail', 'deferred', 10)];
        return [
          ...[point('gmail', 'delivered', 20), point('gmail', 'deferred', 60), point('gmail', 'bounced', 20)],
          ...[point('yahoo', 'delivered', 500), point(null, 'bounced', 1), point(null, 'delivered', 9, { rest: true })],
        ];
      },
      async reasons(query) {
        asked.push(query);
        return [{ name: 'gmail', category: 'rate_limited', events: 60 }];
      },
      counters: async () => ({ atRisk: 0, allowances: 0, events: {}, changes: {}, regret: {} }),
    },
    policies: () => ({ version: 'p', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => clock.now },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0',
  });
  return { api, asked, clock };
}

test('where mail is deferred now: the worst first, with what is usual, why, how long it waits, and what is open there', async () => {
  const { api, asked } = await service();
  const answer = (await api.inject('/v1/top')).json<{ items: object[] }>();
  expect(answer).toMatchObject({ by: 'provider', from: '2026-03-10T11:15:00.000Z', to: '2026-03-10T12:15:00.000Z' });
  expect(answer.items).toEqual([
    {
      ...{ name: 'gmail', tries: 100, delivered: 20, deferred: 60, bounced: 20, deferralShare: 0.75, usualShare: 0.1 },
      ...{ reason: { category: 'rate_limited', count: 60 }, medianWait: 45, openIncidents: ['s1'] },
    },
    {
      ...{ name: 'yahoo', tries: 500, delivered: 500, deferred: 0, bounced: 0, deferralShare: 0, usualShare: null },
      ...{ reason: null, medianWait: null, openIncidents: [] },
    },
    {
      ...{ name: null, tries: 1, delivered: 0, deferred: 0, bounced: 1, deferralShare: null, usualShare: null },
      ...{ reason: null, medianWait: null, openIncidents: [] },
    },
  ]);
  expect(asked).toContainEqual(expect.objectContaining({ by: 'provider', names: ['gmail', 'yahoo', ''] }));
});

test('what is usual is looked up once in some minutes, for each grouping', async () => {
  const { api, asked, clock } = await service();
  const weeks = (): number => asked.filter((query) => 'table' in query && query.table === 'hours').length;
  for (const url of ['/v1/top', '/v1/top', '/v1/top?by=domain', '/v1/top?by=domain&limit=1'])
    expect((await api.inject(url)).statusCode).toBe(200);
  expect(weeks()).toBe(2);
  clock.now += 15 * 60_000;
  await api.inject('/v1/top');
  expect(weeks()).toBe(3);
});

test('by pool there are no waits; incidents are those of the pool, or of the domain operated by the provider', async () => {
  const { api, asked } = await service();
  await api.inject('/v1/top?by=pool');
  expect(asked.some(({ by, ...query }) => by === 'pool' && 'family' in query && query.family === 'waits')).toBe(false);
  const items = (await api.inject('/v1/top?by=domain')).json<{ items: { name: string | null; openIncidents: string[] }[] }>().items;
  expect(items.map(({ openIncidents }) => openIncidents)).toEqual([['s1'], [], []]);
  expect(asked).toContainEqual(expect.objectContaining({ by: 'domain', family: 'domains' }));
});
