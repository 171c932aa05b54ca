/** Roll-ups in the database: series of them, the views, and how long they are kept. On both databases. */
import { HOURS_KEPT, QUARTERS_KEPT } from '@desist/pipeline';
import type { RollupRow, SeriesQuery, TrafficReader } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { createStore, createTrafficReader, keepRollupPartitions } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hoursOf } from '../support/counted-hours.ts';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { AT, planFrom, rollup } from './store-suite.ts';

const QUARTER = 900_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const databases = [
  ['Postgres server', migratedServer, inject('databaseUrl') === undefined],
  ['PGlite', migratedEmbedded, false],
] as const;

const ASKED: SeriesQuery = {
  ...{ family: 'events', table: 'quarters', by: 'provider', from: AT, to: AT + HOUR, step: QUARTER, groups: 10 },
  types: ['delivered', 'deferred'],
};

describe.each(databases)('on %s', (_, open, skipped) => {
  describe.skipIf(skipped)('', () => {
    let db: Database;
    let close: () => Promise<void>;
    let reader: TrafficReader;
    beforeAll(async () => {
      ({ db, close } = await open());
      reader = createTrafficReader(db);
      const one = [
        rollup({ events: 5 }),
        rollup({ at: AT + 2 * QUARTER, events: 2 }),
        rollup({ type: 'deferred', category: 'rate_limited', attribution: 'sender', pool: 'a', stream: 'news', events: 3 }),
        rollup({ provider: 'yahoo', tenant: 'other', events: 4 }),
        rollup({ provider: 'small.example', events: 1 }),
        rollup({ provider: 'other', events: 9 }),
        rollup({ at: AT - 1, events: 100 }),
        rollup({ at: AT + HOUR, events: 100 }),
        rollup({ family: 'waits', type: 'delivery', stream: '', domain: 'gmail.com', upperBound: 60, events: 2 }),
        rollup({ family: 'waits', type: 'greylisting', stream: '', domain: 'gmail.com', upperBound: 2_147_483_647, events: 1 }),
        rollup({ family: 'changes', type: 'suppressed', stream: '', category: 'hard_bounce', events: 6 }),
        rollup({ family: 'shadow', type: 'shadow_suppressed', stream: '', category: 'hard_bounce', events: 7 }),
      ];
      await write(0, one);
      await write(1, [rollup({ events: 7 })]);
    });
    afterAll(async () => close());

    async function write(partition: number, rows: readonly RollupRow[]): Promise<void> {
      const store = createStore(db);
      await store.commit(planFrom(await store.claim(partition, 'me'), { rollups: { kind: 'counted', hours: hoursOf(rows) } }));
    }

    const lines = async (query: Partial<SeriesQuery>): Promise<readonly string[]> =>
      (await reader.series({ ...ASKED, ...query })).map(
        ({ group, rest, slot, type, events }) => `${rest ? 'rest' : String(group)} ${slot} ${type} ${events}`,
      );

    test('the reason why most tries failed, of each name, by provider, domain or pool', async () => {
      const span = { from: AT, to: AT + HOUR };
      expect(await reader.reasons({ ...span, by: 'provider', names: ['gmail', 'yahoo'] })).toEqual([
        { name: 'gmail', category: 'rate_limited', events: 3 },
      ]);
      expect(await reader.reasons({ ...span, by: 'pool', names: ['a', ''] })).toEqual([{ name: 'a', category: 'rate_limited', events: 3 }]);
      expect(await reader.reasons({ ...span, by: 'domain', names: ['gmail.com'] })).toEqual([]);
      expect(await reader.reasons({ ...span, by: 'provider', names: ['gmail'], tenants: ['other'] })).toEqual([]);
    });

    test('a series sums partitions by group, step and type, and cuts its span', async () => {
      expect(await lines({})).toEqual([
        ...['gmail 0 deferred 3', 'gmail 0 delivered 12', 'gmail 2 delivered 2', 'small.example 0 delivered 1', 'yahoo 0 delivered 4'],
        'rest 0 delivered 9',
      ]);
    });

    test('the largest groups have lines of their own, the rest one together', async () => {
      expect(await lines({ groups: 1 })).toEqual([
        'gmail 0 deferred 3',
        'gmail 0 delivered 12',
        'gmail 2 delivered 2',
        'rest 0 delivered 14',
      ]);
    });

    test.each([
      [{ tenants: ['other'] }, ['yahoo 0 delivered 4']],
      [{ provider: 'gmail', stream: 'news' }, ['gmail 0 deferred 3']],
      [{ pool: 'a' }, ['gmail 0 deferred 3']],
      [{ by: null, types: ['delivered'] }, ['null 0 delivered 26', 'null 2 delivered 2']],
      [{ by: 'pool' }, ['a 0 deferred 3', 'null 0 delivered 26', 'null 2 delivered 2']],
      [{ by: 'reason', family: 'changes', types: ['suppressed'] }, ['hard_bounce 0 suppressed 6']],
      [
        { by: 'reason', family: 'changes', beside: 'shadow', types: ['suppressed', 'shadow_suppressed'] },
        ['hard_bounce 0 shadow_suppressed 7', 'hard_bounce 0 suppressed 6'],
      ],
      [{ by: 'tenant', step: HOUR, table: 'hours', types: ['delivered'] }, ['acme 0 delivered 24', 'other 0 delivered 4']],
      [{ tenants: [] }, []],
    ] as const)('narrowed and grouped by %j', async (query, wanted) => {
      expect((await lines(query as Partial<SeriesQuery>)).toSorted()).toEqual(wanted.toSorted());
    });

    test('counters of the last hours are those of the roll-ups', async () => {
      expect(await reader.counters({ since: AT, until: AT })).toMatchObject({
        events: { delivered: 128, deferred: 3 },
        changes: { suppressed: 6 },
      });
    });

    test('the views of the contract sum partitions and say null where nothing applies', async () => {
      const rows = await db.query(
        'select pool, category, attribution, events from desist.traffic_hourly where provider = $1 and hour = $2 order by events',
        ['gmail', new Date(AT)],
      );
      expect(rows).toEqual([
        { pool: 'a', category: 'rate_limited', attribution: 'sender', events: 3 },
        { pool: null, category: null, attribution: null, events: 14 },
      ]);
      expect(await db.query('select kind, upper_bound, events from desist.wait_hourly order by kind')).toEqual([
        { kind: 'delivery', upper_bound: 60, events: 2 },
        { kind: 'greylisting', upper_bound: null, events: 1 },
      ]);
    });
  });

  test.skipIf(skipped)(
    'what an engine of the version before counted, with its quarters in a table of their own, is counted beside',
    async () => {
      const { db, close } = await open();
      const store = createStore(db);
      const reader = createTrafficReader(db);
      const row = `'acme', 'gmail', 'default', '', '', 'delivered', '', '', 0`;
      await db.query(`insert into desist.rollup_hour values ('events', ${AT}, 0, ${row}, 7)`);
      await db.query(`insert into desist.rollup_quarter values ('events', ${AT}, 0, ${row}, 4), ('events', ${AT + QUARTER}, 0, ${row}, 3)`);
      const rows = [rollup({ at: AT + QUARTER, events: 10 }), rollup({ at: AT + 3 * QUARTER, events: 20 })];
      await store.commit(planFrom(await store.claim(0, 'me'), { rollups: { kind: 'counted', hours: hoursOf(rows) } }));
      const asked = { ...ASKED, types: ['delivered'] } as const;
      const series = async (query: Partial<SeriesQuery>): Promise<readonly string[]> =>
        (await reader.series({ ...asked, ...query })).map(({ slot, events }) => `${slot}: ${events}`);
      expect(await series({})).toEqual(['0: 4', '1: 13', '3: 20']);
      expect(await series({ table: 'hours', step: HOUR })).toEqual(['0: 37']);
      expect(await db.query('select quarter, events from desist.traffic_quarterly order by quarter')).toEqual([
        { quarter: new Date(AT), events: 4 },
        { quarter: new Date(AT + QUARTER), events: 13 },
        { quarter: new Date(AT + 3 * QUARTER), events: 20 },
      ]);
      await close();
    },
  );

  describe.skipIf(skipped)('months', () => {
    let db: Database;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ db, close } = await open());
    });
    afterAll(async () => close());

    const partitions = async (): Promise<readonly string[]> =>
      (await db.query("select relname from pg_class where relname ~ '^rollup_(quarter|hour)_[0-9_]+$' and relkind = 'r' order by 1")).map(
        ({ relname }) => String(relname),
      );
    const counted = async (table: string): Promise<readonly unknown[]> =>
      (await db.query(`select at from desist.${table} order by at`)).map(({ at }) => at);

    test('have partitions ahead of time, take over what came before theirs, and go when they are over', async () => {
      for (const name of await partitions()) await db.script(`drop table desist.${name}`);
      const march = Date.UTC(2026, 2, 20);
      const store = createStore(db);
      const moments = [march - HOURS_KEPT - DAY, march - QUARTERS_KEPT - DAY, march, Date.UTC(2026, 3, 1)];
      const rows = moments.map((at) => rollup({ at }));
      // As engines of the version before write them.
      for (const at of moments)
        await db.query(
          `insert into desist.rollup_quarter values ('events', $1, 0, 'acme', 'gmail', 'default', '', '', 'delivered', '', '', 0, 1)`,
          [at],
        );
      await store.commit(planFrom(await store.claim(0, 'me'), { rollups: { kind: 'counted', hours: hoursOf(rows) } }));
      expect(await keepRollupPartitions(db, march)).toBe(true);
      const months = ['2026_03', '2026_04', '2026_05'];
      expect(await partitions()).toEqual([
        ...months.map((month) => `rollup_hour_${month}`),
        ...months.map((month) => `rollup_quarter_${month}`),
      ]);
      // What was in no partition and is too old has gone, the rest has moved to its month.
      expect(await counted('rollup_hour')).toEqual(moments.slice(1));
      expect(await counted('rollup_quarter_2026_03')).toEqual([moments[1], march]);
      expect(await counted('rollup_hour_default')).toEqual([]);
      expect(await keepRollupPartitions(db, march)).toBe(true);

      await keepRollupPartitions(db, Date.UTC(2026, 3, 15, 23));
      expect(await partitions()).toContain('rollup_quarter_2026_03');
      await keepRollupPartitions(db, Date.UTC(2026, 3, 16, 1));
      expect(await partitions()).not.toContain('rollup_quarter_2026_03');
      expect(await counted('rollup_quarter')).toEqual([moments[3]]);
      await keepRollupPartitions(db, Date.UTC(2027, 4, 2) + 1);
      expect(await counted('rollup_hour')).toEqual([moments[3]]);
      await keepRollupPartitions(db, Date.UTC(2027, 5, 1) + 1);
      expect(await counted('rollup_hour')).toEqual([]);
    });
  });
});
