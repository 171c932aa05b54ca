/** Publishes a page of rows: append, then drop. A row that the log refuses for good is isolated by halving the page, and parked. */
import { LogError } from '../ports/errors.ts';
import type { TopicRecords } from '../ports/log.ts';
import type { CommitResult } from '../ports/store.ts';
import type { FencedSink } from './fenced-sink.ts';

/** What is published: changes, or dead letters. */
export interface Outlet<Row> {
  recordsOf(rows: readonly Row[]): readonly TopicRecords[];
  /** These were appended. */
  published?(rows: readonly Row[]): void;
  /** Drops the rows up to this one, but for parked ones. */
  drop(last: Row): Promise<CommitResult>;
  park(row: Row, reason: string): Promise<CommitResult>;
}

/** Rows refused one after the other, from which on it is the topic that is at fault, not the rows. */
const MOST_REFUSED = 20;

export interface Publisher {
  /**
   * How many of the rows were published, or that the partition is another's.
   * @throws LogError `misconfigured` when the log refuses row after row: those of this page are then not parked
   */
  publish<Row>(rows: readonly Row[], outlet: Outlet<Row>): Promise<number | 'fenced'>;
}

interface Refused<Row> {
  readonly row: Row;
  readonly reason: string;
}

export function createPublisher(sink: Pick<FencedSink, 'append'>): Publisher {
  let refusedInARow = 0;

  async function publish<Row>(page: readonly Row[], outlet: Outlet<Row>): Promise<number | 'fenced'> {
    let published = 0;
    let refused: Refused<Row>[] = [];

    async function parkRefused(): Promise<CommitResult> {
      for (const { row, reason } of refused) if ((await outlet.park(row, reason)) === 'fenced') return 'fenced';
      refused = [];
      return 'committed';
    }

    async function publishRows(rows: readonly Row[]): Promise<CommitResult> {
      const [first] = rows;
      const last = rows.at(-1);
      if (first === undefined || last === undefined) return 'committed';
      try {
        if ((await sink.append(outlet.recordsOf(rows))) === 'fenced') return 'fenced';
      } catch (error) {
        if (!(error instanceof LogError && error.kind === 'refused')) throw error;
        if (rows.length === 1) return refuse(first, error);
        const middle = Math.ceil(rows.length / 2);
        return (await publishRows(rows.slice(0, middle))) === 'fenced' ? 'fenced' : publishRows(rows.slice(middle));
      }
      refusedInARow = 0;
      published += rows.length;
      outlet.published?.(rows);
      // First, because a drop takes whatever is below and not parked.
      return (await parkRefused()) === 'fenced' ? 'fenced' : outlet.drop(last);
    }

    function refuse(row: Row, { message }: LogError): CommitResult {
      refused.push({ row, reason: message });
      refusedInARow += 1;
      if (refusedInARow <= MOST_REFUSED) return 'committed';
      throw new LogError('misconfigured', `the log refused ${refusedInARow} records one after the other: ${message}`);
    }

    if ((await publishRows(page)) === 'fenced' || (await parkRefused()) === 'fenced') return 'fenced';
    return published;
  }

  return { publish };
}
