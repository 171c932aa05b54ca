/** An ingest process: copies webhooks and provider topics into the log, without an engine. Any number may run. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createPipelineMetrics } from '@desist/pipeline';
import { systemTime } from './time.ts';
import { createMetrics } from './metrics.ts';
import { createLogger } from './logging.ts';
import { createLifecycle } from './lifecycle.ts';
import { openBackends } from './backends.ts';
import { createFeeds } from './feeds.ts';
import { createHealth } from './health.ts';
import { inForceOf, prepare, serve, stopped } from './service.ts';
import type { ServiceOptions } from './service.ts';
import { createSubscribers } from './subscribers.ts';
import { VERSION } from './version.ts';
import { codec } from './codec.ts';

export type IngestOptions = Pick<ServiceOptions, 'settings' | 'policyFile' | 'logStream' | 'onReady'>;

/** Runs until SIGTERM or SIGINT. @throws StoreError, LogError when it cannot start: the message says what to do. */
export async function runIngest({ settings, policyFile, logStream, onReady }: IngestOptions): Promise<void> {
  const logger = createLogger({ service: 'ingest', level: settings.logLevel, stream: logStream ?? 1 });
  const life = createLifecycle(logger);
  try {
    const owner = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    const backends = await openBackends({ settings, logger, name: 'desist-ingest', owner });
    life.opened('database and log', () => backends.close());
    const { webhooks, topics } = settings.sources;
    logger.info({ version: VERSION, backends: backends.described, webhooks: webhooks.length, topics: topics.length }, 'starting');
    const inForce = inForceOf({ backends, policyFile, logger });
    const subscribers = createSubscribers({ settings, backends, owner, logger, life });
    const feeds = createFeeds({ settings, backends, logger, owner, life });
    const health = createHealth({
      ...{ db: backends.db, logProblem: () => backends.logProblem(), logger, time: systemTime },
      warnings: () => [...feeds.problems(), ...inForce.problems()],
    });
    life.opened('health', () => health.close());
    const metrics = createMetrics({
      pipeline: createPipelineMetrics((domain) => codec.providerOf(domain)),
      partitions: () => [],
      reader: backends.reader,
      traffic: backends.traffic,
      version: VERSION,
      monotonic: () => systemTime.monotonic(),
      ingest: feeds.metrics,
    });
    const url = await serve({
      name: 'ingest',
      settings,
      policyFile,
      inForce,
      ingest: true,
      backends,
      engine: null,
      metrics,
      health,
      logger,
      life,
      feeds,
      subscribers,
    });
    if (!(await prepare({ backends, settings, health, logger, life, policy: () => inForce.latest() }))) return;
    inForce.follow(async () => undefined, { time: systemTime, logger, signal: life.signal });
    health.running();
    const feeding = feeds.run();
    onReady?.({ url });
    await Promise.all([feeding, stopped(life.signal)]);
    logger.info({}, 'stopped');
  } finally {
    await life.close();
  }
}
