/** Every setting of every service, from the environment. `docs/operations.md` lists them. */
import type { ApiKey, ApiOptions, WhenAway } from '@desist/api';
import { CALLBACK_PATH, createLinkTokens, parseGrants, parseKeys } from '@desist/api';
import { NAME, parseDuration } from '@desist/formats/event';
import type { Sources } from '@desist/ingest';
import type { KafkaOptions } from '@desist/log-kafka';
import type { Topic } from '@desist/pipeline';
import { parseNetwork } from '@desist/webhooks';
import type { Network } from '@desist/webhooks';
import type { LogLevel } from './logging.ts';
import type { Environment } from './environment.ts';
import { createIdentityProvider } from './identity-provider.ts';
import { LOG_LEVELS } from './logging.ts';
import { readEnvironment } from './environment.ts';
import { NO_SOURCES, sourcesOf } from './sources.ts';

export interface Settings {
  /** Null: the embedded database in `dataFolder`. */
  readonly databaseUrl: string | null;
  /** Null: the journal in the database is the log. */
  readonly kafka: KafkaSettings | null;
  readonly topics: Readonly<Record<Topic, string>>;
  readonly dataFolder: string;
  /** Null: HTTP is off. */
  readonly http: HttpSettings | null;
  /** How far the partition clock stays behind the present, ms. */
  readonly grace: number;
  /** Text of the policy file. */
  readonly policy: string | undefined;
  /** The API key that commands send to a running service. */
  readonly apiKey: string | null;
  /** Webhooks and provider topics. */
  readonly sources: Sources;
  /** How long the recipient of a message is remembered, ms; null: not at all. */
  readonly messageMemory: number | null;
  readonly logLevel: LogLevel;
  /** Key for the hashes of erased recipients; undefined: a random one is stored in the database. */
  readonly hashKey: string | undefined;
  /** How long published changes are kept as history, ms. */
  readonly historyKept: number;
  /** How long entries of the audit trail are kept, ms. */
  readonly auditKept: number;
  /** Port on this machine at which psql reaches the embedded database; null: none. */
  readonly psqlPort: number | null;
  /** Networks that requests to HTTP subscribers may go to although they are not public. */
  readonly webhookNetworks: readonly Network[];
  /** Number of partitions of topics that Desist creates. */
  readonly partitions: number;
  readonly replicationFactor: number | undefined;
}

export type KafkaSettings = Pick<
  KafkaOptions,
  'brokers' | 'clientId' | 'groupId' | 'ssl' | 'sasl' | 'sessionTimeout' | 'heartbeatInterval' | 'rebalanceTimeout' | 'requestTimeout'
>;

export interface HttpSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** True: the service may listen beyond this machine without API keys. */
  readonly allowRemote: boolean;
  readonly keys: readonly ApiKey[];
  /** Undefined: no unsubscribe links. */
  readonly unsubscribe: ApiOptions['unsubscribe'];
  /** Undefined: people sign in with keys only. */
  readonly signIn: ApiOptions['signIn'];
  /** Requests per second and caller; undefined: the default. */
  readonly rate: number | undefined;
  /** What `check` answers for a stream while the database is unavailable. */
  readonly whenAway: (stream: string) => WhenAway;
}

const PREFIXES = ['DESIST_', 'KAFKA_'];
const HTTP_DEFAULT = { host: '127.0.0.1', port: 8425 };
/** 13 months, so that the same month of the year before can still be compared. */
const HISTORY_KEPT = 400 * 86_400_000;

export interface Needs {
  readonly servers?: boolean;
  /** The process only writes to the log and needs no database. */
  readonly logOnly?: boolean;
  /** The process reads the sources file. Others do not need its secrets. */
  readonly sources?: boolean;
}

