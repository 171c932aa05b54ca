import { LogError } from '@desist/pipeline';
import type { LogBounds, Topic } from '@desist/pipeline';
import type { Database, Row } from './database.ts';
import { asLogErrors } from './errors.ts';

export const TOPICS: readonly Topic[] = ['deliveryEvents', 'suppressionEvents', 'suppressions', 'deadLetters'];
/** As the topics on Kafka are made: the others have as many as the input. */
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
  /** When it was appended by the database's clock, ms; does not decrease within a partition. */
  readonly recordTime: number;
}

/** The journal's tables, read. All rejections are `LogError`. */
export interface Tables {
  ensure(partitions: number): Promise<void>;
  /** How many partitions a topic has; asked once. */
  partitions(topic: Topic): Promise<number>;
  bounds(topic: Topic, partition: number): Promise<LogBounds>;
  /** Records from `from` on and below `end`, in order, as many as make a page. */
  page(topic: Topic, partition: number, from: number, end: number): Promise<readonly JournalRecord[]>;
}

export function createTables(db: Database, nameOf: (topic: Topic) => string): Tables {
  const counts = new Map<Topic, Promise<number>>();

  function missing(topic: Topic): LogError {
    return new LogError('misconfigured', `the journal has no topic ${nameOf(topic)}: run \`desist migrate\``);
  }

  async function ask(topic: Topic): Promise<number> {
    const [row] = await asLogErrors(`partitions of ${nameOf(topic)}`, () =>
      db.query('select partitions from desist.journal_topic where topic = $1', [topic]),
    );
    if (row === undefined) throw missing(topic);
    return Number(row['partitions']);
  }

  return {
    async ensure(partitions) {
      if (!Number.isInteger(partitions) || partitions < 1) throw new LogError('misconfigured', 'a topic has at least one partition');
      await asLogErrors('setting up the journal', () =>
        db.transaction(async (tx) => {
          for (const topic of TOPICS) {
            await tx.query('insert into desist.journal_topic (topic, partitions) values ($1, $2) on conflict do nothing', [
              topic,
              ONE_PARTITION.has(topic) ? 1 : partitions,
            ]);
          }
          await tx.query(
            `insert into desist.journal_partition (topic, partition)
             select topic, n from desist.journal_topic, generate_series(0, partitions - 1) as n on conflict do nothing`,
          );
        }),
      );
      counts.clear();
    },

    partitions(topic) {
      let count = counts.get(topic);
      if (count === undefined) {
        count = ask(topic);
        counts.set(topic, count);
        count.catch(() => counts.delete(topic));
      }
      return count;
    },

    async bounds(topic, partition) {
      const [row] = await asLogErrors(`bounds of ${nameOf(topic)}`, () =>
        db.query('select low, high from desist.journal_partition where topic = $1 and partition = $2', [topic, partition]),
      );
      if (row === undefined) throw new LogError('misconfigured', `${nameOf(topic)} has no partition ${partition}: run \`desist migrate\``);
      return { low: Number(row['low']), high: Number(row['high']) };
    },

    async page(topic, partition, from, end) {
      const rows = await asLogErrors(`reading ${nameOf(topic)}`, () =>
        db.query(
          `select partition, record_offset, record_time, key, value, headers
             from (select *, sum(bytes) over (order by record_offset) - bytes as before
                     from (select *, coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) as bytes
                             from desist.journal
                            where topic = $1 and partition = $2 and record_offset >= $3::bigint and record_offset < $4::bigint
                            order by record_offset limit ${PAGE_RECORDS}) as candidate) as measured
            where before < ${PAGE_BYTES}
            order by record_offset`,
          [topic, partition, from, end],
        ),
      );
      return rows.map(recordOf);
    },
  };
}

function recordOf(row: Row): JournalRecord {
  return {
    partition: Number(row['partition']),
    offset: Number(row['record_offset']),
    key: bytesOf(row['key']),
    value: bytesOf(row['value']),
    headers: row['headers'] === null ? {} : (JSON.parse(row['headers'] as string) as Record<string, string>),
    recordTime: Number(row['record_time']),
  };
}

/** `pg` answers Buffers, PGlite arrays. */
function bytesOf(value: unknown): Buffer | null {
  if (value === null) return null;
  const bytes = value as Uint8Array;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
