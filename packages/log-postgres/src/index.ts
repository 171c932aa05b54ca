import { randomUUID } from 'node:crypto';
import { LogError } from '@desist/pipeline';
import type { Logger, LogSink, LogSource, Time, Topic } from '@desist/pipeline';
import { createAppend } from './append.ts';
import type { Database } from './database.ts';
import { erase } from './erase.ts';
import type { Erased } from './erase.ts';
import { prune } from './prune.ts';
import type { PruneLimit } from './prune.ts';
import { runSource } from './source.ts';
import { createTables } from './tables.ts';
import type { JournalRecord } from './tables.ts';
import { wakeupsOf } from './wakeups.ts';

export type { Database } from './database.ts';
export type { Erased } from './erase.ts';
export type { PruneLimit } from './prune.ts';
export type { JournalRecord } from './tables.ts';

export interface JournalOptions {
  /** Not closed by the journal. */
  readonly db: Database;
  /** Names this process, for people; the journal makes it unique. */
  readonly owner: string;
  /** Of the input, when the journal is first made; afterwards what was made stands. Default 4. */
  readonly partitions?: number;
  /** Names by role, for messages to people. */
  readonly topics?: Readonly<Record<Topic, string>>;
  readonly logger: Logger;
  readonly time: Time;
  /** ms: how often an idle partition is looked at, for what other processes append. Default 200; embedded 1,000. */
  readonly pollInterval?: number;
  /** ms: a dead process' partitions stand still for this long. Default 15,000. */
  readonly lease?: number;
  /** ms: how often a stopped partition is tried again. Default 30,000. */
  readonly stoppedRetry?: number;
}

export interface ReadOptions {
  /** Only this partition. */
  readonly partition?: number;
  /** From this offset on, in each partition. Default: the first. */
  readonly from?: number;
  /** Only the last so many offsets of each partition. */
  readonly last?: number;
}

/** The log on tables of a Postgres database. All rejections are `LogError`. */
export interface JournalLog extends LogSource, LogSink {
  /** Makes the topics where they are missing; what exists stays as it is. The schema must be there. */
  ensure(): Promise<void>;
  /** Every record up to the end as it is now, in order per partition. */
  readTopic(topic: Topic, options?: ReadOptions): AsyncIterable<JournalRecord>;
  /** The last record of each key, tombstones included (`value` null), by key as text. */
  readCompacted(topic: Topic): Promise<Map<string, JournalRecord>>;
  /**
   * Deletes records below an offset (and, when `before` is given, appended before that moment); answers how many. Of
   * `suppressions` only tombstones go. Whoever calls must know that nobody needs them any more.
   */
  prune(topic: Topic, partition: number, limit: number | PruneLimit): Promise<number>;
  /** Takes an erased recipient's records out; answers how many. Their changes must be relayed. */
  erase(erased: Erased): Promise<number>;
  /** Refuses appends from now on and waits for those under way. Stop `run` by its signal first. */
  close(): Promise<void>;
}

const PARTITIONS = 4;
const LEASE = 15_000;
const STOPPED_RETRY = 30_000;
const NAMES: Readonly<Record<Topic, string>> = {
  deliveryEvents: 'delivery-events',
  suppressionEvents: 'suppression-events',
  suppressions: 'suppressions',
  deadLetters: 'delivery-events-dead-letters',
};

/** Asks the database nothing yet. */
export function openJournal(options: JournalOptions): JournalLog {
  const { db, time, logger } = options;
  const nameOf = (topic: Topic): string => (options.topics ?? NAMES)[topic];
  const tables = createTables(db, nameOf);
  const appendTo = createAppend(db, tables, nameOf);
  const wakeups = wakeupsOf(db, time);
  const underWay = new Set<Promise<unknown>>();
  const member = `${options.owner}/${randomUUID()}`;
  let closed = false;

  async function* readTopic(
    topic: Topic,
    { partition: only, from = 0, last }: ReadOptions = {},
  ): AsyncGenerator<JournalRecord, void, void> {
    const count = await tables.partitions(topic);
    const wanted = only === undefined ? Array.from({ length: count }, (_, partition) => partition) : [only];
    const ends = await Promise.all(wanted.map((partition) => tables.bounds(topic, partition)));
    for (const [index, { low, high }] of ends.entries()) {
      let position = Math.max(low, from, last === undefined ? 0 : high - last);
      while (position < high) {
        const page = await tables.page(topic, wanted[index] as number, position, high);
        yield* page;
        const end = page.at(-1);
        if (end === undefined) break;
        position = end.offset + 1;
      }
    }
  }

  return {
    ensure: () => tables.ensure(options.partitions ?? PARTITIONS),
    partitions: () => tables.partitions('deliveryEvents'),
    bounds: (partition) => tables.bounds('deliveryEvents', partition),
    run: (consumer, signal) =>
      runSource(consumer, signal, {
        db,
        tables,
        wakeups,
        time,
        logger,
        // Nobody but this process appends to an embedded database, and its appends wake the reader.
        pollInterval: options.pollInterval ?? (db.kind === 'embedded' ? 1_000 : 200),
        stoppedRetry: options.stoppedRetry ?? STOPPED_RETRY,
        lease: options.lease ?? LEASE,
        member,
      }),
    async append(topic, records) {
      if (closed) throw new LogError('unavailable', 'the journal is closed');
      const work = appendTo(topic, records);
      underWay.add(work);
      try {
        const appended = await work;
        if (topic === 'deliveryEvents') wakeups.grown(new Set(appended.map(({ partition }) => partition)));
        return appended;
      } finally {
        underWay.delete(work);
      }
    },
    readTopic,
    async readCompacted(topic) {
      const latest = new Map<string, JournalRecord>();
      for await (const record of readTopic(topic)) if (record.key !== null) latest.set(record.key.toString('utf8'), record);
      return latest;
    },
    prune: (topic, partition, limit) => prune(db, tables, topic, partition, typeof limit === 'number' ? { below: limit } : limit),
    erase: (erased) => erase(db, erased),
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}
