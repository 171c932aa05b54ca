import { randomUUID } from 'node:crypto';
import { LogError } from '@desist/pipeline';
import type { DeadLetterLog, Logger, LogSink, LogSource, OffsetRange, Time, Topic, PublishedLog } from '@desist/pipeline';
import { createAppends } from './append.ts';
import type { Database } from './database.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { erase } from './erase.ts';
import type { Erased } from './erase.ts';
import { prune } from './prune.ts';
import type { PruneLimit } from './prune.ts';
import { createPublished } from './published.ts';
import { runSource } from './source.ts';
import { createTables } from './tables.ts';
import type { JournalRecord } from './tables.ts';
import { wakeupsOf } from './wakeups.ts';

export type { Database } from './database.ts';
export type { DeadLetterIndex, DeadLetterRecord } from './dead-letter-index.ts';
export type { Erased } from './erase.ts';
export type { PruneLimit } from './prune.ts';
export type { JournalRecord } from './tables.ts';

export interface JournalOptions {
  /** The database. The journal does not close it. */
  readonly db: Database;
  /** The same database for `append`, on connections that those who wait for an append may occupy: not the readers'. Default `db`. */
  readonly appends?: Database;
  /** Readable name of this process. The journal adds a unique suffix. */
  readonly owner: string;
  /** Number of input partitions when the journal is first created; ignored afterwards. Default 4. */
  readonly partitions?: number;
  /** Topic names by role, used in error messages. */
  readonly topics?: Readonly<Record<Topic, string>>;
  /** Whom dead letters name. Without it an erasure leaves them alone. */
  readonly deadLetters?: DeadLetterIndex;
  readonly logger: Logger;
  readonly time: Time;
  /** Poll interval of an idle partition for appends by other processes, ms. Default 200; embedded 1,000. */
  readonly pollInterval?: number;
  /** Lease duration, ms. The partitions of a dead process are not processed until its leases expire. Default 15,000. */
  readonly lease?: number;
  /** Retry interval of a stopped partition, ms. Default 30,000. */
  readonly stoppedRetry?: number;
}

export interface ReadOptions {
  /** Only this partition. */
  readonly partition?: number;
  /** First offset to read in each partition. Default: the lowest one available. */
  readonly from?: number;
  /** Only this many offsets at the end of each partition. */
  readonly last?: number;
}

/** The log on tables of a Postgres database. All rejections are `LogError`. */
export interface JournalLog extends LogSource, LogSink, PublishedLog, DeadLetterLog {
  /** Creates missing topics and leaves existing ones unchanged. The schema must exist. */
  ensure(): Promise<void>;
  /** All records up to the current end of the topic, in order per partition. */
  readTopic(topic: Topic, options?: ReadOptions): AsyncIterable<JournalRecord>;
  /** The last record of each key, by key as text. Includes tombstones (`value` null). */
  readCompacted(topic: Topic): Promise<Map<string, JournalRecord>>;
  /**
   * Deletes records below an offset and, if `before` is given, appended before that time. Returns the number of deleted records. On
   * `suppressions` only tombstones are deleted. The caller must ensure that no reader needs the records any more.
   */
  prune(topic: Topic, partition: number, limit: number | PruneLimit): Promise<number>;
  /** Deletes an erased recipient's records and returns how many. The recipient's changes must already be relayed. */
  erase(erased: Erased): Promise<number>;
  /** Rejects new appends and waits for the pending ones. Stop `run` with its signal first. */
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

/** Creates the journal without querying the database. */
export function openJournal(options: JournalOptions): JournalLog {
  const { db, time, logger } = options;
  const nameOf = (topic: Topic): string => (options.topics ?? NAMES)[topic];
  const tables = createTables(db, nameOf);
  const appends = createAppends({ db: options.appends ?? db, owners: db, tables, nameOf, deadLetters: options.deadLetters });
  const wakeups = wakeupsOf(db, time);
  const underWay = new Set<Promise<unknown>>();
  const member = `${options.owner}/${randomUUID()}`;
  let closed = false;

  /** Runs an append unless the journal is closed; `close` waits for pending appends. */
  async function whileOpen<T>(append: () => Promise<T>): Promise<T> {
    if (closed) throw new LogError('unavailable', 'the journal is closed');
    const work = append();
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  }

  async function* readTopic(
    topic: Topic,
    { partition: only, from = 0, last }: ReadOptions = {},
  ): AsyncGenerator<JournalRecord, void, void> {
    const count = await tables.partitions(topic);
    const wanted = only === undefined ? Array.from({ length: count }, (_, partition) => partition) : [only];
    const ends = await Promise.all(wanted.map((partition) => tables.bounds(topic, partition)));
    for (const [index, { low, high }] of ends.entries()) {
      yield* readRange(topic, {
        partition: wanted[index] as number,
        from: Math.max(low, from, last === undefined ? 0 : high - last),
        to: high,
      });
    }
  }

  async function* readRange(topic: Topic, { partition, from, to }: OffsetRange): AsyncGenerator<JournalRecord, void, void> {
    for (let position = from; position < to;) {
      const page = await tables.page(topic, partition, position, to);
      yield* page;
      const end = page.at(-1);
      if (end === undefined) break;
      position = end.offset + 1;
    }
  }

  return {
    ensure: () => tables.ensure(options.partitions ?? PARTITIONS),
    identity: () => tables.identity(),
    partitions: () => tables.partitions('deliveryEvents'),
    bounds: (partition) => tables.bounds('deliveryEvents', partition),
    run: (consumer, signal) =>
      runSource(consumer, signal, {
        db,
        tables,
        wakeups,
        time,
        logger,
        // Only this process appends to an embedded database, and its appends wake the reader.
        pollInterval: options.pollInterval ?? (db.kind === 'embedded' ? 1_000 : 200),
        stoppedRetry: options.stoppedRetry ?? STOPPED_RETRY,
        lease: options.lease ?? LEASE,
        member,
      }),
    async append(topic, records) {
      const appended = await whileOpen(() => appends.append(topic, records));
      if (topic === 'deliveryEvents') wakeups.grown(new Set(appended.map(({ partition }) => partition)));
      return appended;
    },
    // It goes back together with the database, and has no memory of its own.
    published: async () => null,
    // Each append checks the owner in its own transaction, so opening needs no query.
    openRelaySink: async (owner) => ({
      append: (parts) => whileOpen(() => appends.appendOwned(owner, parts)),
      close: async () => undefined,
    }),
    ...createPublished(tables),
    readTopic,
    async readCompacted(topic) {
      const latest = new Map<string, JournalRecord>();
      for await (const record of readTopic(topic)) if (record.key !== null) latest.set(record.key.toString('utf8'), record);
      return latest;
    },
    async deadLetterBounds() {
      const count = await tables.partitions('deadLetters');
      const partitions = Array.from({ length: count }, (_, partition) => partition);
      return new Map(
        await Promise.all(partitions.map(async (partition) => [partition, await tables.bounds('deadLetters', partition)] as const)),
      );
    },
    async *readDeadLetters(ranges) {
      for (const range of ranges) yield* readRange('deadLetters', range);
    },
    prune: (topic, partition, limit) => prune(db, tables, { topic, partition, ...(typeof limit === 'number' ? { below: limit } : limit) }),
    erase: (erased) => erase(db, erased, options.deadLetters),
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}
