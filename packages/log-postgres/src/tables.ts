import { LogError } from '@desist/pipeline';
import type { LogBounds, Topic } from '@desist/pipeline';
import type { Database } from './database.ts';
import { asLogErrors } from './errors.ts';
import { createPartitions } from './statements/create-partitions.ts';
import { createTopic } from './statements/create-topic.ts';
import { findBounds } from './statements/find-bounds.ts';
import { findTopic } from './statements/find-topic.ts';
import { listBounds } from './statements/list-bounds.ts';
import { pageRecords } from './statements/page-records.ts';

export const TOPICS: readonly Topic[] = ['deliveryEvents', 'suppressionEvents', 'suppressions', 'deadLetters'];
/** Topics with one partition, as on Kafka; the others have as many partitions as the input. */
const ONE_PARTITION: ReadonlySet<Topic> = new Set<Topic>(['deadLetters']);

/** A page of records ends with the record that reaches one of these. */
const PAGE_RECORDS = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;

export interface JournalRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Time of the append by the database's clock, ms since the epoch; does not decrease within a partition. */
  readonly recordTime: number;
}

/** Creates and reads the journal's tables. All rejections are `LogError`. */
export interface Tables {
  ensure(partitions: number): Promise<void>;
  /** The number of partitions of a topic; queried once, then cached. */
  partitions(topic: Topic): Promise<number>;
  /** Tells this journal from any other. */
  identity(): Promise<string>;
  bounds(topic: Topic, partition: number): Promise<LogBounds>;
  /** The bounds of all partitions of a topic, asked for after the call. Calls that come while a question is under way share the next one. */
  allBounds(topic: Topic): Promise<ReadonlyMap<number, LogBounds>>;
  /** One page of records with offsets from `from` (inclusive) to `end` (exclusive), in order. */
  page(topic: Topic, partition: number, from: number, end: number): Promise<readonly JournalRecord[]>;
}

export function createTables(db: Database, nameOf: (topic: Topic) => string): Tables {
  const counts = new Map<Topic, Promise<number>>();

  function missing(topic: Topic): LogError {
    return new LogError('misconfigured', `the journal has no topic ${nameOf(topic)}: run \`desist migrate\``);
  }

  async function ask(topic: Topic): Promise<{ readonly partitions: number; readonly id: string }> {
    const found = await asLogErrors(`partitions of ${nameOf(topic)}`, () => findTopic.first(db, { topic }));
    if (found === undefined) throw missing(topic);
    return found;
  }

  const waiting = new Map<Topic, Promise<ReadonlyMap<number, LogBounds>>>();
  const asking = new Map<Topic, Promise<unknown>>();

  function askBounds(topic: Topic): Promise<ReadonlyMap<number, LogBounds>> {
    waiting.delete(topic);
    const question = asLogErrors(`bounds of ${nameOf(topic)}`, () => listBounds.run(db, { topic })).then(
      (rows) => new Map(rows.map(({ partition, low, high }) => [partition, { low, high }])),
    );
    asking.set(
      topic,
      question.catch(() => undefined),
    );
    return question;
  }

  return {
    allBounds(topic) {
      const next = waiting.get(topic) ?? (asking.get(topic) ?? Promise.resolve()).then(() => askBounds(topic));
      waiting.set(topic, next);
      return next;
    },

    async ensure(partitions) {
      if (!Number.isInteger(partitions) || partitions < 1) throw new LogError('misconfigured', 'a topic has at least one partition');
      await asLogErrors('setting up the journal', () =>
        db.transaction(async (tx) => {
          for (const topic of TOPICS) await createTopic.run(tx, { topic, partitions: ONE_PARTITION.has(topic) ? 1 : partitions });
          await createPartitions.run(tx, {});
        }),
      );
      counts.clear();
    },

    partitions(topic) {
      let count = counts.get(topic);
      if (count === undefined) {
        count = ask(topic).then(({ partitions }) => partitions);
        counts.set(topic, count);
        count.catch(() => counts.delete(topic));
      }
      return count;
    },

    identity: async () => `journal ${(await ask('deliveryEvents')).id}`,

    async bounds(topic, partition) {
      const found = await asLogErrors(`bounds of ${nameOf(topic)}`, () => findBounds.first(db, { topic, partition }));
      if (found === undefined)
        throw new LogError('misconfigured', `${nameOf(topic)} has no partition ${partition}: run \`desist migrate\``);
      return found;
    },

    async page(topic, partition, from, end) {
      const limits = { records: PAGE_RECORDS, bytes: PAGE_BYTES };
      const rows = await asLogErrors(`reading ${nameOf(topic)}`, () => pageRecords.run(db, { topic, partition, from, end, ...limits }));
      return rows.map(({ headers, ...row }): JournalRecord => ({
        ...row,
        headers: headers === null ? {} : (JSON.parse(headers) as Record<string, string>),
      }));
    },
  };
}
