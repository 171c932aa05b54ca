/**
 * An engine process, with or without HTTP routes that accept events.
 *
 *   settings ──> HTTP (alive, not ready) ──> wait for database and log ──> the log drives the engine ──> drain, close
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createApi } from '@desist/api';
import type { ApiOptions } from '@desist/api';
import { CONSOLE_FOLDER } from '@desist/console';
import { createEngine, createPipelineMetrics, LogError, StoreError, partitionOf } from '@desist/pipeline';
import type { Appended, Engine, Logger, OutRecord, PipelineMetrics } from '@desist/pipeline';
import { watchStandby } from './standby.ts';
import { systemTime } from './time.ts';
import { createMetrics } from './metrics.ts';
import { createLogger } from './logging.ts';
import { ConfigError } from './environment.ts';
import { createLifecycle } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Database } from '@desist/store-postgres';
import { bindInput, checkSchema, createAuditStore, migrate, requireSchema } from '@desist/store-postgres';
import type { Backends } from './backends.ts';
import { openBackends } from './backends.ts';
import { otherPartitionCount, watchPartitionCount } from './partition-count.ts';
import { createHealth } from './health.ts';
import type { Health } from './health.ts';
import { keepErasing } from './erasure.ts';
import { watchAudits } from './audits.ts';
import { watchIncidents } from './incidents.ts';
import { createFeeds } from './feeds.ts';
import type { Feeds } from './feeds.ts';
import { createSubscribers } from './subscribers.ts';
import type { Subscribers } from './subscribers.ts';
import { keepHistoryPruned, keepJournalPruned } from './retention.ts';
import type { Settings } from './settings.ts';
import { VERSION } from './version.ts';
import { eventLogOf } from './event-log.ts';
import { createWhatIfRunner } from './whatif/runner.ts';
import type { WhatIfRunner } from './whatif/runner.ts';
import { codec } from './codec.ts';
import type { PolicyFileOf } from './policies.ts';
import { createPolicyInForce, entryOf } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';

export interface ServiceOptions {
  readonly name: 'engine' | 'standalone' | 'ingest' | 'query';
  readonly settings: Settings;
  /** Of an engine it is put in force; others follow the engines, and take it while there is none. */
  readonly policyFile: PolicyFileOf;
  /** Also accepts events and commands over HTTP. */
  readonly ingest: boolean;
  /** File descriptor of the log lines: 2 when standard output has another use. */
  readonly logStream?: 1 | 2;
  /** Called once, when the service is running. */
  readonly onReady?: (service: { readonly url: string | null }) => void;
}

/** `desist query`: reads only; any number may run beside the engines. */
export async function runQuery({ settings, policyFile }: Pick<ServiceOptions, 'settings' | 'policyFile'>): Promise<void> {
  const logger = createLogger({ service: 'query', level: settings.logLevel, stream: 1 });
  const life = createLifecycle(logger);
  try {
    const backends = await openBackends({ settings, logger, name: 'desist-query', owner: 'query' });
    life.opened('database', () => backends.close());
    logger.info({ version: VERSION, backends: backends.described }, 'starting');
    const inForce = inForceOf({ backends, policyFile, logger });
    const standby = watchStandby({ db: backends.db, logger, time: systemTime, signal: life.signal });
    const health = createHealth({
      ...{ db: backends.db, logger, time: systemTime, logProblem: () => null },
      warnings: () => [...inForce.problems(), ...standby.problems()],
    });
    life.opened('health', () => health.close());
    const metrics = createMetrics({
      pipeline: createPipelineMetrics((domain) => codec.providerOf(domain)),
      partitions: () => [],
      reader: backends.reader,
      traffic: backends.traffic,
      version: VERSION,
      monotonic: () => systemTime.monotonic(),
      databaseBehind: () => standby.behind(),
    });
    await serve({
      name: 'query',
      settings,
      policyFile,
      inForce,
      ingest: false,
      backends: { ...backends, keys: standby.keys(backends.keys), trail: standby.trail(backends.trail) },
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
        await standby.look();
        await migrated(backends.db);
        await backends.unlock();
        await inForce.latest();
      },
      life.signal,
    );
    if (!ready) return;
    inForce.follow(async () => undefined, { time: systemTime, logger, signal: life.signal });
    health.running();
    await stopped(life.signal);
    logger.info({}, 'stopped');
  } finally {
    await life.close();
  }
}

