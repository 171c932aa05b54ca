/** What the embedded journal forgets, and when. */
import { KEEP, prune } from '@desist/runtime';
import { openJournal } from '@desist/log-postgres';
import type { JournalLog } from '@desist/log-postgres';
import type { Topic } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import { createReader, createStore, pruneClockMoves } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migratedEmbedded } from '../support/servers/template.ts';
import { planFrom } from './store-suite.ts';

const NOW = Date.UTC(2026, 2, 4, 10);
let db: Database;
let close: () => Promise<void>;
let journal: JournalLog;
beforeAll(async () => {
  ({ db, close } = await migratedEmbedded());
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  journal = openJournal({ db, owner: 'test', partitions: 1, time: systemTime, logger });
  await journal.ensure();
});
afterAll(async () => {
  await journal.close();
  await close();
});

/** Three records: two older than it is kept, one exactly as old. */
async function fill(topic: Topic, keep: number): Promise<void> {
  await journal.append(
    topic,
    ['old', 'older', 'young'].map((value) => ({ key: 'k', value, partition: 0 })),
  );
  await db.query(
    'update desist.journal set record_time = case when record_offset < 2 then $2::bigint else $3::bigint end where topic = $1',
    [topic, NOW - keep - 1, NOW - keep],
  );
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const offsets = async (topic: Topic): Promise<readonly number[]> => (await collect(journal.readTopic(topic))).map(({ offset }) => offset);

test('each topic keeps its records for its time; what is not folded yet stays, and the compacted topic too', async () => {
  for (const [topic, keep] of Object.entries(KEEP)) await fill(topic as Topic, keep);
  await journal.append('suppressions', [{ key: 'acme/a@example.com', value: '{}' }]);
  await db.query("update desist.journal set record_time = 0 where topic = 'suppressions'");
  const reader = createReader(db);
  const store = createStore(db);

  const claim = await store.claim(0, 'me');
  await store.commit(planFrom(claim, { nextOffset: 1 }));
  expect(await prune({ journal, reader }, NOW)).toBe(5);
  expect(await offsets('deliveryEvents')).toEqual([1, 2]);
  expect(await offsets('suppressionEvents')).toEqual([2]);
  expect(await offsets('deadLetters')).toEqual([2]);
  expect(await offsets('suppressions')).toHaveLength(1);

  await store.commit(planFrom({ ...claim, nextOffset: 1 }, { nextOffset: 3 }));
  expect(await prune({ journal, reader }, NOW)).toBe(1);
  expect(await offsets('deliveryEvents')).toEqual([2]);
  expect(await prune({ journal, reader }, NOW)).toBe(0);
});

test('clock moves are deleted with the records around them', async () => {
  const store = createStore(db);
  const clockMoves = [-1, 0, 1].map((ms) => ({ beforeOffset: 1, clock: NOW - KEEP.deliveryEvents + ms }));
  await store.commit(planFrom(await store.claim(7, 'me'), { clockMoves }));
  expect(await pruneClockMoves(db, NOW - KEEP.deliveryEvents)).toBe(1);
  expect((await db.query('select clock from desist.clock_move order by clock')).map(({ clock }) => clock)).toEqual(
    clockMoves.slice(1).map(({ clock }) => clock),
  );
  expect(await pruneClockMoves(db, NOW - KEEP.deliveryEvents)).toBe(0);
});
