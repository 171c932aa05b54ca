/**
 * A provider's topic, taken over into the log: its records normalised, re-keyed by recipient, appended, and only then the position
 * moved. What a crash lets happen twice is the same events under the same ids.
 *
 *   provider topic ──batch──> normalise ──> append to delivery-events ──> position (epoch and offset compared)
 */
import { isLineFormat } from '@desist/contracts/formats';
import type { LineReader, Normalised } from '@desist/contracts/formats';
import type {
  AssignOutcome,
  BatchOutcome,
  FeedPositions,
  LogBatch,
  LogConsumer,
  Logger,
  LogRecord,
  LogSource,
  Time,
} from '@desist/pipeline';
import { LogError, StoreError } from '@desist/pipeline';
import type { Intake, Taken } from './intake.ts';
import type { Source } from './source.ts';
import { contextOf } from './source.ts';
import type { IngestTally } from './tally.ts';

export interface TopicOptions {
  readonly source: Source;
  readonly topic: string;
  readonly positions: FeedPositions;
  readonly log: Pick<LogSource, 'bounds'>;
  readonly intake: Intake;
  readonly tally: IngestTally;
  readonly time: Pick<Time, 'now' | 'sleep'>;
  readonly logger: Logger;
  readonly owner: string;
}

interface Owned {
  readonly epoch: number;
  /** As it is stored; null: none is. */
  stored: number | null;
  position: number;
  /** Of a format whose lines belong together. */
  state: unknown;
  gone: boolean;
}

/** Records that are normalised between two appends. */
const SLICE = 1_000;

export function createTopicConsumer(options: TopicOptions): LogConsumer {
  const { source, topic, positions, log, intake, time, logger, owner } = options;
  /** Another tenant's feed of the same topic has a position of its own. */
  const feed = `${source.name}/${topic}`;
  const owned = new Map<number, Owned>();

  async function assign(partition: number): Promise<AssignOutcome> {
    const alive = { gone: false };
    const claim = await retried(alive, () => positions.claim(feed, partition, owner));
    const { low, high } = await retried(alive, () => log.bounds(partition));
    const position = beginAt(partition, claim.nextOffset, low, high);
    owned.set(partition, { epoch: claim.epoch, stored: claim.nextOffset, position, state: claim.state, gone: false });
    logger.info({ source: source.name, partition, offset: position }, 'provider topic: partition taken');
    return { kind: 'start', offset: position };
  }

  /** What retention has deleted can not be had any more, and what is read twice has the same ids: reading goes on, and it is said. */
  function beginAt(partition: number, stored: number | null, low: number, high: number): number {
    if (stored === null) return low;
    if (stored > high) {
      logger.error(
        { source: source.name, partition, offset: stored, high },
        'the provider’s topic was made again: it is read from its start',
      );
      return low;
    }
    if (stored < low) lost(partition, stored, low);
    return Math.max(stored, low);
  }

  function lost(partition: number, from: number, to: number): void {
    options.tally.lost += to - from;
    logger.error(
      { source: source.name, partition, from, to: to - 1 },
      'records of the provider’s topic were deleted by retention before they were read',
    );
  }

  async function batch(batch: LogBatch): Promise<BatchOutcome> {
    const one = owned.get(batch.partition);
    if (one === undefined) return { kind: 'fenced' };
    try {
      return await takeAll(batch, one);
    } catch (error) {
      if (error === GONE) return { kind: 'fenced' };
      throw error;
    }
  }

  async function takeAll(batch: LogBatch, one: Owned): Promise<BatchOutcome> {
    if (batch.nextOffset <= one.position) return { kind: 'taken' };
    if (batch.firstOffset > one.position) {
      const { low } = await retried(one, () => log.bounds(batch.partition));
      if (low > one.position) lost(batch.partition, one.position, Math.min(low, batch.firstOffset));
    }
    const records = batch.records.filter(({ offset }) => offset >= one.position);
    for (let from = 0; from < records.length; from += SLICE) {
      const slice = records.slice(from, from + SLICE);
      const last = from + SLICE >= records.length;
      const outcome = await take(batch.partition, one, slice, last ? batch.nextOffset : (slice.at(-1) as LogRecord).offset + 1);
      if (outcome.kind !== 'taken') return outcome;
    }
    if (records.length === 0) return take(batch.partition, one, [], batch.nextOffset);
    return { kind: 'taken' };
  }

  async function take(partition: number, one: Owned, records: readonly LogRecord[], nextOffset: number): Promise<BatchOutcome> {
    const reader = readerOf(one.state);
    const taken: Taken[] = [];
    for (const { offset, value } of records) {
      const origin = { topic, partition: String(partition), offset: String(offset) };
      // A tombstone of a compacted topic says nothing.
      if (value !== null) taken.push(intake.take(source, await elementsOf(value, reader), origin));
    }
    const state = reader?.state() ?? null;
    await retried(one, () => intake.store(taken, source));
    const moved = await retried(one, () =>
      positions.advance(feed, partition, { epoch: one.epoch, fromOffset: one.stored, nextOffset, state }),
    );
    if (moved === 'fenced' && !(await movedByUs(partition, one, nextOffset))) return { kind: 'fenced' };
    one.stored = nextOffset;
    one.position = nextOffset;
    one.state = state;
    return { kind: 'taken' };
  }

  /** The answer to our own move was lost; otherwise another process has the partition. */
  async function movedByUs(partition: number, one: Owned, nextOffset: number): Promise<boolean> {
    const now = await retried(one, () => positions.position(feed, partition));
    if (now?.epoch === one.epoch && now.nextOffset === nextOffset) return true;
    logger.warn({ source: source.name, partition }, 'another process has the partition of the provider’s topic');
    one.gone = true;
    owned.delete(partition);
    return false;
  }

  function readerOf(state: unknown): LineReader | null {
    if (!isLineFormat(source.format)) return null;
    const reader = source.format.open(contextOf(source, time.now()), state ?? undefined);
    if (state === null && source.header !== undefined) reader.push(source.header);
    return reader;
  }

  /** What is JSON is whole by itself, also of a format of lines. */
  async function elementsOf(value: Uint8Array, reader: LineReader | null): Promise<readonly Normalised[]> {
    if (reader === null || isJson(value)) return intake.normalise(source, value, contextOf(source, time.now()));
    return linesOf(value).flatMap((line) => reader.push(line));
  }

  /** Waits for what is away as long as the partition is ours. */
  async function retried<T>(alive: { gone: boolean }, work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      if (alive.gone) throw GONE;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LogError || error instanceof StoreError) || error.kind === 'incompatible') throw error;
        if (attempt === 4)
          logger.warn({ source: source.name, problem: error.message }, 'provider topic: waiting for the database or the log');
        await time.sleep(Math.min(5_000, 50 * 2 ** Math.min(attempt, 7)));
      }
    }
  }

  return {
    assign,
    batch,
    caughtUp: () => undefined,
    async revoke(partitions) {
      for (const partition of partitions) {
        const one = owned.get(partition);
        if (one !== undefined) one.gone = true;
        owned.delete(partition);
      }
    },
  };
}

const GONE = new Error('the partition was taken away');

const lenient = new TextDecoder();

function isJson(value: Uint8Array): boolean {
  const first = value.find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b;
}

function linesOf(value: Uint8Array): readonly string[] {
  const lines = lenient.decode(value).split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