/** Runs until SIGTERM or SIGINT. @throws StoreError, LogError when it cannot start: the message says what to do. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { name, settings, policyFile, ingest } = options;
  const logger = createLogger({ service: name, level: settings.logLevel, stream: options.logStream ?? 1 });
  const life = createLifecycle(logger);
  try {
    const owner = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    const backends = await openBackends({ settings, logger, name: `desist-${name}`, owner });
    life.opened('database and log', () => backends.close());
    const { version: policy } = policyFile.read.policies;
    logger.info({ version: VERSION, policy, backends: backends.described }, 'starting');
    const inForce = inForceOf({ backends, policyFile, logger });
    const observed: { metrics?: Metrics; feeds?: Feeds | undefined; incidents?: ReturnType<typeof watchIncidents>; engine?: Engine } = {};
    const health = createHealth({
      db: backends.db,
      logProblem: () => backends.logProblem(),
      engineProblems: () => (observed.engine === undefined ? [] : problemsOf(observed.engine)),
      warnings: () => [
        ...(observed.engine === undefined ? [] : warningsOf(observed.engine)),
        ...(observed.feeds?.problems() ?? []),
        ...inForce.problems(),
        ...inForce.warnings(),
      ],
      logger,
      time: systemTime,
    });
    life.opened('health', () => health.close());
    const pipeline = createPipelineMetrics((domain) => codec.providerOf(domain));
    const feeds = ingest ? createFeeds({ settings, backends, logger, owner, life }) : undefined;
    const subscribers = createSubscribers({ settings, backends, owner, logger, life });
    observed.feeds = feeds;
    const engine = createEngine({
      store: backends.store,
      source: backends.log,
      sink: backends.log,
      codec: codec,
      policies: () => inForce.latest(),
      time: systemTime,
      logger,
      owner,
      grace: settings.grace,
      metrics: pipeline,
      inputTopic: settings.topics.deliveryEvents,
      partitions: () => health.partitions(),
      audit: {
        store: backends.audits,
        log: backends.log,
      },
      partitionOf(key) {
        const partitions = health.partitions();
        return partitions === undefined ? undefined : partitionOf(typeof key === 'string' ? Buffer.from(key) : key, partitions);
      },
      committed: (_plan, milliseconds) => observed.metrics?.committed(milliseconds),
    });
    observed.engine = engine;
    life.opened('engine', () => engine.close());
    const metrics = createMetrics({
      pipeline,
      partitions: () => engine.status(),
      retries: () => engine.waits.retries(),
      reader: backends.reader,
      traffic: backends.traffic,
      version: VERSION,
      monotonic: () => systemTime.monotonic(),
      openIncidents: () => observed.incidents?.open() ?? 0,
      openSenderIncidents: () => observed.incidents?.openSenders() ?? 0,
      ...(feeds === undefined ? {} : { ingest: feeds.metrics }),
      webhooks: { dispatcher: subscribers.dispatcher, store: backends.subscribers },
    });
    observed.metrics = metrics;
    const whatIfs = createWhatIfRunner({
      store: backends.whatIfs,
      log: eventLogOf(backends),
      policies: () => inForce.policies(),
      owner,
      time: systemTime,
      logger,
    });
    const url = await serve({
      ...options,
      inForce,
      backends,
      engine,
      metrics,
      health,
      logger,
      life,
      feeds,
      subscribers,
      pipeline,
      whatIfs,
    });
    if (!(await prepare({ backends, settings, health, logger, life, policy: () => inForce.begin() }))) return;
    const { journal, reader } = backends;
    if (journal !== null) keepJournalPruned({ journal, reader, time: systemTime, logger, signal: life.signal });
    watchAudits({ audits: backends.audits, engine, time: systemTime, logger, signal: life.signal });
    keepErasing({ db: backends.db, journal, time: systemTime, logger, signal: life.signal });
    observed.incidents = watchIncidents({
      db: backends.db,
      sink: backends.log,
      policies: () => inForce.policies(),
      owner,
      partitions: () => health.partitions(),
      time: systemTime,
      logger,
      signal: life.signal,
    });
    keepHistoryPruned({
      db: backends.db,
      kept: settings.historyKept,
      auditKept: settings.auditKept,
      time: systemTime,
      logger,
      signal: life.signal,
    });
    if (backends.kafka !== null) {
      const { deliveryEvents: topic } = settings.topics;
      const bound = (): number | undefined => health.partitions();
      watchPartitionCount({ log: backends.log, engine, topic, bound, time: systemTime, logger, signal: life.signal });
    }
    inForce.follow(() => engine.followPolicy(), { time: systemTime, logger, signal: life.signal });
    life.onReload(() => void reloadAtSignal(inForce, logger));
    await servePsql(backends.db, settings, logger, life);
    const running = drive({ backends, engine, health, logger, life });
    const feeding = feeds?.run();
    const delivering = subscribers.dispatcher.run(life.signal);
    const comparing = whatIfs.run(life.signal);
    options.onReady?.({ url });
    await Promise.all([running, feeding, delivering, comparing]);
    logger.info({}, 'stopped');
  } finally {
    await life.close();
  }
}

export function inForceOf({ backends, policyFile, logger }: Pick<Parts, 'backends' | 'policyFile' | 'logger'>): PolicyInForce {
  const { policies: store, db } = backends;
  return createPolicyInForce({ store, file: policyFile, alone: db.kind === 'embedded', host: hostname(), time: systemTime, logger });
}

async function reloadAtSignal(inForce: PolicyInForce, logger: Logger): Promise<void> {
  try {
    const outcome = await inForce.reload(SIGNAL, entryOf(SIGNAL, hostname(), systemTime.now()));
    if (outcome.kind === 'no_file') logger.info({ signal: SIGNAL }, 'there is no policy file to read again');
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    logger.error({ signal: SIGNAL, problem: error.message }, 'the policy file was not put in force: send the signal again');
  }
}
const SIGNAL = 'SIGHUP';

interface Parts extends ServiceOptions {
  readonly inForce: PolicyInForce;
  readonly backends: Backends;
  readonly engine: Engine | null;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly logger: Logger;
  readonly life: Lifecycle;
  readonly feeds: Feeds | undefined;
  /** Runs what-ifs; undefined: another process does. */
  readonly whatIfs?: WhatIfRunner;
  /** What adds and changes HTTP subscribers; undefined: this process shows them only. */
  readonly subscribers?: Subscribers;
  /** Metrics of this process's engine; undefined without an engine. */
  readonly pipeline?: PipelineMetrics;
}

