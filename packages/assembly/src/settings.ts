/** Every setting of every service, from the environment. `docs/operations.md` lists them. */
import { parseDuration } from '@desist/contracts';
import type { Sources } from '@desist/ingest';
import type { KafkaOptions } from '@desist/log-kafka';
import type { Topic } from '@desist/pipeline';
import type { Environment, LogLevel } from '@desist/shell';
import { LOG_LEVELS, readEnvironment } from '@desist/shell';
import { NO_SOURCES, sourcesOf } from './sources.ts';

export interface Settings {
  /** Null: the embedded database in `dataFolder`. */
  readonly databaseUrl: string | null;
  /** Null: the journal in the database is the log. */
  readonly kafka: KafkaSettings | null;
  readonly topics: Readonly<Record<Topic, string>>;
  readonly dataFolder: string;
  /** Null: none is served. */
  readonly http: HttpSettings | null;
  /** ms that the partition clock stays behind the present. */
  readonly grace: number;
  /** Text of the policy file. */
  readonly policy: string | undefined;
  /** Sent to a running service by those that talk to one. */
  readonly apiKey: string | null;
  /** Webhooks and provider topics. */
  readonly sources: Sources;
  /** ms for which it is remembered who a message went to; null: it is not. */
  readonly messageMemory: number | null;
  readonly logLevel: LogLevel;
  /** Of topics that are made. */
  readonly partitions: number;
  readonly replicationFactor: number | undefined;
}

export type KafkaSettings = Pick<
  KafkaOptions,
  'brokers' | 'clientId' | 'groupId' | 'ssl' | 'sasl' | 'sessionTimeout' | 'heartbeatInterval' | 'rebalanceTimeout' | 'requestTimeout'
>;

export interface HttpSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Listening beyond this machine was allowed on purpose. */
  readonly allowRemote: boolean;
}

const PREFIXES = ['DESIST_', 'KAFKA_'];
const HTTP_DEFAULT: HttpSettings = { host: '127.0.0.1', port: 8425, allowRemote: false };

export interface Needs {
  readonly servers?: boolean;
  /** Only the log is written to: no database. */
  readonly logOnly?: boolean;
  /** Takes in what the sources file names; other commands need not have its secrets. */
  readonly sources?: boolean;
}

