/** Database and log, as the settings choose them: the one place that knows all adapters. */
import type { KafkaLog } from '@desist/log-kafka';
import { connectKafka } from '@desist/log-kafka';
import type { JournalLog } from '@desist/log-postgres';
import { openJournal } from '@desist/log-postgres';
import { StoreError } from '@desist/pipeline';
import type { Logger, LogSink, LogSource, RecipientStore, StateReader } from '@desist/pipeline';
import { systemTime } from '@desist/shell';
import type { Database, HashOf } from '@desist/store-postgres';
import { createReader, createStore, hashKeyOf, keyedHash, openEmbedded, openServer } from '@desist/store-postgres';
import type { Settings } from './settings.ts';

export interface Backends {
  readonly db: Database;
  readonly store: RecipientStore;
  readonly reader: StateReader;
  readonly log: LogSource & LogSink;
  /** The log again, by what it is: for what only one of them can do. */
  readonly kafka: KafkaLog | null;
  readonly journal: JournalLog | null;
  /** Finds the key of the hashes that stand for erased recipients: once, when the schema is there. @throws StoreError for another key. */
  unlock(): Promise<void>;
  /** Why the log can not be reached at the moment; null: it can, as far as is known. */
  logProblem(): string | null;
  /** What is used, for people: no secrets. */
  readonly described: string;
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Names this process to the servers. */
  readonly name: string;
  readonly owner: string;
  readonly connections?: number;
}

/** Opens the database; connections to servers are made when first needed. @throws StoreError when the data folder is in use. */
export async function openBackends({ settings, logger, name, owner, connections }: BackendOptions): Promise<Backends> {
  const db = await openDatabase(settings, logger, name, connections);
  let away: string | null = null;
  const kafka = settings.kafka === null ? null : kafkaOf(settings, logger, (problem) => (away = problem));
  const journal = kafka === null ? openJournal({ db, owner, partitions: settings.partitions, logger, time: systemTime }) : null;
  let hash: HashOf | undefined;
  const hashOf: HashOf = (tenant, address) => {
    if (hash === undefined) throw new StoreError('unavailable', 'the key of erased recipients is not known yet: starting');
    return hash(tenant, address);
  };
  return {
    db,
    store: createStore(db, { hashOf }),
    reader: createReader(db, { hashOf }),
    async unlock() {
      hash ??= keyedHash(await hashKeyOf(db, settings.hashKey));
    },
    log: (kafka ?? journal) as LogSource & LogSink,
    kafka,
    journal,
    logProblem: () => away,
    described: describe(settings),
    async close() {
      await kafka?.close();
      await journal?.close();
      await db.close();
    },
  };
}

async function openDatabase(settings: Settings, logger: Logger, name: string, connections?: number): Promise<Database> {
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

function kafkaOf(settings: Settings, logger: Logger, away: (problem: string | null) => void): KafkaLog {
  const { kafka, topics } = settings;
  if (kafka === null) throw new Error('no brokers are configured');
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
