/** Liveness, readiness and metrics, without a key. */
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import type { ApiOptions } from '../options.ts';
import { GET_LIVENESS, GET_METRICS, GET_READINESS } from '../schemas/operation.ts';

export async function probeRoutes(app: HttpApp, { ready, metrics, version }: ApiOptions): Promise<void> {
  app.get('/healthz', { schema: GET_LIVENESS }, async () => ({ status: 'ok' as const, version }));
  app.get('/readyz', { schema: GET_READINESS }, async () => {
    const { ok, problems } = ready();
    if (!ok) throw new Problem(503, 'Not ready.', { members: { problems } });
    return { status: 'ready' as const, problems: [...problems] };
  });
  app.get('/metrics', { schema: GET_METRICS }, async ({ headers }, reply) => {
    const { contentType, body } = await metrics(headers.accept);
    return reply.header('content-type', contentType).send(body);
  });
}
