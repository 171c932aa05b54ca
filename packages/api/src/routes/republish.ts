/** `/v1/republish`: comparisons of the topic of suppressions with the table. The owners of the partitions carry them out. */
import type { Audit, AuditStore, StateReader } from '@desist/pipeline';
import { entryOf, recorded } from '../audit.ts';
import { demandAllTenants, loggedName } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { badRequest } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import { GET_REPUBLISH, REPUBLISH, STOP_REPUBLISH } from '../schemas/republish.ts';
import { when } from '../values.ts';

export async function republishRoutes(app: HttpApp, { audits, reader, logger, trail, time }: ApiOptions): Promise<void> {
  if (audits === undefined) return;

  app.post('/v1/republish', { schema: REPUBLISH, config: { role: 'operator' } }, async (request, reply) => {
    const { body, caller } = request;
    demandAllTenants(caller);
    const partitions = await partitionsOf(reader, body.partition, { pointer: '#/partition' });
    const entry = entryOf(request, { action: 'republish_requested', tenant: null, detail: { partitions } }, time.now());
    await recorded({ trail, logger }, entry, 'accepted', async () => {
      for (const partition of partitions) await audits.requestAudit(partition, 'requested');
    });
    logger.info({ caller: loggedName(caller), partitions }, 'an operator asked to compare the topic of suppressions with the table');
    return reply.code(202).send({ items: await itemsOf(audits, partitions) });
  });

  app.get('/v1/republish', { schema: GET_REPUBLISH, config: { role: 'reader' } }, async ({ caller }) => {
    demandAllTenants(caller);
    let listed = 0;
    for (const partition of (await reader.positions()).keys()) listed += await audits.listedAtLeast(partition);
    return { listed, items: await itemsOf(audits) };
  });

  app.delete('/v1/republish', { schema: STOP_REPUBLISH, config: { role: 'operator' } }, async (request) => {
    const { query, caller } = request;
    demandAllTenants(caller);
    const partitions = await partitionsOf(reader, query.partition, { parameter: 'partition' });
    const entry = entryOf(request, { action: 'republish_stopped', tenant: null, detail: { partitions } }, time.now());
    const stopped = await recorded({ trail, logger }, entry, 'accepted', async () => {
      const found: number[] = [];
      for (const partition of partitions) if (await audits.stopAudit(partition)) found.push(partition);
      return found;
    });
    logger.info({ caller: loggedName(caller), stopped }, 'an operator stopped comparisons of the topic of suppressions with the table');
    return { stopped };
  });
}

/** @throws Problem 400 for a partition that nobody has read yet. */
async function partitionsOf(
  reader: Pick<StateReader, 'positions'>,
  given: number | undefined,
  place: { readonly pointer: string } | { readonly parameter: string },
): Promise<readonly number[]> {
  const known = [...(await reader.positions()).keys()].sort((a, b) => a - b);
  if (given === undefined) return known;
  if (!known.includes(given)) {
    throw badRequest([{ detail: `partition: must be one that was read: ${known.join(', ') || 'none was'}`, ...place }]);
  }
  return [given];
}

async function itemsOf(audits: Pick<AuditStore, 'audits'>, partitions?: readonly number[]) {
  const all = await audits.audits();
  return all.filter(({ partition }) => partitions?.includes(partition) !== false).map(auditValue);
}

function auditValue({ request: _, requestedAt, finishedAt, ...audit }: Audit) {
  return { ...audit, requestedAt: when(requestedAt), finishedAt: finishedAt === null ? null : when(finishedAt) };
}
