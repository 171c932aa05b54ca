import { LogError, StoreError } from '@desist/pipeline';
import type { FeedAdvance, FeedPositions, LogBatch, LogBounds, OutRecord } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createIntake } from './intake.ts';
import { MOST_ELEMENTS } from './source.ts';
import { lineSource, logger, NOW } from './support.test-kit.ts';
import { createIngestMetrics } from './metrics.ts';
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

function make(store = positions(), bounds: LogBounds | LogError = { low: 0, high: 100 }) {
  const stopping = new AbortController();
  const appended: OutRecord[] = [];
  const faults: Error[] = [];
  const metrics = createIngestMetrics();
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
    log: { bounds: () => (bounds instanceof LogError ? Promise.reject(bounds) : Promise.resolve(bounds)) },
    intake: createIntake({ sink, metrics }),
    metrics,
    // A turn of the event loop, so that the test goes on beside it.
    time: { now: () => NOW, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    logger,
    owner: 'test',
    signal: stopping.signal,
  });
  const ids = () => appended.filter(({ key }) => key !== null).map(({ value }) => (JSON.parse(value as string) as { id: string }).id);
  return { consumer, stopping, appended, logFaults: faults, ids, metrics, ...store };
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
  test('is read from its start and re-keyed, and its position moves past the appended records', async () => {
    const { consumer, appended, ids, row } = make();
    expect(await consumer.assign(0)).toEqual({ kind: 'start', offset: 0 });
    expect(await consumer.batch(batch(0, ['line 0', 'line 1\nline 2\n', null, 'ignore', 'bad one']))).toEqual({ kind: 'processed' });
    expect(ids()).toEqual(['line 0', 'line 1', 'line 2']);
    expect(new Set(appended.slice(0, 3).map(({ key }) => key))).toEqual(new Set(['acme/alice@example.com']));
    expect(appended[3]!.headers).toEqual({
      reason: 'invalid',
      detail: 'asked for',
      source: 'test',
      format: 'canonical',
      tenant: 'acme',
      topic: 'provider',
      partition: '0',
      offset: '4',
    });
    // The reader's state is stored with the position, because lines of different records can belong together.
    expect(row).toMatchObject({ nextOffset: 5, state: 5 });
  });

  test('continues at its position with its reader’s state, and skips records that were read', async () => {
    const store = positions();
    const first = make(store);
    await first.consumer.assign(0);
    await first.consumer.batch(batch(0, ['line 0', 'line 1']));
    const second = make(store);
    expect(await second.consumer.assign(0)).toEqual({ kind: 'start', offset: 2 });
    expect(await second.consumer.batch(batch(0, ['line 0', 'line 1', 'line 2']))).toEqual({ kind: 'processed' });
    expect(second.ids()).toEqual(['line 2']);
    expect(store.row).toMatchObject({ nextOffset: 3, state: 3 });
    // The first consumer is now a zombie: it may append again, but cannot move the position.
    expect(await first.consumer.batch(batch(2, ['line 2', 'line 3']))).toEqual({ kind: 'fenced' });
    expect(store.row.nextOffset).toBe(3);
  });

  test('waits for a log or a database that is unavailable, and skips nothing', async () => {
    const { consumer, logFaults, ids, row } = make();
    await consumer.assign(0);
    logFaults.push(new LogError('unavailable', 'away'), new LogError('unavailable', 'away'));
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'processed' });
    expect(logFaults).toEqual([]);
    expect(ids()).toEqual(['line 0']);
    expect(row.nextOffset).toBe(1);
  });

  test('recognises that its position moved although the answer was lost', async () => {
    const store = positions();
    const { consumer, row } = make(store);
    await consumer.assign(0);
    store.faults.loseAnswer = true;
    store.faults.advance.push(new StoreError('unavailable', 'answer lost'));
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'processed' });
    expect(await consumer.batch(batch(1, ['line 1']))).toEqual({ kind: 'processed' });
    expect(row.nextOffset).toBe(2);
  });

  test('a record with too many lines is one dead letter', async () => {
    const { consumer, appended, ids } = make();
    await consumer.assign(0);
    expect(await consumer.batch(batch(0, ['x\n'.repeat(MOST_ELEMENTS + 1), 'line 1']))).toEqual({ kind: 'processed' });
    expect(ids()).toEqual(['line 1']);
    expect(appended.filter(({ key }) => key === null)).toMatchObject([{ headers: { reason: 'too_large', partition: '0', offset: '0' } }]);
  });

  test('counts and reports records that retention deleted, and reads a recreated topic from its start', async () => {
    const store = positions();
    Object.assign(store.row, { nextOffset: 10 });
    const late = make(store, { low: 25, high: 100 });
    expect(await late.consumer.assign(0)).toEqual({ kind: 'start', offset: 25 });
    expect(late.metrics.lost).toBe(15);
    expect(await late.consumer.batch(batch(25, ['line 25']))).toEqual({ kind: 'processed' });
    expect(store.row.nextOffset).toBe(26);
    const again = make(store, { low: 0, high: 3 });
    expect(await again.consumer.assign(0)).toEqual({ kind: 'start', offset: 0 });
    expect(again.metrics.lost).toBe(0);
  });

  test('releases a partition that is revoked while it waits', async () => {
    const { consumer, logFaults } = make();
    await consumer.assign(0);
    logFaults.push(...Array.from({ length: 1_000 }, () => new LogError('unavailable', 'away')));
    const taken = consumer.batch(batch(0, ['line 0']));
    await consumer.revoke([0]);
    expect(await taken).toEqual({ kind: 'fenced' });
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'fenced' });
  });

  test('claims nothing more when the process stops while it waits', async () => {
    const { consumer, stopping } = make(positions(), new LogError('unavailable', 'the log is closed'));
    const claimed = consumer.assign(0);
    await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();
    expect(await claimed).toEqual({ kind: 'stopped', reason: 'the process stops' });
    expect(await consumer.batch(batch(0, ['line 0']))).toEqual({ kind: 'fenced' });
  });
});