/** @throws ConfigError with every mistake. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>, needs: Needs = {}): Settings {
  const env = readEnvironment(variables);
  const databaseUrl = env.secret('DATABASE_URL') ?? null;
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl)) env.problem('DATABASE_URL: must begin with postgres://');
  const kafka = kafkaSettings(env);
  if (kafka !== null && databaseUrl === null && needs.logOnly !== true)
    env.problem('DATABASE_URL: needed with KAFKA_BROKERS, because the state is in Postgres');
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
    hashKey: hashKey(env),
    historyKept: duration(env, 'DESIST_HISTORY_KEPT') ?? HISTORY_KEPT,
    auditKept: duration(env, 'DESIST_AUDIT_KEPT') ?? HISTORY_KEPT,
    psqlPort: env.integer('DESIST_PSQL_PORT', 0, 65_535) ?? null,
    webhookNetworks: webhookNetworks(env),
    logLevel: env.choice('DESIST_LOG_LEVEL', LOG_LEVELS) ?? 'info',
    partitions: env.integer('DESIST_PARTITIONS', 1, 10_000) ?? (kafka === null ? 4 : 12),
    replicationFactor: env.integer('DESIST_REPLICATION_FACTOR', 1, 100),
  };
  if (settings.psqlPort !== null && databaseUrl !== null)
    env.problem('DESIST_PSQL_PORT: is for the embedded database; with DATABASE_URL connect to that server');
  if (new Set(Object.values(settings.topics)).size < 4) env.problem('DESIST_TOPIC_…: the four topics must have different names');
  const sources = sourcesFrom(env, settings, needs.sources === true);
  // Read elsewhere: by commands that talk to a running service, and by the script that starts this process.
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
    // Each copied record would be copied again, for ever.
    if (own.includes(name)) env.problem(`sources.${source.name}.topic: ${name} is a topic of Desist's own`);
  }
  return sources;
}

function webhookNetworks(env: Environment): readonly Network[] {
  const networks = env.parsed(
    'DESIST_WEBHOOK_NETWORKS',
    (text) => {
      const parsed = text.split(',').map((item) => parseNetwork(item.trim()));
      return parsed.every((network) => network !== undefined) ? parsed : undefined;
    },
    'addresses or networks such as 10.1.0.0/16, several separated by commas',
  );
  return networks ?? [];
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
    env.problem('KAFKA_SSL: needed with KAFKA_SASL_MECHANISM plain, or the password would be sent in clear text');
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
  const keys = apiKeys(env);
  const rate = env.integer('DESIST_HTTP_RATE', 1, 1_000_000);
  const whenAway = awaySettings(env);
  const unsubscribe = unsubscribeSettings(env);
  const signIn = signInSettings(env);
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
  if (
    parsed !== undefined &&
    !allowRemote &&
    keys.length === 0 &&
    signIn === undefined &&
    !/^(localhost|127\.[\d.]+|::1)$/.test(parsed.host)
  ) {
    env.problem(
      `DESIST_HTTP: ${parsed.host} is not this machine: give DESIST_API_KEYS, or DESIST_HTTP_ALLOW_REMOTE=true to serve every client`,
    );
  }
  return { ...HTTP_DEFAULT, ...parsed, allowRemote, keys, unsubscribe, signIn, rate, whenAway };
}

function apiKeys(env: Environment): readonly ApiKey[] {
  const text = env.secret('DESIST_API_KEYS');
  if (text === undefined) return [];
  const { keys, problems } = parseKeys(text);
  for (const problem of problems) env.problem(`DESIST_API_KEYS: ${problem}`);
  if (keys.length === 0 && problems.length === 0) env.problem('DESIST_API_KEYS: contains no key');
  return keys;
}

/** Both or none. The first secret seals, the others open links of before. */
function unsubscribeSettings(env: Environment): ApiOptions['unsubscribe'] {
  const publicUrl = env.parsed('DESIST_PUBLIC_URL', publicUrlIn, 'an https:// URL without query, as recipients reach this service');
  const [newest, ...earlier] = (env.secret('DESIST_UNSUBSCRIBE_SECRETS') ?? '').split(/[\s,]+/).filter((secret) => secret !== '');
  if ([newest, ...earlier].some((secret) => secret !== undefined && secret.length < 32))
    env.problem('DESIST_UNSUBSCRIBE_SECRETS: each must be at least 32 random characters (`openssl rand -base64 32`)');
  if (newest !== undefined && publicUrl === undefined) env.problem('DESIST_PUBLIC_URL: needed with DESIST_UNSUBSCRIBE_SECRETS');
  if (newest === undefined || publicUrl === undefined) return undefined;
  return { tokens: createLinkTokens([newest, ...earlier]), publicUrl };
}

