/** What every store of sender incidents must do, whatever it is made of. */
import type { RollupRow, SenderIncidentRow, SenderIncidentStore, SenderReplyRow } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asTenant } from '@desist/domain';
import { rollup } from './store-suite.ts';

const ACME = asTenant('acme');
const BETA = asTenant('beta');
const AT = Date.UTC(2026, 2, 4, 10);
const QUARTER = 900_000;
const HOUR = 3_600_000;

export interface SenderIncidentsUnderTest {
  readonly incidents: SenderIncidentStore;
  /** As a partition's commit does. */
  committed(
    partition: number,
    what: { quarters?: readonly RollupRow[]; hours?: readonly RollupRow[]; replies?: readonly SenderReplyRow[] },
  ): Promise<void>;
  close(): Promise<void>;
}

const incident = (id: string, more: Partial<SenderIncidentRow> = {}): SenderIncidentRow => ({
  id,
  revision: 1,
  announcedRevision: 0,
  action: 'opened',
  open: true,
  place: { tenant: ACME, provider: id, pool: null },
  from: AT,
  until: null,
  at: AT + 5,
  announcedBy: 1,
  summary: {
    tries: 100,
    refused: 60,
    usualShare: 0.01,
    replies: [{ category: 'rate_limited', code: '421 4.7.28', count: 60, reply: 'é "x"' }],
  },
  createdAt: AT,
  ...more,
});

const tried = (type: string, events: number, more: Partial<RollupRow> = {}): RollupRow => rollup({ at: AT, type, events, ...more });
const refused = (events: number, more: Partial<RollupRow> = {}): RollupRow =>
  tried('deferred', events, { category: 'rate_limited', attribution: 'sender', ...more });
const reply = (more: Partial<SenderReplyRow> = {}): SenderReplyRow => ({
  ...{ tenant: ACME, provider: 'gmail', pool: '', at: AT, category: 'rate_limited', code: '421 4.7.28' },
  ...{ events: 3, recipients: 0b101, reply: '421 slow' },
  ...more,
});

