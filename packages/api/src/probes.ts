/** Live, ready, metrics, and the status for people. */
import type { PartitionStatus, StoredPartition } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import { demandAllTenants } from './access.ts';
import { when } from './output.ts';
import { Problem } from './problem.ts';
import { HEALTH_DOC, METRICS_DOC, READY_DOC, STATUS_DOC } from './schemas.ts';
import type { ApiOptions } from './server.ts';

export async function probeRoutes(app: FastifyInstance, { ready, metrics, version }: ApiOptions): Promise<void> {
  app.get('/healthz', { schema: HEALTH_DOC }, async () => ({ status: 'ok', version }));
  app.get('/readyz', { schema: READY_DOC }, async () => {
    const { ok, problems } = ready();
    if (!ok) throw new Problem(503, 'Not ready.', { members: { problems } });
    return { status: 'ready', problems };
  });
  app.get('/metrics', { schema: METRICS_DOC }, async (_request, reply) => {
    const { contentType, body } = await metrics();
    return reply.header('content-type', contentType).send(body);
  });
}

export async function statusRoute(app: FastifyInstance, { reader, engineStatus, version }: ApiOptions): Promise<void> {
  app.get('/v1/status', { schema: STATUS_DOC, config: { role: 'reader' } }, async (request) => {
    demandAllTenants(request.caller);
    const { partitions, recipients, suppressions } = await reader.status();
    const owned = new Map(engineStatus?.().map((status) => [status.partition, status]));
    return {
      version,
      partitions: partitions.map((stored) => partitionValue(stored, owned.get(stored.partition))),
      recipients,
      suppressions,
    };
  });
}

/** `lag`: records of the log that are not committed; null when another process owns the partition. */
function partitionValue(stored: StoredPartition, owned: PartitionStatus | undefined): object {
  return {
    ...stored,
    clock: when(stored.clock),
    updatedAt: when(stored.updatedAt),
    stopped: owned?.stopped ?? stored.stopped,
    lag: owned === undefined ? null : Math.max(0, owned.highWatermark - owned.committed),
    tracked: owned?.tracked ?? null,
  };
}