/** Without the slash at the end. RFC 8058 wants HTTPS; plain HTTP is for trying it on this machine. */
function publicUrlIn(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, username, search, hash, href } = new URL(text);
  const isHere = protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
  if ((protocol !== 'https:' && !isHere) || username !== '' || search !== '' || hash !== '') return undefined;
  return href.replace(/\/+$/, '');
}

const OIDC = ['DESIST_OIDC_ISSUER', 'DESIST_OIDC_CLIENT_ID', 'DESIST_OIDC_CLIENT_SECRET', 'DESIST_OIDC_ACCESS', 'DESIST_CONSOLE_URL'];

/** All of them or none; the scopes have a default. */
function signInSettings(env: Environment): ApiOptions['signIn'] {
  const wanted = 'an https:// URL without query';
  const issuer = env.parsed('DESIST_OIDC_ISSUER', issuerIn, `${wanted}, as the provider calls itself`);
  const clientId = env.text('DESIST_OIDC_CLIENT_ID');
  const clientSecret = env.secret('DESIST_OIDC_CLIENT_SECRET');
  const access = env.secret('DESIST_OIDC_ACCESS');
  const consoleUrl = env.parsed('DESIST_CONSOLE_URL', originIn, 'an https:// URL without path, as people reach the console');
  const scopes = env.parsed('DESIST_OIDC_SCOPES', scopesIn, 'scopes separated by commas, such as groups') ?? ['profile', 'email'];
  const given = OIDC.filter((name) => env.text(name) !== undefined || env.text(`${name}_FILE`) !== undefined);
  // The address of the console alone says nothing.
  if (given.every((name) => name === 'DESIST_CONSOLE_URL')) return undefined;
  for (const name of OIDC) if (!given.includes(name)) env.problem(`${name}: needed with ${given[0] ?? ''}`);
  if (clientSecret !== undefined && clientSecret.length < 16)
    env.problem('DESIST_OIDC_CLIENT_SECRET: must be at least 16 random characters');
  const { grants, problems } = parseGrants(access ?? '');
  for (const problem of problems) env.problem(`DESIST_OIDC_ACCESS: ${problem}`);
  if (access !== undefined && grants.length === 0 && problems.length === 0) env.problem('DESIST_OIDC_ACCESS: contains no line');
  if (issuer === undefined || clientId === undefined || clientSecret === undefined || consoleUrl === undefined) return undefined;
  const provider = createIdentityProvider({
    ...{ issuer, clientId, clientSecret, redirectUri: `${consoleUrl}${CALLBACK_PATH}` },
    scopes: [...new Set(['openid', ...scopes])],
    claims: [...new Set(grants.map(({ claim }) => claim))],
  });
  return { provider, grants, secret: clientSecret, consoleUrl };
}

/** As it is written: a provider may call itself with a slash at the end. */
function issuerIn(text: string): string | undefined {
  return publicUrlIn(text) === undefined ? undefined : text;
}

function originIn(text: string): string | undefined {
  const url = publicUrlIn(text);
  return url !== undefined && new URL(url).origin === url ? url : undefined;
}

function scopesIn(text: string): readonly string[] | undefined {
  const scopes = text.split(/[\s,]+/).filter((scope) => scope !== '');
  return scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(scope)) ? scopes : undefined;
}

/** What `check` answers per stream while the database is unavailable. `*`: every stream that is not named. */
function awaySettings(env: Environment): (stream: string) => WhenAway {
  const named = new Map<string, WhenAway>();
  for (const [variable, away] of [
    ['DESIST_CHECK_FAIL_OPEN', 'open'],
    ['DESIST_CHECK_FAIL_CLOSED', 'closed'],
  ] as const) {
    for (const stream of env.list(variable) ?? []) {
      if (stream !== '*' && !NAME.test(stream)) env.problem(`${variable}: ${stream} is not a valid stream name`);
      if (named.has(stream)) env.problem(`${variable}: ${stream} is named twice`);
      named.set(stream, away);
    }
  }
  return (stream) => named.get(stream) ?? named.get('*') ?? 'error';
}

function hashKey(env: Environment): string | undefined {
  const key = env.secret('DESIST_HASH_KEY');
  if (key !== undefined && key.length < 32) env.problem('DESIST_HASH_KEY: must be at least 32 random characters');
  return key;
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
