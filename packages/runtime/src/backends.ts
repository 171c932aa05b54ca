/** Database and log, as the settings select them. The only place that knows all adapters. */
import { EXPORT_LIMITS } from '@desist/api';
import type { KafkaLog } from '@desist/log-kafka';
import type { JournalLog } from '@desist/log-postgres';
import { openJournal } from '@desist/log-postgres';
import { StoreError } from '@desist/pipeline';
import type {
  DeadLetterLog,
  Logger,
  LogSink,
  LogSource,
  PartitionFeed,
  RecipientStore,
  StateReader,
  TrafficReader,
  AuditStore,
  AuditTrail,
  KeyStore,
  OutcomeStore,
  PolicyStore,
  PublishedLog,
  ImportStore,
  WhatIfStore,
  IncidentStore,
  SenderIncidentStore,
  SubscriberStore,
} from '@desist/pipeline';
import { systemTime } from './time.ts';
import type { Database, HashOf } from '@desist/store-postgres';
import { createDeadLetterIndex } from './dead-letter-index.ts';
import {
  createChangeFeed,
  createImportStore,
  createWhatIfStore,
  createIncidentStore,
  createSenderIncidentStore,
  createKeyStore,
  createReader,
  createStore,
  createSubscriberStore,
  createTrafficReader,
  hashKeyOf,
  keyedHash,
  openEmbedded,
  openServer,
  createAuditStore,
  createAuditTrail,
  createOutcomeStore,
  createPolicyStore,
} from '@desist/store-postgres';
import type { Settings } from './settings.ts';

export interface Backends {
  readonly db: Database;
  /** The database for requests. Uses separate connections, so that slow requests do not occupy those of the engine. */
  readonly requests: Database;
  readonly store: RecipientStore;
  /** Uses the connections of requests. */
  readonly reader: StateReader;
  /** Decisions of operators about incidents, and their previews. Uses the connections of requests. */
  readonly imports: ImportStore;
  readonly whatIfs: WhatIfStore;
  readonly incidents: IncidentStore;
  /** For requests. */
  readonly senderIncidents: SenderIncidentStore;
  /** Roll-ups and counters, on the same connections as `reader`. */
  readonly traffic: TrafficReader;
  /** Reads exports on separate connections, so that slow readers do not occupy those of the engine and the other routes. */
  readonly exports: Pick<StateReader, 'snapshot'>;
  readonly changes: PartitionFeed;
  /** HTTP subscribers, for requests. */
  readonly subscribers: SubscriberStore;
  /** The database for deliveries to HTTP subscribers, on connections of their own: many of them end at once. */
  readonly deliveries: Database;
  readonly log: LogSource & LogSink & PublishedLog & DeadLetterLog;
  /** Comparisons of the topic of suppressions with the table. */
  readonly audits: AuditStore;
  /** What became of commands and records. */
  readonly outcomes: OutcomeStore;
  /** Who did what. Uses the connections of requests. */
  readonly trail: AuditTrail;
  /** API keys of the database. Uses the connections of requests. */
  readonly keys: KeyStore;
  /** The policy in force. Uses the connections of the engine. */
  readonly policies: PolicyStore;
  /** The same log as its own type, for operations that only one of the two has. */
  readonly kafka: KafkaLog | null;
  readonly journal: JournalLog | null;
  /**
   * Loads the key for the hashes of erased recipients. Called when the schema exists; later calls do nothing. @throws StoreError when the
   * configured key is not the stored one.
   */
  unlock(): Promise<void>;
  /** Why the log is unavailable at the moment; null: no problem is known. */
  logProblem(): string | null;
  /** Description for people, without secrets. */
  readonly described: string;
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Name of this process towards the servers. */
  readonly name: string;
  readonly owner: string;
  readonly connections?: number;
}

/** Connections for requests. */
const REQUESTS = 4;
/** Connections for deliveries; made when there is a subscriber. */
const DELIVERIES = 4;

/** Opens the database; connections to servers are made when first needed. @throws StoreError when the data folder is in use. */
export async function openBackends({ settings, logger, name, owner, connections }: BackendOptions): Promise<Backends> {
  const db = await openDatabase(settings, logger, name, connections);
  // The embedded database has one connection.
  const embedded = settings.databaseUrl === null;
  const requests = embedded ? db : await openDatabase(settings, logger, `${name}-requests`, connections ?? REQUESTS);
  const exported = embedded ? db : await openDatabase(settings, logger, `${name}-export`, EXPORT_LIMITS.concurrent);
  const deliveries = embedded ? db : await openDatabase(settings, logger, `${name}-webhooks`, DELIVERIES);
  let logProblem: string | null = null;
  const kafka = settings.kafka === null ? null : await kafkaOf(settings, logger, (problem) => (logProblem = problem));
  let hash: HashOf | undefined;
  const deadLetters = createDeadLetterIndex(() => hash);
  const journal =
    kafka === null
      ? openJournal({ db, appends: requests, owner, partitions: settings.partitions, deadLetters, logger, time: systemTime })
      : null;
  const hashOf: HashOf = (tenant, address) => {
    if (hash === undefined) throw new StoreError('unavailable', 'the key of erased recipients is not known yet: starting');
    return hash(tenant, address);
  };
  return {
    db,
    requests,
    store: createStore(db, { hashOf }),
    reader: createReader(requests, { hashOf }),
    imports: createImportStore(requests),
    whatIfs: createWhatIfStore(requests),
    incidents: createIncidentStore(requests),
    senderIncidents: createSenderIncidentStore(requests),
    traffic: createTrafficReader(requests),
    exports: createReader(exported, { hashOf }),
    changes: createChangeFeed(requests),
    subscribers: createSubscriberStore(requests),
    deliveries,
    async unlock() {
      hash ??= keyedHash(await hashKeyOf(db, settings.hashKey));
    },
    log: (kafka ?? journal) as Backends['log'],
    audits: createAuditStore(db),
    outcomes: createOutcomeStore(requests),
    trail: createAuditTrail(requests),
    keys: createKeyStore(requests),
    policies: createPolicyStore(db),
    kafka,
    journal,
    logProblem: () => logProblem,
    described: describe(settings),
    async close() {
      await kafka?.close();
      await journal?.close();
      for (const one of new Set([deliveries, exported, requests, db])) await one.close();
    },
  };
}

export async function openDatabase(settings: Settings, logger: Logger, name: string, connections?: number): Promise<Database> {
  if (settings.databaseUrl === null) return openEmbedded({ folder: settings.dataFolder });
  return openServer({
    url: settings.databaseUrl,
    applicationName: name,
    ...(connections === undefined ? {} : { connections }),
    onIdleError: (error) => {
      logger.warn({ problem: error.message }, 'a database connection was lost: it is replaced');
    },
  });
}

/** Its client is loaded only for those who use it. */
async function kafkaOf(settings: Settings, logger: Logger, away: (problem: string | null) => void): Promise<KafkaLog> {
  const { kafka, topics } = settings;
  if (kafka === null) throw new Error('no brokers are configured');
  const { connectKafka } = await import('@desist/log-kafka');
  return connectKafka({ ...kafka, topics, logger, onRebalance: 'keep', observer: { away } });
}

function describe({ databaseUrl, kafka, dataFolder }: Settings): string {
  const database = databaseUrl === null ? `embedded database in ${dataFolder}` : `Postgres at ${hostOf(databaseUrl)}`;
  const log = kafka === null ? 'journal in the database' : `Kafka at ${kafka.brokers.join(', ')}`;
  return `${database}, ${log}`;
}

function hostOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch {
    return 'an unreadable URL';
  }
}
