import { LogError, StoreError } from '@desist/pipeline';
import type { FeedAdvance, FeedPositions, LogBatch, OutRecord } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createIntake } from './intake.ts';
import { lineSource, logger, NOW } from './support.test-kit.ts';
import { createIngestTally } from './tally.ts';
import { createTopicConsumer } from './topic.ts';

function positions() {
  const row = { epoch: 0, nextOffset: null as number | null, state: null as unknown };
  const faults = { advance: [] as Error[], loseAnswer: false };
  const store: FeedPositions = {
    claim: async () => ({ ...row, epoch: (row.epoch += 1) }),
    position: async () => ({ epoch: row.epoch, nextOffset: row.nextOffset }),
    async advance(_feed, _partition, { epoch, fromOffset, nextOffset, state }: FeedAdvance) {
      const fault = faults.advance.shift();
      if (fault !== undefined && !faults.loseAnswer) throw fault;
      if (row.epoch !== epoch || row.nextOffset !== fromOffset) return 'fenced';
      Object.assign(row, { nextOffset, state: JSON.parse(JSON.stringify(state)) as unknown });
      if (fault !== undefined) throw fault;
      return 'committed';
    },
  };
  return { row, faults, store };
}

function make(store = positions(), bounds = { low: 0, high: 100 }) {
  const appended: OutRecord[] = [];
  const faults: Error[] = [];
  const tally = createIngestTally();
  const sink = {
    async append(_topic: string, records: readonly OutRecord[]) {
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      appended.push(...records);
      return [];
    },
  };
  const consumer = createTopicConsumer({
    source: lineSource(),
    topic: 'provider',
    positions: store.store,
    log: { bounds: async () => bounds },
    intake: createIntake({ sink, tally }),
    tally,
    time: { now: () => NOW, sleep: async () => undefined },
    logger,
    owner: 'test',
  });
  const ids = () => appended.filter(({ key }) => key !== null).map(({ value }) => (JSON.parse(value as string) as { id: string }).id);
  return { consumer, appended, logFaults: faults, ids, tally, ...store };
}

function batch(from: number, values: readonly (string | null)[], next = from + values.length): LogBatch {
  const records = values.map((value, index) => ({
    offset: from + index,
    key: null,
    value: value === null ? null : Buffer.from(value),
    recordTime: NOW,
  }));
  return { partition: 0, firstOffset: from, nextOffset: next, highWatermark: 100, records };
}

describe('a provider topic', () => {
  test('is taken over from its start, re-keyed, its position moved behind what is appended', async () => {
    const { consumer, appended, ids, row } = make();
    expect(await consumer.assign(0)).toEqual({ kind: 'start', offset: 0 });
    expect(await consumer.batch(batch(0, ['line 0', 'line 1\nline 2\n', null, 'ignore', 'bad one']))).toEqual({ kind: 'taken' });
    expect(ids()).toEqual(['line 0', 'line 1', 'line 2']);
    expect(new Set(appended.slice(0, 3).map(({ key }) => key))).toEqual(new Set(['acme/alice@example.com']));
    expect(appended[3]!.headers).toEqual({
      reason: 'invalid',
      detail: 'asked for',
      source: 'test',
      format: 'canonical',
      topic: 'provider',
      partition: '0',
      offset: '4',
    });
    // The reader's own state goes with the position: lines may belong together across records.
    expect(row).toMatchObject({ nextOffset: 5, state: 5 });
  });

  test('goes on where it stood, with its reader’s state, and skips what it has', async () => {
    const store = positions();
    const first = make(store);
    await first.consumer.assign(0);
    await first.consumer.batch(batch(0, ['line 0', 'line 1']));
    const second = make(store);
    expect(await second.consumer.assign(0)).toEqual({ kind: 'start', offset: 2 });
    expect(await second.consumer.batch(batch(0, ['line 0', 'line 1', 'line 2']))).toEqual({ kind: 'taken' });
    expect(second.ids()).toEqual(['line 2']);
    expect(store.row).toMatchObject({ nextOffset: 3, state: 3 });
    // The first one is a zombie now: it may append again, but not move the position.
    expect(await first.consumer.batch(batch(2, ['line 2', 'line 3']))).toEqual({ kind: 'fenced' });
    expect(store.row.nextOffset).toBe(3);
  });

  test('waits for a log or a database that is away; nothing is skipped', async () => {
    const { consumer, logFaults, ids, row } = make();
    await consumer.assign(0);
    logFaults.push(new LogError('unavailable', 'away'), new LogError('unavailable', 'away'));
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'taken' });
    expect(logFaults).toEqual([]);
    expect(ids()).toEqual(['line 0']);
    expect(row.nextOffset).toBe(1);
  });

  test('a move whose answer was lost is recognised', async () => {
    const store = positions();
    const { consumer, row } = make(store);
    await consumer.assign(0);
    store.faults.loseAnswer = true;
    store.faults.advance.push(new StoreError('unavailable', 'answer lost'));
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'taken' });
    expect(await consumer.batch(batch(1, ['line 1']))).toEqual({ kind: 'taken' });
    expect(row.nextOffset).toBe(2);
  });

  test('what retention deleted is counted and said; a topic made again is read from its start', async () => {
    const store = positions();
    Object.assign(store.row, { nextOffset: 10 });
    const late = make(store, { low: 25, high: 100 });
    expect(await late.consumer.assign(0)).toEqual({ kind: 'start', offset: 25 });
    expect(late.tally.lost).toBe(15);
    expect(await late.consumer.batch(batch(25, ['line 25']))).toEqual({ kind: 'taken' });
    expect(store.row.nextOffset).toBe(26);
    const again = make(store, { low: 0, high: 3 });
    expect(await again.consumer.assign(0)).toEqual({ kind: 'start', offset: 0 });
    expect(again.tally.lost).toBe(0);
  });

  test('what is taken away while it waits is let go', async () => {
    const { consumer, logFaults } = make();
    await consumer.assign(0);
    logFaults.push(...Array.from({ length: 1_000 }, () => new LogError('unavailable', 'away')));
    const taken = consumer.batch(batch(0, ['line 0']));
    await consumer.revoke([0]);
    expect(await taken).toEqual({ kind: 'fenced' });
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'fenced' });
  });
});
