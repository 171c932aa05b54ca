/** The feed of published changes on both databases: in commit order, without a gap, by any filter, and loudly when something was deleted. */
import { asAddress, asTenant } from '@desist/domain';
import { FeedGapError, placeInFeed, sequenceAt } from '@desist/pipeline';
import type {
  AnnouncementRow,
  ChangeFeed,
  FeedFilter,
  FeedPosition,
  HistoryRow,
  PartitionFeed,
  PartitionSpan,
  RecipientStore,
} from '@desist/pipeline';
import { pruneHistory } from '@desist/runtime';
import { createChangeFeed, createStore, keyedHash } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { AT, planFrom, row } from './store-suite.ts';

interface Published {
  readonly tenant?: string;
  readonly type?: string;
  readonly recordedAt?: number;
  /** About an incident and not about a recipient. */
  readonly incident?: boolean;
}

/** Publishes in the next commit of a partition; each change is of a recipient of its own. */
async function publish(store: RecipientStore, partition: number, changes: readonly Published[], incarnation = 0): Promise<void> {
  const claim = await store.claim(partition, 'me');
  const numbered = changes.map((change, n) => ({
    tenant: 'acme',
    type: 'suppressed',
    recordedAt: AT,
    ...change,
    sequence: placeInFeed(incarnation, claim.nextSequence + n),
  }));
  const ofRecipients = numbered.filter(({ incident }) => incident !== true);
  const addressOf = (sequence: number): string => `p${partition}-${sequence}@example.com`;
  const history = ofRecipients.map(({ tenant, type, recordedAt, sequence }): HistoryRow => {
    return {
      tenant: asTenant(tenant),
      address: asAddress(addressOf(sequence)),
      sequence,
      version: 1,
      type,
      effectiveAt: AT,
      recordedAt,
      detail: '{}',
    };
  });
  const announcements = numbered
    .filter(({ incident }) => incident === true)
    .map(({ tenant, recordedAt, sequence }): AnnouncementRow => ({ sequence, tenant, recordedAt, change: '{"type":"incident_opened"}' }));
  const recipients = ofRecipients.map(({ tenant, sequence }) => row(addressOf(sequence), { tenant: asTenant(tenant), partition }));
  await store.commit(planFrom(claim, { recipients, history, announcements, nextSequence: claim.nextSequence + changes.length }));
}

interface Read {
  readonly seen: readonly string[];
  readonly position: FeedPosition;
  readonly pages: number;
}

/** Reads until there is no more. */
async function readAll(feed: ChangeFeed, filter: FeedFilter, after: FeedPosition, limit = 1_000): Promise<Read> {
  const seen: string[] = [];
  let position = after;
  for (let pages = 1; ; pages += 1) {
    const page = await feed.read(filter, position, limit);
    expect(page.changes.length).toBeLessThanOrEqual(limit);
    seen.push(...page.changes.map(({ partition, sequence }) => `${partition}/${sequence}`));
    ({ position } = page);
    if (!page.more) return { seen, position, pages };
  }
}

/** The same of one partition. */
async function readSpan(feed: PartitionFeed, filter: FeedFilter, span: PartitionSpan, limit: number): Promise<Omit<Read, 'position'>> {
  const seen: string[] = [];
  let { after } = span;
  for (let pages = 1; ; pages += 1) {
    const page = await feed.readPartition(filter, { ...span, after }, limit);
    expect(page.changes.length).toBeLessThanOrEqual(limit);
    expect(page.place).toBeGreaterThanOrEqual(after);
    seen.push(...page.changes.map(({ partition, sequence }) => `${partition}/${sequence}`));
    after = page.place;
    if (!page.more) return { seen, pages };
  }
}

const numbers = (partition: number, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `${partition}/${from + n}`);

