/** Webhooks and provider topics of the sources file, connected to the log and the database of this process. */
import type { ApiOptions } from '@desist/api';
import type { LogEvent } from '@desist/domain';
import {
  createIngestMetrics,
  createIntake,
  createNotices,
  createTopicConsumer,
  createWebhooks,
  messageKey,
  messageOf,
} from '@desist/ingest';
import type { IngestMetrics, Notices, TopicSource } from '@desist/ingest';
import { LogError, StoreError } from '@desist/pipeline';
import type { Logger, MessageMemory, RememberedMessage } from '@desist/pipeline';
import { systemTime } from './time.ts';
import type { Lifecycle } from './lifecycle.ts';
import { createFeedPositions, createMessageMemory } from '@desist/store-postgres';
import type { Backends } from './backends.ts';
import type { Settings } from './settings.ts';

export interface Feeds {
  readonly metrics: IngestMetrics;
  /** What the HTTP routes need: the webhooks and the recipients of messages. */
  readonly routes: Pick<ApiOptions, 'webhooks' | 'notices' | 'accepted' | 'recall'>;
  /** What is wrong with provider topics, by the name of the source. */
  problems(): readonly string[];
  /** Copies the provider topics into the log until the process stops. */
  run(): Promise<void>;
}

type EventWithoutRecipient = Pick<RememberedMessage, 'tenant' | 'messageId'>;

export interface FeedsOptions {
  readonly settings: Settings;
  readonly backends: Backends;
  readonly logger: Logger;
  readonly owner: string;
  readonly life: Lifecycle;
}

export function createFeeds(options: FeedsOptions): Feeds {
  const { settings, backends, logger } = options;
  const metrics = createIngestMetrics();
  const keptFor = settings.messageMemory;
  const memory = keptFor === null ? undefined : createMessageMemory(backends.requests, { now: () => systemTime.now(), keptFor });
  const notices = createNotices(() => systemTime.now());
  const intake = createIntake({ sink: backends.log, metrics, notices, ...(memory === undefined ? {} : { memory }) });
  const webhooks = createWebhooks({ sources: settings.sources.webhooks, intake, metrics, notices, time: systemTime, logger });
  const problems = new Map<string, string>();
  return {
    metrics,
    problems: () => [...[...problems].map(([source, problem]) => `source ${source}: ${problem}`), ...noticed(notices.list())],
    routes: { webhooks, notices: () => notices.list(), ...(memory === undefined ? {} : remembering(memory)) },
    async run() {
      const positions = createFeedPositions(backends.db);
      await Promise.all(settings.sources.topics.map((one) => consumeTopic(one, { ...options, positions, intake, metrics, problems })));
    },
  };
}

/** For so long a wrong path or word is a warning after the last one, ms. */
const NOTICED_FOR = 86_400_000;

/** Words come from payloads, and everybody may read these lines, so they only say how many there are. */
function noticed({ misdirected, unknownWords }: ReturnType<Notices['list']>): readonly string[] {
  const isRecent = ({ lastAt }: { readonly lastAt: number }): boolean => systemTime.now() - lastAt < NOTICED_FOR;
  const paths = misdirected
    .filter(isRecent)
    .map(
      ({ path, problem, count }) =>
        `${count} requests to ${path} were refused: ${problem}; correct the URL at the provider, or the sources file`,
    );
  const words = new Map<string, number>();
  for (const { source } of unknownWords.filter(isRecent)) words.set(source, (words.get(source) ?? 0) + 1);
  return [
    ...paths,
    ...[...words].map(([source, count]) => `source ${source}: ${count} event words without a meaning: see \`desist status\``),
  ];
}

function remembering(memory: MessageMemory): Pick<ApiOptions, 'accepted' | 'recall'> {
  return {
    accepted: async (records) => {
      // A failure here costs at most a dead letter later.
      await memory.remember(records.flatMap(({ value }) => messageOf(JSON.parse(value) as LogEvent))).catch(() => undefined);
    },
    recall: (events) => recallAll(memory, events),
  };
}

/** One query per tenant, so that no tenant sees the messages of another. */
async function recallAll(memory: MessageMemory, events: readonly EventWithoutRecipient[]): Promise<readonly (string | undefined)[]> {
  const known = new Map<string, string | undefined>();
  for (const tenant of new Set(events.map((event) => event.tenant))) {
    const keys = [...new Set(events.filter((event) => event.tenant === tenant).map(({ messageId }) => messageKey(messageId)))];
    const answers = await memory.recall(tenant, keys).catch(() => []);
    keys.forEach((key, index) => known.set(`${tenant} ${key}`, answers[index]?.recipient));
  }
  return events.map(({ tenant, messageId }) => known.get(`${tenant} ${messageKey(messageId)}`));
}

interface ConsumeTopic extends FeedsOptions, Pick<Parameters<typeof createTopicConsumer>[0], 'positions' | 'intake' | 'metrics'> {
  readonly problems: Map<string, string>;
}

/** Reads one topic, in a consumer group of its own. Reading that ended with an error is restarted. */
async function consumeTopic(
  { source, topic }: TopicSource,
  { settings, logger, owner, life, positions, intake, metrics, problems }: ConsumeTopic,
): Promise<void> {
  const { kafka, topics } = settings;
  if (kafka === null) return;
  const groupId = `${kafka.groupId}-ingest-${source.name}`;
  const whenMissing = `make it, or correct \`topic\` of the source ${source.name} in the sources file`;
  const { connectKafka } = await import('@desist/log-kafka');
  const log = connectKafka({
    ...{ ...kafka, groupId, whenMissing, topics: { ...topics, deliveryEvents: topic }, logger, onRebalance: 'keep' },
    observer: { joined: () => problems.delete(source.name) },
  });
  life.opened(`topic ${topic}`, () => log.close());
  for (let failures = 0; !life.signal.aborted; failures += 1) {
    const startedAt = systemTime.monotonic();
    const { signal } = life;
    const consumer = createTopicConsumer({ source, topic, positions, log, intake, metrics, time: systemTime, logger, owner, signal });
    try {
      await log.run(consumer, life.signal);
      return;
    } catch (error) {
      if (!(error instanceof LogError) && !(error instanceof StoreError)) throw error;
      if (systemTime.monotonic() - startedAt > 60_000) failures = 0;
      problems.set(source.name, error.message);
      logger.error({ source: source.name, problem: error.message, kind: error.kind }, 'reading a provider’s topic ended: restarting');
      await systemTime.sleep(Math.min(30_000, 500 * 2 ** Math.min(failures, 6)), life.signal);
    }
  }
}
