/**
 * Copies a provider's topic into the log: its records are normalised, keyed by recipient and appended; only then the position
 * advances. A crash can only repeat the same events under the same ids.
 *
 *   provider topic ──batch──> normalise ──> append to delivery-events ──> position (epoch and offset compared)
 */
import { isLineFormat } from '@desist/formats';
import type { LineReader, Normalised } from '@desist/formats';
import type {
  AssignOutcome,
  BatchOutcome,
  FeedPositions,
  LogBatch,
  LogConsumer,
  Logger,
  LogRecord,
  LogSource,
  Signal,
  Time,
} from '@desist/pipeline';
import { LogError, StoreError } from '@desist/pipeline';
import type { EncodedBatch, Intake } from './intake.ts';
import type { Source } from './source.ts';
import { contextOf, MOST_ELEMENTS } from './source.ts';
import type { IngestMetrics } from './metrics.ts';

export interface TopicOptions {
  readonly source: Source;
  readonly topic: string;
  readonly positions: FeedPositions;
  readonly log: Pick<LogSource, 'bounds'>;
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly time: Pick<Time, 'now' | 'sleep'>;
  readonly logger: Logger;
  readonly owner: string;
  /** Ends the waiting for a database or a log that is away: the process stops. */
  readonly signal: Signal;
}

interface Owned {
  readonly epoch: number;
  /** The stored position; null: none. */
  stored: number | null;
  position: number;
  /** State of the format's reader, for formats whose lines belong together. */
  state: unknown;
  revoked: boolean;
}

/** Records per append. */
const SLICE = 1_000;

