/** The life of an ingest process: webhooks and provider topics into the log, without an engine. Any number may run. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createTally } from '@desist/pipeline';
import { createLifecycle, createLogger, createMetrics, systemTime } from '@desist/shell';
import { openBackends } from './backends.ts';
import { createFeeds } from './feeds.ts';
import { createHealth } from './health.ts';
import { prepare, serve, stopped } from './service.ts';
import type { ServiceOptions } from './service.ts';
import { VERSION } from './version.ts';
import { wire } from './wire.ts';

export type IngestOptions = Pick<ServiceOptions, 'settings' | 'policies' | 'logStream' | 'onReady'>;

/** Runs until SIGTERM or SIGINT. @throws StoreError, LogError when it can not begin: the message says what to do. */
export async function runIngest({ settings, policies, logStream, onReady }: IngestOptions): Promise<void> {
  const logger = createLogger({ service: 'ingest', level: settings.logLevel, stream: logStream ?? 1 });
  const life = createLifecycle(logger);
  try {
    const owner = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    const backends = await openBackends({ settings, logger, name: 'desist-ingest', owner });
    life.opened('database and log', () => backends.close());
    const { webhooks, topics } = settings.sources;
    logger.info({ version: VERSION, backends: backends.described, webhooks: webhooks.length, topics: topics.length }, 'starting');
    const health = createHealth({ db: backends.db, logProblem: () => backends.logProblem(), logger, time: systemTime });
    life.opened('health', () => health.close());
    const feeds = createFeeds({ settings, backends, logger, owner, life });
    const metrics = createMetrics({
      tally: createTally((domain) => wire.providerOf(domain)),
      partitions: () => [],
      reader: backends.reader,
      monotonic: () => systemTime.monotonic(),
      ingest: feeds.tally,
    });
    const url = await serve({
      name: 'ingest',
      settings,
      policies,
      ingest: true,
      backends,
      engine: null,
      metrics,
      health,
      logger,
      life,
      feeds,
    });
    if (!(await prepare(backends, settings, health, logger, life))) return;
    health.running();
    const feeding = feeds.run();
    onReady?.({ url });
    await Promise.all([feeding, stopped(life.signal)]);
    logger.info({}, 'stopped');
  } finally {
    await life.close();
  }
}
