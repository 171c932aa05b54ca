/** The counters that `status` reads, and what the queries of status and of incidents read at most. */
import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { Claim, ErasedRow, RecipientRow, RecipientStore, SuppressionRow } from '@desist/pipeline';
import type { Database, Row } from '@desist/postgres';
import { createIncidentStore, createReader, createStore, createTrafficReader, keyedHash } from '@desist/store-postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import type { RecipientRef } from '@desist/domain';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { AT, planFrom, row, suppression } from './store-suite.ts';

const HOUR = 3_600_000;
const PARTITIONS = 2;
const ADDRESSES = 12;

const databases = [
  ['Postgres server', migratedServer, inject('databaseUrl') === undefined],
  ['PGlite', migratedEmbedded, false],
] as const;

/** What one commit does to one recipient. */
type Deed =
  | {
      readonly kind: 'write';
      readonly tracked: boolean;
      readonly state: RecipientRow['state'];
      readonly holds: readonly number[] | undefined;
      /** Hours after AT; null: no deadline suppresses it. */
      readonly deadline: number | null;
      /** The state under a shadow policy; null: there is none. */
      readonly shadow: RecipientRow['state'] | null;
    }
  | { readonly kind: 'untrack' }
  | { readonly kind: 'erase'; readonly whole: boolean };

const KINDS: readonly Pick<SuppressionRow, 'scope' | 'reason'>[] = [
  { scope: '*', reason: 'hard_bounce' },
  { scope: '*', reason: 'complaint' },
  { scope: 'news', reason: 'complaint' },
  { scope: 'news', reason: 'unsubscribe' },
];
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      tracked: fc.boolean(),
      state: fc.constantFrom('healthy' as const, 'deferred' as const, 'persistent' as const, 'suppressed' as const),
      holds: fc.option(fc.uniqueArray(fc.nat({ max: KINDS.length - 1 })), { nil: undefined }),
      deadline: fc.option(fc.nat({ max: 3 })),
      shadow: fc.option(fc.constantFrom('healthy' as const, 'suppressed' as const)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('untrack' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), whole: fc.boolean() }) },
);
const commit = fc.record({
  partition: fc.nat({ max: PARTITIONS - 1 }),
  deeds: fc.uniqueArray(fc.tuple(fc.nat({ max: ADDRESSES - 1 }), deed), { selector: ([who]) => who, maxLength: ADDRESSES }),
  /** Made by somebody who has lost the partition. */
  fenced: fc.boolean(),
});