export async function serve(parts: Parts): Promise<string | null> {
  const { name, settings, inForce, ingest, backends, engine, metrics, health, logger, life, pipeline } = parts;
  if (settings.http === null) return null;
  const { host, port, ...access } = settings.http;
  const api = createApi({
    reader: backends.reader,
    exports: backends.exports,
    traffic: backends.traffic,
    imports: backends.imports,
    whatIfs: { store: backends.whatIfs, ...(parts.whatIfs === undefined ? {} : { wake: () => parts.whatIfs?.wake() }) },
    incidents: backends.incidents,
    senderIncidents: backends.senderIncidents,
    changes: backends.changes,
    subscribers: { store: backends.subscribers },
    ...parts.subscribers?.routes,
    deadLetters: deadLettersOf(backends.log, ingest),
    // The engine notes its audits on its own connections, requests look on theirs.
    audits: createAuditStore(backends.requests),
    outcomes: backends.outcomes,
    trail: backends.trail,
    keyStore: backends.keys,
    ...(ingest ? { append: (records) => backends.log.append('deliveryEvents', records) } : {}),
    ...parts.feeds?.routes,
    policies: () => inForce.policies(),
    policyInForce: {
      current: () => inForce.current(),
      ...(engine === null ? {} : { reload: (by, entry) => inForce.reload(by, entry) }),
    },
    ...(engine === null ? {} : { engineStatus: () => engine.status() }),
    ready: () => health.ready(),
    metrics: (accept) => metrics.render(accept),
    answered: metrics.answered,
    ...(pipeline === undefined ? {} : { unmatched: (most) => pipeline.unmatched.top(most) }),
    time: systemTime,
    logger,
    version: VERSION,
    ...(name === 'standalone' || name === 'query' ? consoleOf(logger) : {}),
    ...access,
  });
  const { address } = await api.listen({ host, port }).catch((error: unknown) => {
    throw cannotListen(error, `${host}:${port}`);
  });
  life.opened('HTTP', () => api.close());
  logger.info(
    { listening: address },
    access.keys.length > 0
      ? `serving HTTP to clients with a key: ${access.keys.length} are configured, others are in the database`
      : access.allowRemote
        ? 'serving HTTP to every client that can reach this address; once there is a key in the database, only to those with one'
        : 'serving HTTP on this machine only: no keys are configured',
  );
  return address;
}

const NOT_LISTENING: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program uses this port'],
  ['EACCES', 'this user may not use this port'],
  ['EADDRNOTAVAIL', 'this machine does not have this address'],
  ['ENOTFOUND', 'there is no such host'],
]);

/** Other errors are passed on. */
function cannotListen(error: unknown, where: string): unknown {
  const why = NOT_LISTENING.get(String((error as { code?: unknown }).code));
  if (why === undefined) return error;
  return new ConfigError([`DESIST_HTTP: ${where}: ${why}; give another HOST:PORT there or with \`desist start --http\`, or \`off\``]);
}

