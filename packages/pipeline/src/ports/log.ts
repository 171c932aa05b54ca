/**
 * The log. `LogSource` reads records and drives `LogConsumer` (the engine); `LogSink` appends changes, suppressions and dead
 * letters. Offsets and times (ms since the epoch) are plain numbers: both stay below 2^53.
 */
import type { Ownership, Published } from './checkpoint.ts';
import type { Signal } from './time.ts';

/** One record as read. `recordTime`: milliseconds, given by the log (append time) or by the producer (create time). */
export interface LogRecord {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly recordTime: number;
}

/**
 * A run of records of one partition, in offset order. `firstOffset` is the first record's offset; `nextOffset` is
 * where to read on after this batch (it may skip control or aborted records), `highWatermark` the end of the
 * partition at the time of the read.
 */
export interface LogBatch {
  readonly partition: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly records: readonly LogRecord[];
}

/** Offsets that the log still has: `low` is the first readable one, `high` the next to be written. */
export interface LogBounds {
  readonly low: number;
  readonly high: number;
}

export type BatchOutcome =
  /** Folded; it will be committed soon. Read on after it. */
  | { readonly kind: 'processed' }
  /** Not processed: read from `offset` instead, where the checkpoint is. */
  | { readonly kind: 'seek'; readonly offset: number }
  /** Another owner has the partition. Verify the membership, then call `assign` again. */
  | { readonly kind: 'fenced' }
  /** The partition is stopped until an operator acts; do not read on. */
  | { readonly kind: 'stopped'; readonly reason: string };

export type AssignOutcome = { readonly kind: 'start'; readonly offset: number } | { readonly kind: 'stopped'; readonly reason: string };

/** Receives what a log source reads. Implemented by the engine. No call rejects because of a bad record. */
export interface LogConsumer {
  /**
   * This process owns the partition now. Claims it (epoch + 1) unless the task of an earlier assignment still has the
   * current epoch. While the store is unavailable it waits, with back-off. Answers where to read from.
   */
  assign(partition: number): Promise<AssignOutcome>;
  /** Decodes and folds; commits in the background. The returned promise is the back-pressure. Calls for one partition do not overlap. */
  batch(batch: LogBatch): Promise<BatchOutcome>;
  /**
   * Everything that was appended to the partition before the moment `asOf` (ms, the present of the caller) lies below
   * `position`, and all of it was handed to `batch`. Lets the partition clock follow the present. Answers 'fenced' like
   * `batch`, because an idle partition has no batch that could report its new owner.
   */
  caughtUp(partition: number, position: number, asOf: number): 'fenced' | undefined;
  /** Commits what is folded, as far as the engine's drain limit allows, then releases these partitions. */
  revoke(partitions: readonly number[]): Promise<void>;
}

export interface LogSource {
  /**
   * Which log the offsets belong to: cluster and topic, or the journal that was made once. Two logs never have the same, but a topic that was
   * deleted and made anew may have that of the one before.
   */
  identity(): Promise<string>;
  /** The number of partitions of the input topic. */
  partitions(): Promise<number>;
  bounds(partition: number): Promise<LogBounds>;
  /**
   * Joins, reads and drives `consumer` until `signal` aborts; then drains (`revoke`) and leaves. Rejects when reading
   * cannot continue in this process: the client crashed, or made no progress for too long. The supervisor then restarts the process.
   */
  run(consumer: LogConsumer, signal: Signal): Promise<void>;
}

/** The topics, by role. Their names are configuration of the log adapter. */
export type Topic = 'deliveryEvents' | 'suppressionEvents' | 'suppressions' | 'deadLetters';

export interface OutRecord {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** The partition to append to, whatever the key. */
  readonly partition?: number;
}

export interface Appended {
  readonly partition: number;
  readonly offset: number;
}

/** What one topic gets in an append of a relay. */
export interface TopicRecords {
  readonly topic: Topic;
  readonly records: readonly OutRecord[];
  /** The source partition is published so far with these records: the log keeps it (`LogSink.published`). */
  readonly published?: Published;
}

/**
 * The way out of one source partition, for one owner.
 *
 * After opening one, a relay must read the epoch of the partition again before the first append: a former owner that wakes may open one
 * too, and only this tells it that it is no longer the owner.
 */
export interface RelaySink {
  /**
   * Appends to several topics, in order: readers see all of it or nothing. 'fenced': nothing was stored, for the partition has another owner,
   * or another sink was opened for it since. After a rejection it is not known what was stored: close this sink, open another, read the
   * epoch, and append the same records again.
   */
  append(parts: readonly TopicRecords[]): Promise<'appended' | 'fenced'>;
  close(): Promise<void>;
}

export interface LogSink {
  /**
   * Appends in order, per key; resolves when the log has made all of them durable. After a rejection some may have
   * been stored: append the same records again (a repeat is allowed, a gap is not). Answers one position per record. @throws LogError
   */
  append(topic: Topic, records: readonly OutRecord[]): Promise<readonly Appended[]>;
  /**
   * How far the changes of a source partition were published, as the log itself keeps it, stored together with the changes. Null: nothing was, or
   * the log has forgotten it, or has no memory of its own beside the database.
   */
  published(partition: number): Promise<Published | null>;
  /**
   * Resolves when the log refuses every append of former owners of this partition, also one that is on its way, and when readers see all
   * that was appended before through a sink of this partition.
   */
  openRelaySink(owner: Ownership): Promise<RelaySink>;
}
