/** Webhooks and provider topics of the sources file, over the log and the database of this process. */
import type { ApiOptions } from '@desist/api';
import type { LogEvent } from '@desist/domain';
import { createIngestTally, createIntake, createTopicConsumer, createWebhooks, messageKey, messageOf } from '@desist/ingest';
import type { IngestTally, TopicSource } from '@desist/ingest';
import { connectKafka } from '@desist/log-kafka';
import { LogError, StoreError } from '@desist/pipeline';
import type { Logger, MessageMemory, RememberedMessage } from '@desist/pipeline';
import { systemTime } from '@desist/shell';
import type { Lifecycle } from '@desist/shell';
import { createFeedPositions, createMessageMemory } from '@desist/store-postgres';
import type { Backends } from './backends.ts';
import type { Settings } from './settings.ts';

export interface Feeds {
  readonly tally: IngestTally;
  /** What the HTTP surface needs of them: the webhooks, and whom messages went to. */
  readonly routes: Pick<ApiOptions, 'webhooks' | 'accepted' | 'recall'>;
  /** Takes the provider topics over until the process is told to stop. */
  run(): Promise<void>;
}

type UnnamedEvent = Pick<RememberedMessage, 'tenant' | 'messageId'>;

export interface FeedsOptions {
  readonly settings: Settings;
  readonly backends: Backends;
  readonly logger: Logger;
  readonly owner: string;
  readonly life: Lifecycle;
}

export function createFeeds(options: FeedsOptions): Feeds {
  const { settings, backends, logger } = options;
  const tally = createIngestTally();
  const keptFor = settings.messageMemory;
  const memory = keptFor === null ? undefined : createMessageMemory(backends.db, { now: () => systemTime.now(), keptFor });
  const intake = createIntake({ sink: backends.log, tally, ...(memory === undefined ? {} : { memory }) });
  const webhooks = createWebhooks({ sources: settings.sources.webhooks, intake, tally, time: systemTime, logger });
  return {
    tally,
    routes: memory === undefined ? { webhooks } : { webhooks, ...remembering(memory) },
    async run() {
      const positions = createFeedPositions(backends.db);
      await Promise.all(settings.sources.topics.map((one) => takeOver(one, { ...options, positions, intake, tally })));
    },
  };
}

function remembering(memory: MessageMemory): Pick<ApiOptions, 'accepted' | 'recall'> {
  return {
    accepted: async (records) => {
      // What is not remembered costs a dead letter later, at most.
      await memory.remember(records.flatMap(({ value }) => messageOf(JSON.parse(value) as LogEvent))).catch(() => undefined);
    },
    recall: (events) => recallAll(memory, events),
  };
}

/** Tenant by tenant: nobody learns of another one's messages. */
async function recallAll(memory: MessageMemory, events: readonly UnnamedEvent[]): Promise<readonly (string | undefined)[]> {
  const known = new Map<string, string | undefined>();
  for (const tenant of new Set(events.map((event) => event.tenant))) {
    const keys = [...new Set(events.filter((event) => event.tenant === tenant).map(({ messageId }) => messageKey(messageId)))];
    const answers = await memory.recall(tenant, keys).catch(() => []);
    keys.forEach((key, index) => known.set(`${tenant} ${key}`, answers[index]?.recipient));
  }
  return events.map(({ tenant, messageId }) => known.get(`${tenant} ${messageKey(messageId)}`));
}

interface TakeOver extends FeedsOptions, Pick<Parameters<typeof createTopicConsumer>[0], 'positions' | 'intake' | 'tally'> {}

/** A group of its own for each source; reading that ended is begun again. */
async function takeOver(
  { source, topic }: TopicSource,
  { settings, logger, owner, life, positions, intake, tally }: TakeOver,
): Promise<void> {
  const { kafka, topics } = settings;
  if (kafka === null) return;
  const groupId = `${kafka.groupId}-ingest-${source.name}`;
  const log = connectKafka({ ...kafka, groupId, topics: { ...topics, deliveryEvents: topic }, logger, onRebalance: 'keep' });
  life.opened(`topic ${topic}`, () => log.close());
  for (let failures = 0; !life.signal.aborted; failures += 1) {
    const began = systemTime.monotonic();
    const consumer = createTopicConsumer({ source, topic, positions, log, intake, tally, time: systemTime, logger, owner });
    try {
      await log.run(consumer, life.signal);
      return;
    } catch (error) {
      if (!(error instanceof LogError) && !(error instanceof StoreError)) throw error;
      if (systemTime.monotonic() - began > 60_000) failures = 0;
      logger.error(
        { source: source.name, problem: error.message, kind: error.kind },
        'reading a provider’s topic ended: it is begun again',
      );
      await systemTime.sleep(Math.min(30_000, 500 * 2 ** Math.min(failures, 6)), life.signal);
    }
  }
}
