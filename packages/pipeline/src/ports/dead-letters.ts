/** What could not be read, as the log keeps it: read back for operators. */
import type { LogBounds } from './log.ts';

export interface StoredDeadLetter {
  readonly partition: number;
  readonly offset: number;
  /** ms, as the log says it. */
  readonly recordTime: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Offsets of a partition from `from` (inclusive) to `to` (exclusive). */
export interface OffsetRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** @throws LogError */
export interface DeadLetterLog {
  /** Which offsets of the dead letters the log has, by partition. */
  deadLetterBounds(): Promise<ReadonlyMap<number, LogBounds>>;
  /** The records of these ranges (one of a partition at most) that the log has, in order per partition. */
  readDeadLetters(ranges: readonly OffsetRange[]): AsyncIterable<StoredDeadLetter>;
}