describe.each([
  ['a Postgres server', migratedServer],
  ['PGlite', migratedEmbedded],
] as const)('the feed of changes on %s', (_, open) => {
  let db: Database;
  let close: () => Promise<void>;
  let store: RecipientStore;
  let feed: PartitionFeed;
  beforeAll(async () => {
    ({ db, close } = await open());
    store = createStore(db, { hashOf: keyedHash(Buffer.from('key')) });
    feed = createChangeFeed(db);
  });
  afterAll(async () => close());

  test('has nothing before the first commit', async () => {
    expect(await feed.read({}, await feed.oldest(), 10)).toEqual({ changes: [], position: [], more: false });
    expect(await feed.last(5)).toEqual([]);
  });

  test('has each change once, in order per partition, with changes about incidents in their place', async () => {
    await publish(store, 0, [{}, { incident: true, tenant: '*' }, { tenant: 'other', type: 'released' }]);
    await publish(store, 2, [{ recordedAt: AT - 5 }, { type: 'persistent' }]);
    await publish(store, 0, [{}]);
    for (const limit of [1, 2, 5, 1_000]) {
      const { seen, position } = await readAll(feed, {}, await feed.oldest(), limit);
      expect([...seen].sort()).toEqual([...numbers(0, 1, 4), ...numbers(2, 1, 2)]);
      for (const partition of [0, 2]) {
        const own = seen.filter((one) => one.startsWith(`${partition}/`));
        expect(own).toEqual([...own].sort());
      }
      expect(position).toEqual([4, 0, 2]);
    }
    const { changes } = await feed.read({}, [], 3);
    expect(changes.map(({ kind }) => kind)).toEqual(['recipient', 'recipient', 'incident']);
    expect(changes[0]).toMatchObject({
      partition: 2,
      sequence: 1,
      tenant: 'acme',
      address: 'p2-1@example.com',
      type: 'suppressed',
      detail: '{}',
    });
    expect(changes[2]).toMatchObject({ tenant: '*', change: '{"type":"incident_opened"}' });
  });

  test.each<readonly [string, FeedFilter, readonly string[]]>([
    ['tenant: nothing of others, nor of incidents of all', { tenants: ['other'] }, ['0/3']],
    ['no tenant', { tenants: [] }, []],
    ['types', { types: ['persistent', 'incident_opened'] }, ['0/2', '2/2']],
    ['both', { tenants: ['acme'], types: ['suppressed'] }, ['2/1', '0/1', '0/4']],
  ])('by %s', async (_name, filter, wanted) => {
    for (const limit of [1, 1_000]) expect((await readAll(feed, filter, [], limit)).seen.toSorted()).toEqual([...wanted].sort());
  });

  test('one partition alone, up to any place, in pages of any size', async () => {
    for (const limit of [1, 2, 1_000]) {
      expect((await readSpan(feed, {}, { partition: 0, after: 0 }, limit)).seen).toEqual(numbers(0, 1, 4));
      expect((await readSpan(feed, {}, { partition: 0, after: 1, upTo: 3 }, limit)).seen).toEqual(numbers(0, 2, 3));
      expect((await readSpan(feed, { tenants: ['acme'] }, { partition: 0, after: 0 }, limit)).seen).toEqual(['0/1', '0/4']);
      expect((await readSpan(feed, { types: ['released'] }, { partition: 0, after: 0, upTo: 3 }, limit)).seen).toEqual(['0/3']);
      expect((await readSpan(feed, { types: ['released'] }, { partition: 0, after: 0, upTo: 2 }, limit)).seen).toEqual([]);
    }
    expect(await feed.readPartition({}, { partition: 0, after: 4 }, 10)).toEqual({ changes: [], place: 4, more: false });
    expect(await feed.readPartition({}, { partition: 2, after: 0, upTo: 1 }, 10)).toMatchObject({ place: 1, more: false });
    expect(await feed.readPartition({ types: ['none'] }, { partition: 0, after: 0, upTo: 3 }, 10)).toEqual({
      changes: [],
      place: 3,
      more: false,
    });
    // Whoever waits for what a restored database has forgotten waits for the next incarnation.
    expect(await feed.readPartition({}, { partition: 0, after: 9 }, 10)).toEqual({ changes: [], place: 9, more: false });
    await expect(feed.readPartition({}, { partition: 0, after: 0 }, 0)).rejects.toBeInstanceOf(RangeError);
  });

  test('begins with the last changes of all partitions, or behind them', async () => {
    expect(await feed.last(0)).toEqual(await feed.ends());
    expect((await readAll(feed, {}, await feed.last(2))).seen).toHaveLength(2);
    expect((await readAll(feed, {}, await feed.last(100))).seen).toHaveLength(6);
  });

  test('an erased recipient leaves the feed, and no reader waits for what it left behind', async () => {
    const erased = {
      tenant: asTenant('acme'),
      address: asAddress('p0-4@example.com'),
      version: 1,
      at: AT,
      blocks: [],
      whole: true,
      offset: 1,
      sequence: 4,
    };
    await store.commit(planFrom(await store.claim(0, 'me'), { erased: [erased] }));
    const { seen, position } = await readAll(feed, {}, [3, 0, 2]);
    expect([seen, position]).toEqual([[], [4, 0, 2]]);
  });

  test('a position beyond what is published is a gap: the database went back', async () => {
    await expect(feed.read({}, [5], 10)).rejects.toBeInstanceOf(FeedGapError);
    await expect(feed.read({}, [0, 1], 10)).rejects.toBeInstanceOf(FeedGapError);
  });

  test('a page with few matches reads a bounded number of changes and goes on', async () => {
    for (let commit = 0; commit < 6; commit += 1)
      await publish(
        store,
        3,
        Array.from({ length: 1_000 }, () => ({ tenant: 'large' })),
      );
    await publish(store, 3, [{ tenant: 'small' }]);
    const first = await feed.read({ tenants: ['small'] }, await feed.last(0).then((ends) => ends.with(3, 0)), 10);
    expect([first.changes, first.more]).toEqual([[], true]);
    expect(first.position[3]).toBe(5_000);
    expect((await readAll(feed, { tenants: ['small'] }, first.position, 10)).seen).toEqual(['3/6001']);
    const small = await readSpan(feed, { tenants: ['small'] }, { partition: 3, after: 0 }, 10);
    expect(small).toEqual({ seen: ['3/6001'], pages: 2 });
  });

  test('what was deleted by age is a gap for who has not read it, and no place to begin', async () => {
    await publish(store, 4, [{ recordedAt: 10 }, { recordedAt: 20, incident: true }, { recordedAt: 30 }, {}]);
    const ends = await feed.ends();
    expect(await pruneHistory(db, 31)).toBe(3);
    await expect(feed.read({}, ends.with(4, 2), 10)).rejects.toBeInstanceOf(FeedGapError);
    await expect(feed.read({}, ends.slice(0, 4), 10)).rejects.toBeInstanceOf(FeedGapError);
    await expect(feed.readPartition({}, { partition: 4, after: 2 }, 10)).rejects.toBeInstanceOf(FeedGapError);
    expect((await readSpan(feed, {}, { partition: 4, after: 3 }, 10)).seen).toEqual(['4/4']);
    expect((await readAll(feed, {}, ends.with(4, 3))).seen).toEqual(['4/4']);
    expect((await readAll(feed, {}, await feed.oldest())).seen.filter((one) => one.startsWith('4/'))).toEqual(['4/4']);
  });

  test('what was published before the feed existed is not in it', async () => {
    await publish(store, 5, [{}, {}]);
    await db.query('update desist.recipient_event set partition = null, sequence = null where partition = 5 and sequence = 1');
    expect((await readAll(feed, {}, (await feed.ends()).with(5, 0))).seen).toEqual(['5/2']);
  });

  test('a reader beside several writers misses nothing and sees nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 12 }),
        async (commits) => {
          const partitions = [6, 7, 8];
          const from = (await feed.ends()).slice();
          const writing = partitions.map(async (partition) => {
            for (const commit of commits)
              await publish(
                store,
                partition,
                commit.map((incident) => ({ incident })),
              );
          });
          let over = false;
          const written = Promise.all(writing).then(() => (over = true));
          const seen: string[] = [];
          let position: FeedPosition = from;
          for (;;) {
            // Read before the page: what was written before it is in it.
            const last = over;
            const page = await readAll(feed, {}, position, 3);
            seen.push(...page.seen);
            ({ position } = page);
            if (last) break;
          }
          await written;
          const count = commits.flat().length;
          for (const partition of partitions) {
            const first = (from[partition] ?? 0) + 1;
            expect(seen.filter((one) => one.startsWith(`${partition}/`))).toEqual(numbers(partition, first, first + count - 1));
          }
        },
      ),
      { numRuns: 5 },
    );
  });

  test('behind a return to a back-up a reader goes on with what is published then, though the numbers are given out again', async () => {
    await publish(store, 9, [{}, {}, {}]);
    const before = await feed.ends();
    // Back to where one was published; the next claim finds a database of another incarnation.
    await db.query('delete from desist.recipient_event where partition = 9 and sequence > 1');
    await db.query('update desist.checkpoint set next_number = 2 where partition = 9');
    await expect(feed.read({}, before, 10)).rejects.toBeInstanceOf(FeedGapError);
    await db.query('update desist.checkpoint set incarnation = 1 where partition = 9');
    await db.query('update desist.incarnation set incarnation = 1');
    await publish(store, 9, [{}], 1);
    const { changes, more } = await feed.read({}, before, 10);
    expect(
      changes.map((change) => (change.kind === 'recipient' ? sequenceAt(change.partition, change.incarnation, change.sequence) : null)),
    ).toEqual([{ partition: 9, number: 2, incarnation: 1 }]);
    expect(more).toBe(false);
  });

  test('every change has the incarnation and the number that it was published with, however large the number is', async () => {
    const number = 2 ** 27;
    await db.query('update desist.incarnation set incarnation = 0');
    await publish(store, 10, [{}]);
    await db.query('update desist.checkpoint set next_number = $1, incarnation = 5 where partition = 10', [number]);
    await db.query('update desist.incarnation set incarnation = 5');
    await publish(store, 10, [{}], 5);
    const read = async (): Promise<readonly unknown[]> => {
      const { changes } = await feed.readPartition({}, { partition: 10, after: 0 }, 10);
      return changes.map((change) => (change.kind === 'recipient' ? sequenceAt(10, change.incarnation, change.sequence) : null));
    };
    expect(await read()).toEqual([
      { partition: 10, number: 1 },
      { partition: 10, number, incarnation: 5 },
    ]);
    // As engines of an earlier version wrote it: hours above 2^35.
    await db.query('update desist.recipient_event set incarnation = null, sequence = $1 where partition = 10 and sequence > 1', [
      3 * 2 ** 35 + 9,
    ]);
    await db.query('update desist.checkpoint set incarnation = 3 * 1024 where partition = 10');
    expect((await read()).at(-1)).toEqual({ partition: 10, number: 9, incarnation: 3 * 1_024 });
  });
});
