/** `/v1/incidents`: what was noticed, what an operator names; a look at what is inside, and voiding and restoring of it. */
import { contentHash, formatTime, readTerms, termsValue } from '@desist/contracts';
import type { IncidentTerms } from '@desist/domain';
import { createdIncident, previewOf, restoredIncident, voidedIncident } from '@desist/pipeline';
import type { IncidentDecision, IncidentRow, IncidentStore } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import type { Caller } from './access.ts';
import { mayUse, tenantOf, tenantsOf } from './access.ts';
import { byOf, limitOf, objectOf, queryOf } from './input.ts';
import { Problem } from './problem.ts';
import { CREATE_INCIDENT_DOC, DECIDE_INCIDENT_DOC, INCIDENT_DOC, INCIDENTS_DOC, PREVIEW_DOC } from './schemas.ts';
import type { ApiOptions } from './server.ts';

interface Path {
  Params: { id: string };
}

/** Recipients of a page of the preview. */
const PREVIEWED = 500;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const NOTE_LIMIT = 1_000;

export async function incidentRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { incidents, policies, logger, time } = options;
  if (incidents === undefined) return;
  const reading = { role: 'reader' } as const;
  const operating = { role: 'operator' } as const;

  app.get('/v1/incidents', { schema: INCIDENTS_DOC, config: reading }, async ({ query, caller }) => {
    const { tenant, cursor, limit } = queryOf(query, ['tenant', 'cursor', 'limit']);
    const tenants = tenantsOf(caller, tenant);
    const most = limitOf(limit);
    if (cursor !== undefined && !(await isVisible(incidents, cursor, caller))) {
      throw new Problem(400, 'cursor: is not one that was given out for this list');
    }
    const rows = await incidents.list({
      ...(tenants === undefined ? {} : { tenants }),
      ...(cursor === undefined ? {} : { before: cursor }),
      limit: most + 1,
    });
    const items = rows.slice(0, most);
    return { items: items.map(incidentValue), cursor: rows.length > most ? (items.at(-1)?.id ?? null) : null };
  });

  app.post('/v1/incidents', { schema: CREATE_INCIDENT_DOC, config: operating }, async ({ body, caller }, reply) => {
    demandWriting(options);
    const { by, note, ...given } = objectOf(body);
    const terms = termsOf(given, caller);
    const decision = decisionOf({ by, note }, caller, time.now());
    const row = createdIncident(`op-${contentHash(['incident', termsValue(terms)])}`, terms, decision);
    const isNew = await incidents.insert(row);
    logger.info({ caller: caller.name, incident: row.id, isNew }, 'incident named by an operator');
    return reply.code(isNew ? 201 : 200).send(incidentValue(await known(incidents, row.id, caller)));
  });

  app.get<Path>('/v1/incidents/:id', { schema: INCIDENT_DOC, config: reading }, async ({ params, query, caller }) => {
    queryOf(query, []);
    const row = await known(incidents, params.id, caller);
    const { partitions, done, looked, changed } = await incidents.progress(row.id, row.revision);
    return { ...incidentValue(row), progress: { told: row.told >= row.revision, partitions, done, looked, changed } };
  });

  app.get<Path>('/v1/incidents/:id/preview', { schema: PREVIEW_DOC, config: operating }, async ({ params, query, caller }) => {
    const { cursor = null } = queryOf(query, ['cursor']);
    const row = await known(incidents, params.id, caller);
    const page = await incidents.evidence(row.terms, { cursor, limit: PREVIEWED });
    return { ...previewOf(row, page.recipients, policies), cursor: page.cursor };
  });

  for (const [action, decide] of [
    ['void', voidedIncident],
    ['restore', restoredIncident],
  ] as const) {
    const config = { schema: DECIDE_INCIDENT_DOC[action], config: operating };
    app.post<Path>(`/v1/incidents/:id/${action}`, config, async ({ params, body, caller }, reply) => {
      demandWriting(options);
      const row = await known(incidents, params.id, caller);
      const next = decide(row, decisionOf(body === undefined || body === null ? {} : objectOf(body), caller, time.now()));
      if (next === null) return incidentValue(row);
      if (!(await incidents.update(next, row.revision))) {
        throw new Problem(409, 'Somebody else decided about this incident at this moment: look at it again.');
      }
      logger.info({ caller: caller.name, incident: row.id, revision: next.revision }, `incident: ${next.action}`);
      return reply.code(202).send(incidentValue(next));
    });
  }
}

/** A process that only reads decides nothing. */
function demandWriting({ append }: ApiOptions): void {
  if (append === undefined) throw new Problem(503, 'This service only reads: ask one that takes events and commands in.');
}

/** What a key of some tenants may not see is not there. What concerns all tenants is for keys of all of them. */
async function known(incidents: IncidentStore, id: string, caller: Caller): Promise<IncidentRow> {
  const row = ID.test(id) ? await incidents.find(id) : null;
  if (row === null || !maySee(caller, row.terms)) throw new Problem(404, 'There is no incident with this id.');
  return row;
}

async function isVisible(incidents: IncidentStore, id: string, caller: Caller): Promise<boolean> {
  const row = ID.test(id) ? await incidents.find(id) : null;
  return row !== null && maySee(caller, row.terms);
}

function maySee(caller: Caller, { tenant }: IncidentTerms): boolean {
  return tenant === null ? caller.tenants === '*' : mayUse(caller, tenant);
}

/** Every mistake at once. Without a tenant: of all that the key is for, or of its one. */
function termsOf(given: Readonly<Record<string, unknown>>, caller: Caller): IncidentTerms {
  const { tenant } = given;
  const own = caller.tenants === '*' && (tenant === undefined || tenant === null) ? null : tenantOf(caller, tenant);
  const problems: string[] = [];
  const terms = readTerms({ ...given, tenant: own }, (name, wanted) => void problems.push(`${name}: must be ${wanted}`));
  if (terms === undefined || problems.length > 0) {
    throw new Problem(400, `${problems.join('; ')}.`, { members: { errors: problems.map((detail) => ({ detail })) } });
  }
  return terms;
}

function decisionOf(given: Readonly<Record<string, unknown>>, caller: Caller, at: number): IncidentDecision {
  const text = (name: string): string | null => {
    const value = given[name] ?? null;
    if (value === null) return null;
    if (typeof value === 'string' && value.length <= NOTE_LIMIT && value.isWellFormed() && !value.includes('\0')) return value;
    throw new Problem(400, `${name}: must be text of at most ${NOTE_LIMIT} characters`);
  };
  const by = byOf(text('by') ?? undefined, caller);
  return { by: typeof by === 'string' ? by : null, note: text('note'), at };
}

function incidentValue(row: IncidentRow): object {
  const { id, origin, revision, action, holds, open, terms, summary, by, note, at, createdAt } = row;
  return {
    id,
    origin,
    state: open && holds ? 'open' : holds ? 'held_back' : 'not_held_back',
    revision,
    action,
    holds,
    ...termsValue(terms),
    counts: summary === null ? null : { failing: summary.failing, delivered: summary.delivered, usualShare: summary.usualShare },
    codes: summary?.codes ?? [],
    samples: summary?.samples ?? [],
    by,
    note,
    decidedAt: formatTime(at),
    createdAt: formatTime(createdAt),
  };
}