/** Sources run without a build, and then without the page. */
function consoleOf(logger: Logger): { readonly consoleFolder?: string } {
  if (existsSync(join(CONSOLE_FOLDER, 'index.html'))) return { consoleFolder: CONSOLE_FOLDER };
  logger.warn({}, 'the console is not built, so there is no page: run `npm run build`');
  return {};
}

function deadLettersOf(log: Backends['log'], ingest: boolean): ApiOptions['deadLetters'] & object {
  const resend = async (record: OutRecord): Promise<Appended> => {
    const [appended] = await log.append('deliveryEvents', [record]);
    if (appended === undefined) throw new Error('an append of one record answered no position');
    return appended;
  };
  return {
    deadLetterBounds: () => log.deadLetterBounds(),
    readDeadLetters: (ranges) => log.readDeadLetters(ranges),
    ...(ingest ? { resend } : {}),
  };
}

async function servePsql(db: Database, { psqlPort }: Settings, logger: Logger, life: Lifecycle): Promise<void> {
  if (psqlPort === null || db.serveSql === undefined) return;
  const socket = await db.serveSql(psqlPort);
  const { port } = socket;
  life.opened('SQL', () => socket.close());
  logger.info({ port }, `serving SQL on this machine, read-only: psql -h 127.0.0.1 -p ${port} -U desist_reader desist`);
}

/** Why the engine is not ready: what it is waiting for, and which partitions are stopped. */
function problemsOf(engine: Engine): readonly string[] {
  const stopped = engine.status().filter((one) => one.stopped !== null);
  return [...engine.waits.problems(), ...stopped.map(({ partition, stopped: why }) => `partition ${partition} is stopped: ${why ?? ''}`)];
}

/** For so long a partition is named after its last record of another partitioner, ms. */
const MISPLACED_FOR = 3_600_000;

/** What is wrong although the engine does its work. */
function warningsOf(engine: Engine): readonly string[] {
  const recent = engine.status().filter(({ counts }) => systemTime.now() - (counts.misplacedAt ?? -Infinity) < MISPLACED_FOR);
  return recent.map(
    ({ partition, counts }) =>
      `partition ${partition}: ${counts.misplaced} records of another partitioner, whose recipients release and forget do not reach`,
  );
}

/** Waits for database and log; `policy` finds out what is in force. False when the process was stopped meanwhile. */
export async function prepare(
  parts: Pick<Parts, 'backends' | 'settings' | 'health' | 'logger' | 'life'> & { readonly policy: () => Promise<unknown> },
): Promise<boolean> {
  const { backends, settings, health, logger, life, policy } = parts;
  const { db, journal, log } = backends;
  return health.until(
    'waiting for the database and the log',
    async () => {
      if (db.kind === 'embedded') {
        const { steps } = await migrate(db);
        if (steps.length > 0) logger.info({ steps }, 'the database was migrated to this version');
      } else await migrated(db);
      await backends.unlock();
      await journal?.ensure();
      const partitions = await log.partitions();
      const bound = await bindInput(db, { topic: settings.topics.deliveryEvents, partitions });
      if (bound.partitions !== partitions) {
        const { deliveryEvents: topic } = settings.topics;
        throw new LogError('misconfigured', otherPartitionCount({ topic, partitions, bound: bound.partitions }));
      }
      health.bound(partitions);
      await policy();
    },
    life.signal,
  );
}

/** @throws StoreError: `unavailable` for an older database, because a migration can fix that; `incompatible` for a newer one. */
async function migrated(db: Database): Promise<void> {
  const { state, current, wanted } = await checkSchema(db);
  if (state === 'newer') await requireSchema(db);
  if (state === 'ok') return;
  throw new StoreError('unavailable', `the database is at version ${current}, this program needs ${wanted}: run \`desist migrate\``);
}

/** Reads the log until the process stops. A source that failed is restarted: what was not committed is read again. */
async function drive(parts: Pick<Parts, 'backends' | 'health' | 'logger' | 'life'> & { readonly engine: Engine }): Promise<void> {
  const { backends, engine, health, logger, life } = parts;
  for (let failures = 0; !life.signal.aborted; failures += 1) {
    const startedAt = systemTime.monotonic();
    try {
      health.running();
      await backends.log.run(engine, life.signal);
      return;
    } catch (error) {
      if (!(error instanceof LogError) && !(error instanceof StoreError)) throw error;
      if (systemTime.monotonic() - startedAt > 60_000) failures = 0;
      health.problem(`reading the log: ${error.message}`);
      logger.error({ problem: error.message, kind: error.kind }, 'reading the log ended: restarting');
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
