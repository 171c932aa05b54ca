import kafkajs from 'kafkajs';
import type { Topic } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import type { Settings } from './options.ts';

export interface TopicPlan {
  /** Of delivery events, suppression events and suppressions. Final: recipients are spread by it. */
  readonly partitions: number;
  /** Default: 3, or the number of brokers if there are fewer. */
  readonly replicationFactor?: number;
  /** ms, -1 for ever. How long the input is kept: 72 h + lateness + longest outage + rebuild. Default 14 days. */
  readonly inputRetention?: number;
  /** ms. Default 90 days. */
  readonly changesRetention?: number;
  /** ms. Default 30 days. */
  readonly deadLettersRetention?: number;
}

export interface Problem {
  /** `error`: the guarantees do not hold with it. `warning`: works, not as advised. */
  readonly severity: 'error' | 'warning';
  /** Name of the topic. */
  readonly topic: string;
  readonly what: string;
  readonly fix: string;
}

export interface TopicsReport {
  /** Names of the topics that were made now. */
  readonly created: readonly string[];
  readonly problems: readonly Problem[];
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MIB = 1024 * 1024;
const TOPICS = ['deliveryEvents', 'suppressionEvents', 'suppressions', 'deadLetters'] as const satisfies readonly Topic[];
/** A reader of `suppressions` that was away for longer than this must rebuild. */
const TOMBSTONES = 7 * DAY;

/** The configuration that each topic is made with. */
export function topicConfigs(plan: TopicPlan, replicationFactor: number): Record<Topic, Record<string, string>> {
  const all = { 'min.insync.replicas': replicationFactor >= 3 ? '2' : '1' };
  return {
    deliveryEvents: {
      ...all,
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(plan.inputRetention ?? 14 * DAY),
    },
    suppressionEvents: { ...all, 'cleanup.policy': 'delete', 'retention.ms': String(plan.changesRetention ?? 90 * DAY) },
    suppressions: {
      ...all,
      'cleanup.policy': 'compact',
      'delete.retention.ms': String(TOMBSTONES),
      // The active segment is never compacted: without this a quiet topic would keep everything.
      'segment.ms': String(DAY),
    },
    deadLetters: {
      ...all,
      'cleanup.policy': 'delete',
      'retention.ms': String(plan.deadLettersRetention ?? 30 * DAY),
      // A dead letter is its source and headers.
      'max.message.bytes': String(2 * MIB),
    },
  };
}

/** Makes the topics that are missing, and compares those that are there. Changes nothing that exists. */
export async function ensureTopics(admins: Admins, settings: Settings, plan: TopicPlan): Promise<TopicsReport> {
  const brokers = await admins.use('cluster', (admin) => admin.describeCluster());
  const replicationFactor = plan.replicationFactor ?? Math.min(3, brokers.brokers.length);
  const existing = new Set(await admins.use('topics', (admin) => admin.listTopics()));
  const configs = topicConfigs(plan, replicationFactor);
  const missing = TOPICS.filter((topic) => !existing.has(settings.topics[topic]));
  if (missing.length > 0) {
    await admins.use('create topics', (admin) =>
      admin.createTopics({
        // kafkajs fails when the broker it asks does not know the topic yet: that is waited for below.
        waitForLeaders: false,
        topics: missing.map((topic) => ({
          topic: settings.topics[topic],
          numPartitions: topic === 'deadLetters' ? 1 : plan.partitions,
          replicationFactor,
          configEntries: Object.entries(configs[topic]).map(([name, value]) => ({ name, value })),
        })),
      }),
    );
    await admins.made(missing.map((topic) => settings.topics[topic]));
  }
  return {
    created: missing.map((topic) => settings.topics[topic]),
    problems: await checkTopics(admins, settings, { partitions: plan.partitions }),
  };
}

/** What is missing or other than it must be. `expected.partitions`: of the input, when the store knows it already. */
export async function checkTopics(
  admins: Admins,
  settings: Settings,
  expected: { readonly partitions?: number } = {},
): Promise<readonly Problem[]> {
  const counts = await admins.topics();
  const problems: Problem[] = [];
  const there = TOPICS.filter((topic) => {
    const name = settings.topics[topic];
    if (counts.has(name)) return true;
    problems.push({ severity: 'error', topic: name, what: 'does not exist', fix: 'run `desist migrate`' });
    return false;
  });
  const configs = await describe(
    admins,
    there.map((topic) => settings.topics[topic]),
  );
  for (const topic of there) {
    const name = settings.topics[topic];
    const config = configs.get(name) ?? new Map<string, string>();
    problems.push(...compare(topic, { name, config, partitions: counts.get(name) ?? 0 }, expected.partitions));
  }
  const input = Number(configs.get(settings.topics.deliveryEvents)?.get('max.message.bytes') ?? MIB);
  const dead = Number(configs.get(settings.topics.deadLetters)?.get('max.message.bytes') ?? Infinity);
  if (there.includes('deliveryEvents') && there.includes('deadLetters') && dead < input + 64 * 1024) {
    problems.push({
      severity: 'warning',
      topic: settings.topics.deadLetters,
      what: `takes records of ${String(dead)} bytes, the input ${String(input)}: a large dead letter would not fit with its headers`,
      fix: alter('max.message.bytes', String(input + MIB)),
    });
  }
  return problems;
}

interface Described {
  readonly name: string;
  readonly config: ReadonlyMap<string, string>;
  readonly partitions: number;
}

function compare(topic: Topic, { name, config, partitions }: Described, expected: number | undefined): Problem[] {
  const found: Problem[] = [];
  const say = (severity: Problem['severity'], what: string, fix: string): void => {
    found.push({ severity, topic: name, what, fix });
  };
  if (topic === 'deliveryEvents' && expected !== undefined && partitions !== expected) {
    say(
      'error',
      `has ${String(partitions)} partitions, not ${String(expected)}: recipients would change their partition`,
      'the number is final: follow "More partitions" in docs/operations.md',
    );
  }
  const policy = config.get('cleanup.policy') ?? 'delete';
  const wanted = topic === 'suppressions' ? 'compact' : 'delete';
  if (policy !== wanted) {
    say('error', `cleanup.policy is ${policy}: records that are needed would disappear`, alter('cleanup.policy', wanted));
  }
  const retention = Number(config.get('retention.ms') ?? -1);
  switch (topic) {
    case 'deliveryEvents':
      if (config.get('message.timestamp.type') !== 'LogAppendTime') {
        say(
          'warning',
          'message.timestamp.type is CreateTime: the clocks of the producers drive the timers',
          alter('message.timestamp.type', 'LogAppendTime'),
        );
      }
      if (retention !== -1 && retention < 96 * HOUR) {
        say(
          'warning',
          `keeps ${hours(retention)}: less than the 72 h of a streak and a day of outage`,
          alter('retention.ms', String(14 * DAY)),
        );
      }
      break;
    case 'suppressions':
      if (Number(config.get('delete.retention.ms') ?? DAY) < TOMBSTONES) {
        say(
          'warning',
          `tombstones live ${hours(Number(config.get('delete.retention.ms') ?? DAY))}: a reader that was away for longer misses releases`,
          alter('delete.retention.ms', String(TOMBSTONES)),
        );
      }
      break;
    case 'suppressionEvents':
    case 'deadLetters':
      break;
    default:
      topic satisfies never;
  }
  if (Number(config.get('max.message.bytes') ?? MIB) < MIB) {
    say('error', 'max.message.bytes is under 1 MiB: batches would be refused', alter('max.message.bytes', String(MIB)));
  }
  if (config.get('unclean.leader.election.enable') === 'true') {
    say('warning', 'unclean leader election may lose acknowledged records', alter('unclean.leader.election.enable', 'false'));
  }
  return found;
}

async function describe(admins: Admins, names: readonly string[]): Promise<Map<string, Map<string, string>>> {
  if (names.length === 0) return new Map();
  const { resources } = await admins.use('topic configuration', (admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    }),
  );
  return new Map(
    resources.map((resource) => [
      resource.resourceName,
      new Map(resource.configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

function alter(name: string, value: string): string {
  return `set ${name}=${value} (kafka-configs --alter)`;
}

function hours(ms: number): string {
  return `${String(Math.round(ms / HOUR))} h`;
}