/** @throws ConfigError with every mistake. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>, needs: Needs = {}): Settings {
  const env = readEnvironment(variables);
  const databaseUrl = env.secret('DATABASE_URL') ?? null;
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl)) env.problem('DATABASE_URL: must begin with postgres://');
  const kafka = kafkaSettings(env);
  if (kafka !== null && databaseUrl === null && needs.logOnly !== true)
    env.problem('DATABASE_URL: needed with KAFKA_BROKERS, the state stands in Postgres');
  if (needs.servers === true && databaseUrl === null) env.problem('DATABASE_URL: needed by this service');
  const settings: Settings = {
    databaseUrl,
    kafka,
    topics: {
      deliveryEvents: topic(env, 'DESIST_TOPIC_DELIVERY_EVENTS') ?? 'delivery-events',
      suppressionEvents: topic(env, 'DESIST_TOPIC_SUPPRESSION_EVENTS') ?? 'suppression-events',
      suppressions: topic(env, 'DESIST_TOPIC_SUPPRESSIONS') ?? 'suppressions',
      deadLetters: topic(env, 'DESIST_TOPIC_DEAD_LETTERS') ?? 'delivery-events-dead-letters',
    },
    dataFolder: env.text('DESIST_DATA') ?? './desist-data',
    http: httpSettings(env),
    grace: duration(env, 'DESIST_CLOCK_GRACE') ?? 60_000,
    policy: env.file('DESIST_POLICY'),
    apiKey: env.secret('DESIST_API_KEY') ?? null,
    sources: NO_SOURCES,
    messageMemory: memoryFrom(env),
    logLevel: env.choice('DESIST_LOG_LEVEL', LOG_LEVELS) ?? 'info',
    partitions: env.integer('DESIST_PARTITIONS', 1, 10_000) ?? (kafka === null ? 4 : 12),
    replicationFactor: env.integer('DESIST_REPLICATION_FACTOR', 1, 100),
  };
  if (new Set(Object.values(settings.topics)).size < 4) env.problem('DESIST_TOPIC_…: the four topics need four names');
  const sources = sourcesFrom(env, settings, needs.sources === true);
  // For commands that talk to a running service, and for whoever starts this one.
  env.text('DESIST_URL');
  env.text('DESIST_FROM_SOURCE');
  env.done(PREFIXES);
  return { ...settings, sources };
}

function sourcesFrom(env: Environment, { kafka, topics }: Settings, wanted: boolean): Sources {
  const text = env.text('DESIST_SOURCES') === undefined || !wanted ? undefined : env.file('DESIST_SOURCES');
  if (text === undefined) return NO_SOURCES;
  const sources = sourcesOf(text, env.text('DESIST_SOURCES') ?? 'sources file', env);
  const own: readonly string[] = Object.values(topics);
  for (const { source, topic: name } of sources.topics) {
    if (kafka === null) env.problem(`sources.${source.name}.topic: needs KAFKA_BROKERS`);
    // What is taken over would be taken over again, for ever.
    if (own.includes(name)) env.problem(`sources.${source.name}.topic: ${name} is a topic of Desist's own`);
  }
  return sources;
}

function memoryFrom(env: Environment): number | null {
  const given = env.parsed(
    'DESIST_MESSAGE_MEMORY',
    (text) => (text === 'off' ? 'off' : parseDuration(text)),
    'a duration such as 14d, or off',
  );
  return given === undefined || given === 'off' ? null : given;
}

function kafkaSettings(env: Environment): KafkaSettings | null {
  const brokers = env.parsed(
    'KAFKA_BROKERS',
    (text) => {
      const list = text.split(',').map((item) => item.trim());
      return list.every((item) => /^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(item)) ? list : undefined;
    },
    'host:port, several separated by commas',
  );
  const clientId = env.text('KAFKA_CLIENT_ID') ?? 'desist';
  const groupId = env.text('KAFKA_GROUP_ID') ?? 'desist';
  const sessionTimeout = duration(env, 'KAFKA_SESSION_TIMEOUT');
  const heartbeatInterval = duration(env, 'KAFKA_HEARTBEAT_INTERVAL', true);
  const rebalanceTimeout = duration(env, 'KAFKA_REBALANCE_TIMEOUT');
  const requestTimeout = duration(env, 'KAFKA_REQUEST_TIMEOUT');
  const ssl = tls(env);
  const mechanism = env.choice('KAFKA_SASL_MECHANISM', ['plain', 'scram-sha-256', 'scram-sha-512']);
  const username = env.text('KAFKA_SASL_USERNAME');
  const password = env.secret('KAFKA_SASL_PASSWORD');
  const some = [mechanism, username, password].filter((item) => item !== undefined).length;
  if (some > 0 && some < 3) env.problem('KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: all three or none');
  if (mechanism === 'plain' && ssl === undefined)
    env.problem('KAFKA_SSL: needed with KAFKA_SASL_MECHANISM plain, the password would be readable');
  if (brokers === undefined) return null;
  return {
    brokers,
    clientId,
    groupId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(mechanism === undefined || username === undefined || password === undefined ? {} : { sasl: { mechanism, username, password } }),
    ...(sessionTimeout === undefined ? {} : { sessionTimeout }),
    ...(heartbeatInterval === undefined ? {} : { heartbeatInterval }),
    ...(rebalanceTimeout === undefined ? {} : { rebalanceTimeout }),
    ...(requestTimeout === undefined ? {} : { requestTimeout }),
  };
}

function tls(env: Environment): KafkaSettings['ssl'] | undefined {
  const on = env.flag('KAFKA_SSL');
  const ca = env.file('KAFKA_SSL_CA');
  const cert = env.file('KAFKA_SSL_CERT');
  const key = env.file('KAFKA_SSL_KEY');
  if ((cert === undefined) !== (key === undefined)) env.problem('KAFKA_SSL_CERT and KAFKA_SSL_KEY: both or none');
  if (on === false && (ca !== undefined || cert !== undefined)) env.problem('KAFKA_SSL: is off, but certificates are given');
  if (on === false || (on === undefined && ca === undefined && cert === undefined)) return undefined;
  if (ca === undefined && cert === undefined) return true;
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) };
}

function httpSettings(env: Environment): HttpSettings | null {
  const allowRemote = env.flag('DESIST_HTTP_ALLOW_REMOTE') ?? false;
  const parsed = env.parsed(
    'DESIST_HTTP',
    (text) => {
      if (text === 'off') return 'off' as const;
      const match = /^(?:(\[[0-9a-fA-F:]+\]|[^\s:]+):)?(\d{1,5})$/.exec(text);
      const port = Number(match?.[2]);
      if (match === null || port > 65_535) return undefined;
      return { host: (match[1] ?? HTTP_DEFAULT.host).replace(/^\[|\]$/g, ''), port };
    },
    'host:port, a port, or off',
  );
  if (parsed === 'off') return null;
  if (parsed !== undefined && !allowRemote && !/^(localhost|127\.[\d.]+|::1)$/.test(parsed.host)) {
    env.problem(`DESIST_HTTP: ${parsed.host} is not this machine; nothing asks for a key yet, so this needs DESIST_HTTP_ALLOW_REMOTE=true`);
  }
  return { ...HTTP_DEFAULT, ...parsed, allowRemote };
}

function topic(env: Environment, name: string): string | undefined {
  return env.parsed(name, (text) => (/^[A-Za-z0-9._-]{1,249}$/.test(text) ? text : undefined), 'a topic name: letters, digits, . _ -');
}

function duration(env: Environment, name: string, fine = false): number | undefined {
  return env.parsed(
    name,
    (text) => (fine && /^\d{1,6}ms$/.test(text) ? Number(text.slice(0, -2)) : parseDuration(text)),
    `a duration such as 15m, 6h, 30d${fine ? ' or 500ms' : ''}`,
  );
}
