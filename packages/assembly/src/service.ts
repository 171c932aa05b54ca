/**
 * The life of an engine process, with or without the HTTP that takes events in.
 *
 *   settings ──> HTTP (alive, not ready) ──> database and log, waited for ──> engine driven by the log ──> drain, close
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createApi } from '@desist/api';
import type { PolicySet } from '@desist/domain';
import { createEngine, createTally, LogError, StoreError } from '@desist/pipeline';
import type { Engine, Logger } from '@desist/pipeline';
import { createLifecycle, createLogger, createMetrics, systemTime } from '@desist/shell';
import type { Lifecycle, Metrics } from '@desist/shell';
import type { Database } from '@desist/store-postgres';
import { bindInput, checkSchema, createIncidentStore, migrate, requireSchema } from '@desist/store-postgres';
import type { Backends } from './backends.ts';
import { openBackends } from './backends.ts';
import { createHealth } from './health.ts';
import type { Health } from './health.ts';
import { keepErasing } from './erasure.ts';
import { keepWatching } from './incidents.ts';
import { createFeeds } from './feeds.ts';
import type { Feeds } from './feeds.ts';
import { keepHistory, keepPruned } from './retention.ts';
import type { Settings } from './settings.ts';
import { VERSION } from './version.ts';
import { wire } from './wire.ts';

export interface ServiceOptions {
  readonly name: 'engine' | 'standalone' | 'ingest' | 'query';
  readonly settings: Settings;
  readonly policies: PolicySet;
  /** Takes events and commands in over HTTP, too. */
  readonly ingest: boolean;
  /** Stream of the log lines: 2 when standard output belongs to somebody else. */
  readonly logStream?: 1 | 2;
  /** Called once, when the service works. */
  readonly onReady?: (service: { readonly url: string | null }) => void;
}

/** `desist query`: answers and never writes; any number may run beside the engines. */
export async function runQuery({ settings, policies }: Pick<ServiceOptions, 'settings' | 'policies'>): Promise<void> {
  const logger = createLogger({ service: 'query', level: settings.logLevel, stream: 1 });
  const life = createLifecycle(logger);
  try {
    const backends = await openBackends({ settings, logger, name: 'desist-query', owner: 'query' });
    life.opened('database', () => backends.close());
    logger.info({ version: VERSION, policy: policies.version, backends: backends.described }, 'starting');
    const health = createHealth({ db: backends.db, logger, time: systemTime, logProblem: () => null });
    life.opened('health', () => health.close());
    const metrics = createMetrics({
      tally: createTally((domain) => wire.providerOf(domain)),
      partitions: () => [],
      reader: backends.reader,
      monotonic: () => systemTime.monotonic(),
    });
    await serve({
      name: 'query',
      settings,
      policies,
      ingest: false,
      backends,
      engine: null,
      metrics,
      health,
      logger,
      life,
      feeds: undefined,
    });
    const ready = await health.until(
      'waiting for the database',
      async () => {
        await migrated(backends.db);
        await backends.unlock();
      },
      life.signal,
    );
    if (!ready) return;
    health.running();
    await stopped(life.signal);
    logger.info({}, 'stopped');
  } finally {
    await life.close();
  }
}

