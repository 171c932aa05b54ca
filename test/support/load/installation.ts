/** Topics, database and group of one test: filled from outside, looked at from outside. */
import { encodeEvent } from '@desist/formats/event';
import { connectKafka } from '@desist/log-kafka';
import type { KafkaLog, KafkaOptions } from '@desist/log-kafka';
import { partitionOf } from '@desist/pipeline';
import { migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { withAdmin, withProducer } from '../../integration/kafka/raw.ts';
import { freshOptions, until } from '../../integration/kafka/support.ts';
import { createDatabase } from '../servers/postgres.ts';
import { startEngine } from './engine-process.ts';
import type { EngineProcess } from './engine-process.ts';
import type { Planted } from './events.ts';

export const PARTITIONS = 4;
/** Bytes of one produce request, about. */
const CHUNK = 2_000;

export interface Installation {
  readonly databaseUrl: string;
  readonly db: Database;
  readonly log: KafkaLog;
  readonly options: KafkaOptions;
  /** `through`: another URL of the same database. */
  engine(more?: Readonly<Record<string, string>>, through?: string): EngineProcess;
  /** Appends with the producer's own record times. */
  fill(records: readonly Planted[]): Promise<void>;
  /** Waits until everything that is in the log is folded and published. */
  settled(ms?: number): Promise<void>;
  close(): Promise<void>;
}

export async function install(
  databaseServer: string,
  brokers: readonly string[],
  timestamps: 'CreateTime' | 'LogAppendTime',
): Promise<Installation> {
  const database = await createDatabase(databaseServer);
  const db = openServer({ url: database.url, applicationName: 'test', connections: 3, onIdleError: () => undefined });
  await migrate(db);
  const options = freshOptions(brokers);
  await withAdmin(brokers, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: options.topics.deliveryEvents,
          numPartitions: PARTITIONS,
          configEntries: [
            { name: 'message.timestamp.type', value: timestamps },
            // Events of the past must not be taken for old records.
            { name: 'retention.ms', value: '-1' },
          ],
        },
      ],
    }),
  );
  const log = connectKafka(options);
  await log.ensureTopics({ partitions: PARTITIONS });

  async function fill(records: readonly Planted[]): Promise<void> {
    await withProducer(brokers, async (producer) => {
      for (let from = 0; from < records.length; from += CHUNK) {
        const messages = records.slice(from, from + CHUNK).map((record) => {
          const timestamp = String(record.recordTime);
          if ('junk' in record)
            return { key: record.junk.key, value: record.junk.value, timestamp, partition: partitionOfKey(record.junk.key) };
          const { key, value } = encodeEvent(record.event);
          return { key, value, timestamp, partition: partitionOfKey(key) };
        });
        await producer.send({ topic: options.topics.deliveryEvents, messages });
      }
    });
  }

  async function ends(): Promise<readonly number[]> {
    return Promise.all(Array.from({ length: PARTITIONS }, async (_, partition) => (await log.bounds(partition)).high));
  }

  async function settled(ms = 180_000): Promise<void> {
    // A broker that has just started answers before its partitions have leaders.
    const highs = await until(() => ends().catch(() => undefined), 'the ends of the partitions are known', ms);
    await until(
      async () => {
        const rows = await db.query('select partition, next_offset from desist.checkpoint');
        return highs.every(
          (high, partition) => high === 0 || rows.some((row) => row['partition'] === partition && Number(row['next_offset']) >= high),
        );
      },
      'everything is folded',
      ms,
    );
    await until(
      async () => {
        const [row] = await db.query('select (select count(*) from desist.outbox) + (select count(*) from desist.dead_letter) as waiting');
        return Number(row?.['waiting']) === 0;
      },
      'everything is published',
      ms,
    );
  }

  return {
    databaseUrl: database.url,
    db,
    log,
    options,
    engine: (more, through) => startEngine({ databaseUrl: through ?? database.url, options, ...(more === undefined ? {} : { more }) }),
    fill,
    settled,
    async close() {
      await log.close();
      await db.close();
      await database.drop();
    },
  };
}

function partitionOfKey(key: string | null): number {
  return key === null ? 0 : partitionOf(Buffer.from(key), PARTITIONS);
}
