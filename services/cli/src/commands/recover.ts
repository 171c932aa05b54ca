/** `desist recover`: brings what another topic of delivery events holds into the configured one, each record to the partition of its key. */
import { createLogger, openBackends, otherPartitionCount, readSettings } from '@desist/runtime';
import type { Backends, Settings } from '@desist/runtime';
import { isIncidentKey } from '@desist/contracts';
import { partitionOf } from '@desist/pipeline';
import type { OutRecord } from '@desist/pipeline';
import { boundInput, placeAll, requireSchema } from '@desist/store-postgres';
import { defineCommand, JSON_OPTION, required } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { say, sayJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'recover',
  section: 'Services and set-up',
  summary:
    'append again what another Kafka topic of delivery events holds, each record to the partition of its key; engines must be stopped',
  options: { from: required('TOPIC', 'the topic that was read before'), ...JSON_OPTION },
  examples: ['DESIST_TOPIC_DELIVERY_EVENTS=delivery-events-2 desist recover --from delivery-events'],
  run: ({ options }) => recover(options),
});

/** Records of one append. */
const BATCH = 5_000;

async function recover({ from, json }: { readonly from: string; readonly json: boolean }): Promise<number> {
  const settings = readSettings(process.env);
  const { topics } = settings;
  if (settings.kafka === null) throw new CommandError(EXIT.usage, 'only Kafka has several topics: set KAFKA_BROKERS');
  if (from === topics.deliveryEvents) throw new CommandError(EXIT.usage, `--from ${from}: this is the topic that is configured`);
  const logger = createLogger({ service: 'recover', level: 'silent', stream: 2 });
  const backends = await openBackends({ settings, logger, name: 'desist-recover', owner: 'recover', connections: 2 });
  const before: Settings = { ...settings, topics: { ...topics, deliveryEvents: from } };
  const old = await openBackends({ settings: before, logger, name: 'desist-recover', owner: 'recover', connections: 1 });
  try {
    await requireSchema(backends.db);
    const partitions = await boundPartitions(backends, settings);
    await requirePublished(backends);
    const moved = await placeAll(backends.db, (tenant, address) => partitionOf(Buffer.from(`${tenant}/${address}`), partitions));
    const records = await copy(old, backends, partitions);
    if (json) sayJson({ recipientsMoved: moved, recordsAppended: records });
    else
      say(
        `${moved} recipients were given back to their partition`,
        `${records} records of ${from} were appended to ${topics.deliveryEvents}`,
      );
    return EXIT.done;
  } finally {
    await old.close();
    await backends.close();
  }
}

async function boundPartitions({ db, log }: Backends, { topics }: Settings): Promise<number> {
  const bound = await boundInput(db);
  if (bound === undefined) throw new CommandError(EXIT.usage, 'this database was never filled: there is nothing to recover');
  const partitions = await log.partitions();
  if (partitions !== bound.partitions) {
    throw new CommandError(EXIT.usage, otherPartitionCount({ topic: topics.deliveryEvents, partitions, bound: bound.partitions }));
  }
  return partitions;
}

/** A recipient that changes its partition must have nothing on its way from the one before. */
async function requirePublished({ reader }: Backends): Promise<void> {
  for (const { partition, outbox } of (await reader.status()).partitions) {
    if (outbox === 0) continue;
    const what = `partition ${partition}: ${outbox} changes wait to be published`;
    throw new CommandError(EXIT.usage, `${what}. Start the engines until \`desist status\` says 0, stop them, then run this again`);
  }
}

async function copy(old: Backends, { log }: Backends, partitions: number): Promise<number> {
  let batch: OutRecord[] = [];
  let appended = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await log.append('deliveryEvents', batch);
    appended += batch.length;
    batch = [];
  };
  for await (const { key, value, partition } of old.kafka?.readTopic('deliveryEvents') ?? []) {
    // A decision about an incident stands once in every partition, for that partition.
    if (isIncidentKey(key) && partition >= partitions) continue;
    batch.push({ key, value, ...(isIncidentKey(key) ? { partition } : {}) });
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return appended;
}