/** Runs until SIGTERM or SIGINT. @throws StoreError, LogError when it can not begin: the message says what to do. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { name, settings, policies, ingest } = options;
  const logger = createLogger({ service: name, level: settings.logLevel, stream: options.logStream ?? 1 });
  const life = createLifecycle(logger);
  try {
    const owner = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    const backends = await openBackends({ settings, logger, name: `desist-${name}`, owner });
    life.opened('database and log', () => backends.close());
    logger.info({ version: VERSION, policy: policies.version, backends: backends.described }, 'starting');
    const health = createHealth({ db: backends.db, logProblem: () => backends.logProblem(), logger, time: systemTime });
    life.opened('health', () => health.close());
    const tally = createTally((domain) => wire.providerOf(domain));
    const observed: { metrics?: Metrics; incidents?: ReturnType<typeof keepWatching> } = {};
    const feeds = ingest ? createFeeds({ settings, backends, logger, owner, life }) : undefined;
    const engine = createEngine({
      store: backends.store,
      source: backends.log,
      sink: backends.log,
      wire,
      policies,
      time: systemTime,
      logger,
      owner,
      grace: settings.grace,
      tally,
      inputTopic: settings.topics.deliveryEvents,
      partitions: () => health.partitions(),
      committed: (_plan, took) => observed.metrics?.committed(took),
    });
    life.opened('engine', () => engine.close());
    const metrics = createMetrics({
      tally,
      partitions: () => engine.status(),
      reader: backends.reader,
      monotonic: () => systemTime.monotonic(),
      openIncidents: () => observed.incidents?.open() ?? 0,
      ...(feeds === undefined ? {} : { ingest: feeds.tally }),
    });
    observed.metrics = metrics;
    const url = await serve({ ...options, backends, engine, metrics, health, logger, life, feeds });
    if (!(await prepare(backends, settings, health, logger, life))) return;
    const { journal, reader } = backends;
    if (journal !== null) keepPruned({ journal, reader, time: systemTime, logger, signal: life.signal });
    keepErasing({ db: backends.db, journal, time: systemTime, logger, signal: life.signal });
    observed.incidents = keepWatching({
      db: backends.db,
      sink: backends.log,
      policies,
      partitions: () => health.partitions(),
      time: systemTime,
      logger,
      signal: life.signal,
    });
    keepHistory({ db: backends.db, kept: settings.historyKept, time: systemTime, logger, signal: life.signal });
    await servePsql(backends.db, settings, logger, life);
    const running = drive(backends, engine, health, logger, life);
    const feeding = feeds?.run();
    options.onReady?.({ url });
    await Promise.all([running, feeding]);
    logger.info({}, 'stopped');
  } finally {
    await life.close();
  }
}

interface Parts extends ServiceOptions {
  readonly backends: Backends;
  readonly engine: Engine | null;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly logger: Logger;
  readonly life: Lifecycle;
  readonly feeds: Feeds | undefined;
}

export async function serve(parts: Parts): Promise<string | null> {
  const { settings, policies, ingest, backends, engine, metrics, health, logger, life } = parts;
  if (settings.http === null) return null;
  const { host, port, ...access } = settings.http;
  const api = createApi({
    reader: backends.reader,
    incidents: createIncidentStore(backends.db),
    ...(ingest ? { append: (records) => backends.log.append('deliveryEvents', records) } : {}),
    ...parts.feeds?.routes,
    policies,
    ...(engine === null ? {} : { engineStatus: () => engine.status() }),
    ready: () => health.ready(),
    metrics: () => metrics.render(),
    time: systemTime,
    logger,
    version: VERSION,
    ...access,
  });
  const { address } = await api.listen({ host, port });
  life.opened('HTTP', () => api.close());
  logger.info(
    { listening: address },
    access.keys.length > 0
      ? `serving HTTP, to whoever has one of ${access.keys.length} keys`
      : access.allowRemote
        ? 'serving HTTP, to whoever can reach this address'
        : 'serving HTTP, on this machine only: no keys are configured',
  );
  return address;
}

async function servePsql(db: Database, { psqlPort }: Settings, logger: Logger, life: Lifecycle): Promise<void> {
  if (psqlPort === null || db.serveSql === undefined) return;
  const socket = await db.serveSql(psqlPort);
  const { port } = socket;
  life.opened('SQL', () => socket.close());
  logger.info({ port }, `serving SQL on this machine, read-only: psql -h 127.0.0.1 -p ${port} -U desist_reader desist`);
}

/** Waits for database and log. False when the process was told to stop meanwhile. */
export async function prepare(backends: Backends, settings: Settings, health: Health, logger: Logger, life: Lifecycle): Promise<boolean> {
  const { db, journal, log } = backends;
  return health.until(
    'waiting for the database and the log',
    async () => {
      if (db.kind === 'embedded') {
        const steps = await migrate(db);
        if (steps.length > 0) logger.info({ steps }, 'database brought to this version');
      } else await migrated(db);
      await backends.unlock();
      await journal?.ensure();
      const partitions = await log.partitions();
      const bound = await bindInput(db, { topic: settings.topics.deliveryEvents, partitions });
      if (bound.partitions !== partitions) {
        throw new LogError(
          'misconfigured',
          `${settings.topics.deliveryEvents} has ${partitions} partitions, but the recipients in this database are spread over ${bound.partitions}: ` +
            'give the topic it was filled from, or begin with an empty database',
        );
      }
      health.bound(partitions);
    },
    life.signal,
  );
}

/** Of an older database the migration is waited for; a newer one is for a newer program. */
async function migrated(db: Database): Promise<void> {
  const { state, current, wanted } = await checkSchema(db);
  if (state === 'newer') await requireSchema(db);
  if (state === 'ok') return;
  throw new StoreError('unavailable', `the database is at version ${current}, this program needs ${wanted}: run \`desist migrate\``);
}

/** Reads until told to stop. A source that ended is begun again: what was not committed is read once more. */
async function drive({ log }: Backends, engine: Engine, health: Health, logger: Logger, life: Lifecycle): Promise<void> {
  for (let failures = 0; !life.signal.aborted; failures += 1) {
    const began = systemTime.monotonic();
    try {
      health.running();
      await log.run(engine, life.signal);
      return;
    } catch (error) {
      if (!(error instanceof LogError) && !(error instanceof StoreError)) throw error;
      if (systemTime.monotonic() - began > 60_000) failures = 0;
      health.problem(`reading the log: ${error.message}`);
      logger.error({ problem: error.message, kind: error.kind }, 'reading ended: it is begun again');
      await systemTime.sleep(Math.min(30_000, 500 * 2 ** Math.min(failures, 6)), life.signal);
    }
  }
}

/** Resolves when the signal aborts. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
