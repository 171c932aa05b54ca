import type { DeadLetterLog, LogSink, LogSource, StoredDeadLetter, Topic, PublishedLog } from '@desist/pipeline';

import { createAdmins } from './admin.ts';
import { createClient } from './client.ts';
import { settingsOf, type KafkaOptions } from './options.ts';
import { readCompacted, readTopic, type ReadOptions, type ReadRecord } from './read.ts';
import { createPartitionCounts } from './partition-counts.ts';
import { createPublished } from './published.ts';
import { readProgress } from './relay-progress.ts';
import { createRelaySinks, RELAY_RETRY } from './relay-sink.ts';
import { createSink } from './sink.ts';
import { createSource } from './source.ts';
import { checkTopics, ensureTopics, type Problem, type TopicPlan, type TopicsReport } from './topics.ts';

export type { KafkaObserver, KafkaOptions, SaslOptions, TlsOptions } from './options.ts';
export type { ReadOptions, ReadRecord } from './read.ts';
export type { Problem, TopicPlan, TopicsReport } from './topics.ts';

/** The log on Kafka: what the pipeline drives, and what operators need. All rejections are `LogError`. */
export interface KafkaLog extends LogSource, LogSink, PublishedLog, DeadLetterLog {
  /** Makes missing topics; what exists is compared, never changed. */
  ensureTopics(plan: TopicPlan): Promise<TopicsReport>;
  /** What is missing or not as it must be; empty when all is well. */
  checkTopics(expected?: { readonly partitions?: number }): Promise<readonly Problem[]>;
  /** Every record up to the end as it is now, in order per partition. */
  readTopic(topic: Topic, options?: ReadOptions): AsyncIterable<ReadRecord>;
  /** The last record of each key, tombstones included (`value` null). */
  readCompacted(topic: Topic): Promise<Map<string, ReadRecord>>;
  /** Brokers that answer; rejects when none does. */
  ping(): Promise<number>;
  /** Waits for appends under way, then closes all connections. Stop `run` by its signal first. */
  close(): Promise<void>;
}

/** Opens nothing yet: each connection is made when it is first needed. */
export function connectKafka(options: KafkaOptions): KafkaLog {
  const settings = settingsOf(options);
  const client = createClient(options);
  const admins = createAdmins(client, settings.whenMissing);
  const source = createSource(client, settings, admins);
  const counts = createPartitionCounts(settings, admins);
  const sink = createSink(client, settings, counts);
  const relaySinks = createRelaySinks(createClient(options, RELAY_RETRY), settings, counts);
  const read = (topic: Topic, readOptions?: ReadOptions): AsyncIterable<ReadRecord> =>
    readTopic({ client, settings, admins }, topic, readOptions);
  return {
    identity: () => source.identity(),
    partitions: () => source.partitions(),
    bounds: (partition) => source.bounds(partition),
    run: (consumer, signal) => source.run(consumer, signal),
    append: (topic, records) => sink.append(topic, records),
    openRelaySink: (owner) => relaySinks.openRelaySink(owner),
    published: (partition) => readProgress(admins, settings, partition),
    ...createPublished(client, settings, admins),
    ensureTopics: (plan) => ensureTopics(admins, settings, plan),
    checkTopics: (expected) => checkTopics(admins, settings, expected),
    readTopic: read,
    readCompacted: (topic) => readCompacted(read(topic)),
    deadLetterBounds: () => admins.offsets(settings.topics.deadLetters),
    async *readDeadLetters(ranges): AsyncGenerator<StoredDeadLetter> {
      for await (const { timestamp, ...record } of read('deadLetters', { ranges })) yield { ...record, recordTime: timestamp };
    },
    ping: async () => (await admins.use('cluster', (admin) => admin.describeCluster())).brokers.length,
    close: async () => {
      await sink.close();
      await admins.close();
    },
  };
}