describe.each(databases)('on %s', (_, open, skipped) => {
  describe.skipIf(skipped)('', () => {
    let db: Database;
    let close: () => Promise<void>;
    let store: RecipientStore;
    beforeAll(async () => {
      ({ db, close } = await open());
      store = createStore(db, { hashOf: keyedHash(randomBytes(32)) });
    });
    afterAll(async () => close());

    async function carryOut(one: Claim, deeds: readonly (readonly [number, Deed])[]): Promise<'committed' | 'fenced'> {
      const recipients: RecipientRow[] = [];
      const untracked: RecipientRef[] = [];
      const erased: ErasedRow[] = [];
      for (const [who, what] of deeds) {
        const key = { tenant: asTenant('acme'), address: asAddress(`r${who}@p${one.partition}.example`) };
        if (what.kind === 'untrack') untracked.push(key);
        else if (what.kind === 'erase') erased.push({ ...key, version: 1, at: AT, blocks: [], whole: what.whole, offset: 1, sequence: 0 });
        else {
          const { tracked, state, holds, deadline, shadow: other } = what;
          const shadow =
            other === null ? undefined : { text: '{}', policy: 'p2', state: other, differs: other !== state, suppression: null };
          const active = holds && {
            suppressions: holds.map((index) => ({ ...suppression, ...KINDS[index] })),
            allowed: holds.map((index) => ({ scope: `s${index}`, expiresAt: null })),
          };
          const suppressAt = deadline === null ? null : AT + deadline * HOUR + 1;
          recipients.push(row(key.address, { partition: one.partition, tracked, state, active, suppressAt, shadow }));
        }
      }
      return store.commit(planFrom(one, { recipients, untracked, erased }));
    }

    test('counters are what counting the tables says, after any history of commits, erasures and fenced commits', async () => {
      const reader = createReader(db);
      const traffic = createTrafficReader(db);
      await fc.assert(
        fc.asyncProperty(fc.array(commit, { minLength: 1, maxLength: 8 }), async (commits) => {
          for (const { partition, deeds, fenced } of commits) {
            const claim = await store.claim(partition, 'me');
            const from = fenced ? { ...claim, epoch: claim.epoch - 1 } : claim;
            expect(await carryOut(from, deeds)).toBe(fenced ? 'fenced' : 'committed');
          }
          const { recipients, suppressions } = await reader.status();
          const states = await db.query('select state, count(*) as count from desist.recipient where tracked group by state');
          expect(recipients).toEqual(Object.fromEntries(states.map(({ state, count }) => [state, count])));
          expect(suppressions).toEqual(
            await db.query('select scope, reason, count(*) as count from desist.suppression group by 1, 2 order by 1, 2'),
          );
          const shadows = await db.query(
            `select case when state = 'suppressed' and shadow_state = 'suppressed' then 'both' when state = 'suppressed' then 'real'
                 when shadow_state = 'suppressed' then 'shadow' else 'neither' end as kind, count(*) as count
               from desist.recipient where tracked and shadow_state is not null group by 1`,
          );
          const { shadow } = await traffic.counters({ since: AT, until: AT });
          expect(shadow).toEqual(Object.fromEntries(shadows.map(({ kind, count }) => [kind, count])));
          for (const hours of [1, 2, 4]) {
            const until = AT + hours * HOUR;
            const [wanted] = await db.query(
              `select (select count(*) from desist.recipient where tracked and suppress_at < $1) as "atRisk",
                 (select count(*) from desist.allowance) as allowances`,
              [until],
            );
            const { atRisk, allowances } = await traffic.counters({ since: AT, until });
            expect({ atRisk, allowances }).toEqual(wanted);
          }
          expect(await db.query('select 1 from desist.recipient_count where count < 0')).toEqual([]);
          for (const table of ['suppression', 'allowance', 'recipient_event'])
            expect(
              await db.query(`select 1 from desist.${table} t left join desist.recipient r on r.id = t.recipient_id where r.id is null`),
            ).toEqual([]);
        }),
        { numRuns: 40 },
      );
    });

    test('the migration counts the rows of an older database', async () => {
      const { db: old, close: closeOld } = await open();
      const before = createStore(old);
      const claim = await before.claim(0, 'me');
      const active = { suppressions: [suppression], allowed: [{ scope: '*', expiresAt: null }] };
      const deadline = row('b@example.com', { state: 'deferred', suppressAt: AT + HOUR });
      await before.commit(planFrom(claim, { recipients: [row('a@example.com', { active }), deadline] }));
      await old.script('drop table desist.recipient_count, desist.suppression_count, desist.deadline_count, desist.allowance_count');
      for (const step of ['0050_counts', '0061_more_counts'])
        await old.script(await readFile(new URL(`../../migrations/${step}.sql`, import.meta.url), 'utf8'));
      expect(await createReader(old).status()).toMatchObject({
        recipients: { suppressed: 1, deferred: 1 },
        suppressions: [{ scope: '*', reason: 'hard_bounce', count: 2 }],
      });
      expect(await createTrafficReader(old).counters({ since: AT, until: AT + 2 * HOUR })).toMatchObject({ atRisk: 1, allowances: 1 });
      await closeOld();
    });

    test('what the log refused for good waits no more: it is counted as parked, and not as waiting', async () => {
      const claim = await store.claim(8, 'me');
      const outbox = [1, 2, 3, 4, 5].map((sequence) => ({ sequence, key: 'acme/a@example.com', change: '{}', value: null }));
      const deadLetters = [0, 1].map((offset) => ({ offset, key: null, value: null, reason: 'invalid', detail: '' }));
      await store.commit(planFrom(claim, { outbox, nextSequence: 6, deadLetters, nextOffset: 2 }));
      await store.park(claim, { sequence: 1 }, 'too large');
      await store.park(claim, { sequence: 2 }, 'too large');
      await store.park(claim, { deadLetterOffset: 0 }, 'too large');
      const statusOf = async () => (await createReader(db).status()).partitions.find(({ partition }) => partition === 8);
      expect(await statusOf()).toMatchObject({ outbox: 3, deadLetters: 1, parked: 3 });
      await store.relayed(claim, { sequence: 5, deadLetterOffset: 1 });
      expect(await statusOf()).toMatchObject({ outbox: 0, deadLetters: 0, parked: 3 });
    });

    describe('with many recipients, changes and dead letters', () => {
      const MANY = 20_000;
      const LETTERS = 30_000;
      beforeAll(async () => {
        const claim = await store.claim(9, 'me');
        const of = (n: number): RecipientRow => row(`m${n}@many.example`, { partition: 9, evidence: '{"p":"gmail"}' });
        await store.commit(planFrom(claim, { recipients: Array.from({ length: MANY }, (__, n) => of(n)) }));
        await db.query(
          `insert into desist.outbox (partition, number, key, change, lists) select 9, n, 'k', '{}', false from generate_series(1, $1::integer) n`,
          [MANY],
        );
        await db.query(
          `insert into desist.dead_letter (partition, record_offset, reason, detail) select 9, n, 'x', '' from generate_series(1, $1::integer) n`,
          [LETTERS],
        );
        await db.script('analyze');
      });

      /** What the statements read that `work` runs: rows of each table. */
      async function rowsRead(work: (watched: Database) => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
        const asked: [string, readonly unknown[]][] = [];
        await work({
          ...db,
          query: (text, values = []) => {
            asked.push([text, values]);
            return db.query(text, values);
          },
        });
        expect(asked.length).toBeGreaterThan(0);
        const read = new Map<string, number>();
        for (const [text, values] of asked) {
          const [answer] = await db.query(`explain (analyze, format json) ${text}`, values);
          const plan = answer?.['QUERY PLAN'];
          const [explained] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as readonly { readonly Plan: Plan }[];
          if (explained !== undefined) addRows(explained.Plan, read);
        }
        return read;
      }

      test('status reads no recipient and no suppression, and counts no outbox', async () => {
        const read = await rowsRead((watched) => createReader(watched).status());
        expect(read.get('recipient') ?? 0).toBe(0);
        expect(read.get('suppression') ?? 0).toBe(0);
        expect(read.get('outbox') ?? 0).toBeLessThanOrEqual(2 * (PARTITIONS + 1));
        expect(read.get('dead_letter') ?? 0).toBeLessThanOrEqual(MANY + 2 * (PARTITIONS + 1));
        const { partitions } = await createReader(db).status();
        expect(partitions.find(({ partition }) => partition === 9)).toMatchObject({ outbox: MANY, deadLetters: MANY });
      });

      test('counters read no recipient, no suppression and no allowance', async () => {
        const read = await rowsRead((watched) => createTrafficReader(watched).counters({ since: AT, until: AT + 24 * HOUR }));
        expect([...read.keys()].filter((table) => ['recipient', 'suppression', 'allowance', 'recipient_event'].includes(table))).toEqual(
          [],
        );
        expect(Math.max(0, ...read.values())).toBeLessThan(100);
      });

      test('no page of the recipients that an incident concerns reads more than its bound, even if it finds none', async () => {
        const scope = { since: AT, tenant: null, domain: null, mention: '"nobody"' };
        const read = await rowsRead((watched) => createStore(watched).concerned(9, scope, 0));
        expect(read.get('recipient')).toBe(2_000);
        const terms = { tenant: null, provider: 'nobody', domain: null, code: null, text: null, from: AT, until: null };
        const preview = await rowsRead((watched) => createIncidentStore(watched).evidence(terms, { cursor: null, limit: 100 }));
        // Once to find how far the page reaches, once to read it.
        expect(preview.get('recipient')).toBeLessThanOrEqual(2 * 5_000);
      });
    });
  });
});

interface Plan extends Row {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

function addRows(plan: Plan, read: Map<string, number>): void {
  const table = plan['Relation Name'];
  if (table !== undefined) {
    const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
    read.set(table, (read.get(table) ?? 0) + rows);
  }
  for (const inner of plan.Plans ?? []) addRows(inner, read);
}