export function senderIncidentContract(name: string, make: () => Promise<SenderIncidentsUnderTest>): void {
  describe(`sender incidents: ${name}`, () => {
    let under: SenderIncidentsUnderTest;
    let incidents: SenderIncidentStore;
    beforeAll(async () => {
      under = await make();
      incidents = under.incidents;
    });
    afterAll(async () => under.close());

    test('a row comes back as it was written; the first one gets the id, and one may be open of each tenant, provider and pool', async () => {
      const row = incident('a');
      expect([await incidents.insert(row), await incidents.insert({ ...row, at: 1 })]).toEqual([true, false]);
      expect(await incidents.find('a')).toEqual(row);
      expect(await incidents.find('nobody')).toBeNull();
      const of = (id: string, place: Partial<SenderIncidentRow['place']>): Promise<boolean> =>
        incidents.insert(incident(id, { place: { tenant: ACME, provider: 'a', pool: null, ...place } }));
      expect(await of('b', {})).toBe(false);
      expect(await of('b', { pool: 'x' })).toBe(true);
      expect(await of('c', { pool: 'x' })).toBe(false);
      expect(await of('c', { tenant: BETA })).toBe(true);
      expect((await incidents.find('b'))?.place).toEqual({ tenant: ACME, provider: 'a', pool: 'x' });
      expect((await incidents.open()).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    });

    test('it is changed only by whoever knows its revision, and is to be announced until the log has the latest', async () => {
      const row = (await incidents.find('b')) as SenderIncidentRow;
      const closed = { ...row, revision: 2, open: false, action: 'closed', until: AT + 7 } as const;
      expect([await incidents.update(closed, 1), await incidents.update({ ...closed, at: 1 }, 1)]).toEqual([true, false]);
      expect(await incidents.find('b')).toEqual(closed);
      const waiting = async (): Promise<readonly string[]> => (await incidents.unannounced()).map(({ id }) => id);
      expect(await waiting()).toEqual(['a', 'b', 'c']);
      await incidents.markAnnounced('a', 1);
      await incidents.markAnnounced('b', 1);
      expect(await waiting()).toEqual(['b', 'c']);
      await incidents.markAnnounced('b', 2);
      await incidents.markAnnounced('b', 1);
      expect(await waiting()).toEqual(['c']);
      const since = async (moment: number): Promise<readonly string[]> =>
        (await incidents.since([{ tenant: ACME, provider: 'a' }], moment)).map(({ id }) => id);
      expect([await since(AT + 6), await since(AT + 7)]).toEqual([['a', 'b'], ['a']]);
      expect(await incidents.since([], 0)).toEqual([]);
      // Its place is free again.
      expect(await incidents.insert(incident('d', { place: row.place, createdAt: AT + 9 }))).toBe(true);
    });

    test('the list is newest first, page by page; restricted to some tenants, it has only theirs', async () => {
      const ids = async (which: Parameters<SenderIncidentStore['list']>[0]): Promise<readonly string[]> =>
        (await incidents.list(which)).map(({ id }) => id);
      expect(await ids({ limit: 10 })).toEqual(['d', 'c', 'b', 'a']);
      expect(await ids({ limit: 2, before: { createdAt: AT + 9, id: 'd' } })).toEqual(['c', 'b']);
      expect(await ids({ limit: 2, before: { createdAt: AT, id: 'bb' } })).toEqual(['b', 'a']);
      expect(await ids({ limit: 10, tenants: ['beta'] })).toEqual(['c']);
      expect(await ids({ limit: 10, tenants: [] })).toEqual([]);
    });

    test('suspects are those with enough refusals, half of them where their share is high: of one tenant, whatever others send', async () => {
      await under.committed(1, {
        quarters: [refused(12), tried('delivered', 20), refused(1, { provider: 'mild' }), tried('delivered', 900, { provider: 'mild' })],
        replies: [reply(), reply({ code: '421 4.7.0', events: 2, reply: null })],
      });
      await under.committed(2, {
        quarters: [
          ...[refused(8), tried('delivered', 60, { at: AT + QUARTER }), refused(7, { at: AT + QUARTER, type: 'bounced' })],
          ...[refused(40, { provider: 'mild', at: AT + QUARTER }), tried('delivered', 9_000, { provider: 'mild', at: AT + QUARTER })],
          ...[refused(60, { provider: 'pooled', pool: 'bad' }), tried('delivered', 9_000, { provider: 'pooled', pool: 'good' })],
          ...[refused(90, { tenant: '*' }), refused(90, { provider: 'other' }), refused(9, { tenant: 'beta' })],
          ...[tried('expired', 90, { tenant: 'beta', attribution: 'sender' }), refused(90, { at: AT - HOUR, tenant: 'beta' })],
        ],
        replies: [reply({ events: 4, recipients: 0b11000, reply: '421 even slower' }), reply({ pool: 'p', at: AT + QUARTER })],
      });
      const suspects = async (since: number, least = 20): Promise<readonly string[]> =>
        (await incidents.suspects({ since, refused: least, share: 0.2 })).map(({ tenant, provider }) => `${tenant} ${provider}`);
      expect(await suspects(AT)).toEqual(['acme gmail', 'acme pooled']);
      expect(await suspects(AT, 28)).toEqual(['acme pooled']);
      expect(await suspects(AT - HOUR)).toEqual(['acme gmail', 'acme pooled', 'beta gmail']);
    });

    test('counts are of all partitions, by pool, by hour before a moment and by quarter from it on', async () => {
      await under.committed(1, {
        hours: [tried('delivered', 50, { at: AT - HOUR }), refused(5, { at: AT - HOUR }), tried('accepted', 50, { at: AT - HOUR })],
        quarters: [tried('bounced', 2, { at: AT + QUARTER, pool: 'p' }), tried('delivered', 1, { at: AT + HOUR })],
      });
      const gmail = { tenant: ACME, provider: 'gmail' };
      const span = { hours: AT - 2 * HOUR, quarters: AT, until: AT + HOUR - 1 };
      const [counted, ...others] = await incidents.counts([{ tenant: BETA, provider: 'nowhere' }, gmail], span);
      expect(others).toEqual([]);
      expect(counted).toEqual({
        by: gmail,
        pools: [
          {
            pool: '',
            counts: [
              { at: AT - HOUR, tries: 55, refused: 5, recipients: 0 },
              { at: AT, tries: 40, refused: 20, recipients: 0b11101 },
              { at: AT + QUARTER, tries: 67, refused: 7, recipients: 0 },
            ],
          },
          { pool: 'p', counts: [{ at: AT + QUARTER, tries: 2, refused: 0, recipients: 0b101 }] },
        ],
      });
      expect(await incidents.counts([], span)).toEqual([]);
    });

    test('replies are the most frequent first, with an example each', async () => {
      const gmail = { tenant: ACME, provider: 'gmail', pool: null };
      const all = { from: AT, until: AT + HOUR, limit: 5 };
      expect(await incidents.replies(gmail, all)).toEqual([
        { category: 'rate_limited', code: '421 4.7.28', count: 10, reply: '421 even slower' },
        { category: 'rate_limited', code: '421 4.7.0', count: 2, reply: null },
      ]);
      expect(await incidents.replies({ ...gmail, pool: 'p' }, all)).toMatchObject([{ count: 3 }]);
      expect(await incidents.replies(gmail, { ...all, until: AT + QUARTER, limit: 1 })).toMatchObject([{ count: 7 }]);
      expect(await incidents.replies({ ...gmail, tenant: BETA }, all)).toEqual([]);
    });

    test('replies of a provider are those of all tenants, or of some', async () => {
      await under.committed(3, { replies: [reply({ tenant: BETA, events: 50, code: 'none' })] });
      const all = await incidents.repliesOf('gmail', { from: AT, limit: 5 });
      expect(all.map(({ code, count }) => [code, count])).toEqual([
        ['none', 50],
        ['421 4.7.28', 10],
        ['421 4.7.0', 2],
      ]);
      expect(await incidents.repliesOf('gmail', { from: AT, limit: 1, tenants: ['acme'] })).toMatchObject([{ count: 10 }]);
      expect(await incidents.repliesOf('gmail', { from: AT + HOUR, limit: 5 })).toEqual([]);
      expect(await incidents.repliesOf('gmail', { from: AT, limit: 5, tenants: [] })).toEqual([]);
    });

    test('what is old goes: replies, and incidents that ended and are announced; of each tenant the latest stay', async () => {
      await incidents.prune({ replies: AT + QUARTER, incidents: AT, most: 100 });
      const gmail = { tenant: ACME, provider: 'gmail', pool: null };
      expect(await incidents.replies(gmail, { from: 0, until: AT + HOUR, limit: 5 })).toMatchObject([{ count: 3 }]);
      expect((await incidents.list({ limit: 10 })).map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
      await incidents.prune({ replies: 0, incidents: AT + 8, most: 100 });
      expect((await incidents.list({ limit: 10 })).map(({ id }) => id)).toEqual(['d', 'c', 'a']);
      const row = (await incidents.find('a')) as SenderIncidentRow;
      await incidents.update({ ...row, revision: 2, open: false, action: 'closed', until: AT + 100 }, 1);
      await incidents.prune({ replies: 0, incidents: 0, most: 1 });
      expect(await incidents.find('a')).not.toBeNull();
      await incidents.markAnnounced('a', 2);
      await incidents.prune({ replies: 0, incidents: 0, most: 1 });
      expect((await incidents.list({ limit: 10 })).map(({ id }) => id)).toEqual(['d', 'c']);
    });
  });
}