export function createTopicConsumer(options: TopicOptions): LogConsumer {
  const { source, topic, positions, log, intake, time, logger, owner, signal } = options;
  /** Includes the source's name, so that each source of a topic has a position of its own. */
  const feed = `${source.name}/${topic}`;
  const owned = new Map<number, Owned>();

  async function assign(partition: number): Promise<AssignOutcome> {
    try {
      return await claimPartition(partition);
    } catch (error) {
      if (error === REVOKED) return { kind: 'stopped', reason: 'the process stops' };
      throw error;
    }
  }

  async function claimPartition(partition: number): Promise<AssignOutcome> {
    const claimed = { revoked: false };
    const claim = await retried(claimed, () => positions.claim(feed, partition, owner));
    const { low, high } = await retried(claimed, () => log.bounds(partition));
    const position = startOffset(partition, claim.nextOffset, low, high);
    owned.set(partition, { epoch: claim.epoch, stored: claim.nextOffset, position, state: claim.state, revoked: false });
    logger.info({ source: source.name, partition, offset: position }, 'provider topic: partition claimed');
    return { kind: 'start', offset: position };
  }

  /**
   * Where to start. Records that retention deleted are lost and reported; repeated ones have the same ids. Reading continues in both cases.
   */
  function startOffset(partition: number, stored: number | null, low: number, high: number): number {
    if (stored === null) return low;
    if (stored > high) {
      logger.error(
        { source: source.name, partition, offset: stored, high },
        'the provider’s topic was recreated: reading it from the start',
      );
      return low;
    }
    if (stored < low) lost(partition, stored, low);
    return Math.max(stored, low);
  }

  function lost(partition: number, from: number, to: number): void {
    options.metrics.lost += to - from;
    logger.error(
      { source: source.name, partition, from, to: to - 1 },
      'records of the provider’s topic were deleted by retention before they were read',
    );
  }

  async function batch(batch: LogBatch): Promise<BatchOutcome> {
    const one = owned.get(batch.partition);
    if (one === undefined) return { kind: 'fenced' };
    try {
      return await processBatch(batch, one);
    } catch (error) {
      if (error === REVOKED) return { kind: 'fenced' };
      throw error;
    }
  }

  async function processBatch(batch: LogBatch, one: Owned): Promise<BatchOutcome> {
    if (batch.nextOffset <= one.position) return { kind: 'processed' };
    if (batch.firstOffset > one.position) {
      const { low } = await retried(one, () => log.bounds(batch.partition));
      if (low > one.position) lost(batch.partition, one.position, Math.min(low, batch.firstOffset));
    }
    const records = batch.records.filter(({ offset }) => offset >= one.position);
    for (let from = 0; from < records.length; from += SLICE) {
      const slice = records.slice(from, from + SLICE);
      const last = from + SLICE >= records.length;
      const outcome = await processSlice(batch.partition, one, slice, last ? batch.nextOffset : (slice.at(-1) as LogRecord).offset + 1);
      if (outcome.kind !== 'processed') return outcome;
    }
    if (records.length === 0) return processSlice(batch.partition, one, [], batch.nextOffset);
    return { kind: 'processed' };
  }

  async function processSlice(partition: number, one: Owned, records: readonly LogRecord[], nextOffset: number): Promise<BatchOutcome> {
    const reader = readerOf(one.state);
    const batches: EncodedBatch[] = [];
    for (const { offset, value } of records) {
      const origin = { topic, partition: String(partition), offset: String(offset) };
      // Tombstones of a compacted topic contain no event.
      if (value !== null) batches.push(intake.encode(source, await elementsOf(value, reader), origin));
    }
    const state = reader?.state() ?? null;
    await retried(one, () => intake.store(batches, source));
    const moved = await retried(one, () =>
      positions.advance(feed, partition, { epoch: one.epoch, fromOffset: one.stored, nextOffset, state }),
    );
    if (moved === 'fenced' && !(await movedByUs(partition, one, nextOffset))) return { kind: 'fenced' };
    one.stored = nextOffset;
    one.position = nextOffset;
    one.state = state;
    return { kind: 'processed' };
  }

  /** True: our own update succeeded but its answer was lost. Otherwise another process has the partition. */
  async function movedByUs(partition: number, one: Owned, nextOffset: number): Promise<boolean> {
    const now = await retried(one, () => positions.position(feed, partition));
    if (now?.epoch === one.epoch && now.nextOffset === nextOffset) return true;
    logger.warn({ source: source.name, partition }, 'another process has the partition of the provider’s topic');
    one.revoked = true;
    owned.delete(partition);
    return false;
  }

  function readerOf(state: unknown): LineReader | null {
    if (!isLineFormat(source.format)) return null;
    const reader = source.format.open(contextOf(source, time.now()), state ?? undefined);
    if (state === null && source.header !== undefined) reader.push(source.header);
    return reader;
  }

  /** A JSON record is a complete payload, even for a line format. */
  async function elementsOf(value: Uint8Array, reader: LineReader | null): Promise<readonly Normalised[]> {
    if (reader === null || isJson(value))
      return intake.normalise(source, value, { ...contextOf(source, time.now()), elementLimit: MOST_ELEMENTS });
    const lines = linesOf(value);
    if (lines.length > MOST_ELEMENTS) return [tooManyLines(lines.length, value)];
    return lines.flatMap((line) => reader.push(line));
  }

  /** Retries while the database or the log is unavailable, the partition is ours and the process goes on. */
  async function retried<T>(owned: { readonly revoked: boolean }, work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      if (owned.revoked || signal.aborted) throw REVOKED;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LogError || error instanceof StoreError) || error.kind === 'incompatible') throw error;
        if (attempt === 4)
          logger.warn({ source: source.name, problem: error.message }, 'provider topic: waiting for the database or the log');
        await time.sleep(Math.min(5_000, 50 * 2 ** Math.min(attempt, 7)), signal);
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
        if (one !== undefined) one.revoked = true;
        owned.delete(partition);
      }
    },
  };
}

const REVOKED = new Error('the partition was revoked');

const lenient = new TextDecoder();

function isJson(value: Uint8Array): boolean {
  const first = value.find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b;
}

function tooManyLines(count: number, value: Uint8Array): Normalised {
  return {
    kind: 'problem',
    reason: 'too_large',
    detail: `${count} lines in one record, at most ${MOST_ELEMENTS}`,
    raw: lenient.decode(value),
  };
}

function linesOf(value: Uint8Array): readonly string[] {
  const lines = lenient.decode(value).split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
