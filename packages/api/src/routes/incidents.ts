/** `/v1/incidents`: lists, creates and previews incidents, and voids and restores the failures inside. */
import { contentHash, formatTime } from '@desist/formats/event';
import { explainedReplies, readTerms, senderCountsValue, termsValue } from '@desist/contracts';
import { HOUR, quarterOf } from '@desist/domain';
import type { IncidentPolicy, IncidentTerms } from '@desist/domain';
import { createdIncident, previewOf, restoredIncident, voidedIncident } from '@desist/pipeline';
import type {
  IncidentDecision,
  IncidentRow,
  IncidentStore,
  PositionInList,
  SenderIncidentRow,
  SenderIncidentStore,
} from '@desist/pipeline';
import { entryOf } from '../audit.ts';
import type { Act } from '../audit.ts';
import type { Caller } from '../http/access.ts';
import { loggedName, mayUse, signedBy, tenantOf, tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import { badRequest, bodyOrNothing } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { CREATE_INCIDENT, DECIDE_INCIDENT, GET_INCIDENT, LIST_INCIDENTS, PREVIEW_INCIDENT } from '../schemas/incidents.ts';
import type { Decision, Incident } from '../schemas/incidents.ts';
import type { Mistake } from '../schemas/problem.ts';
import { demandWriting } from './append.ts';

/** Recipients per page of a preview. */
const PREVIEWED = 500;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export async function incidentRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { incidents, senderIncidents: senders, policies, logger, time } = options;
  if (incidents === undefined) return;
  const stores = { incidents, senders };
  const reading = { role: 'reader' } as const;
  const operating = { role: 'operator' } as const;

  app.get('/v1/incidents', { schema: LIST_INCIDENTS, config: reading }, async ({ query, caller }) => {
    const { tenant, kind, state, cursor, limit = DEFAULT_LIMIT } = query;
    const tenants = tenantsOf(caller, tenant);
    const position = cursor === undefined ? undefined : await anyIncidentOf(stores, cursor, caller);
    if (position === null) throw badRequest([{ detail: 'cursor: must come from an earlier page of the same list', parameter: 'cursor' }]);
    const rows = await pageOf(
      { incidents: kind === 'sender' ? undefined : incidents, senders: kind === 'provider' ? undefined : senders },
      { tenants, open: state === 'open', limit: limit + 1, position },
    );
    const items = rows.slice(0, limit);
    return { items: items.map(anyIncidentValue), cursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  });

  app.post('/v1/incidents', { schema: CREATE_INCIDENT, config: operating }, async (request, reply) => {
    demandWriting(options);
    const { body, caller } = request;
    const { by: _, note: __, ...given } = body;
    const terms = termsOf(given, caller);
    const decision = decisionOf(body, caller, time.now());
    const row = createdIncident(`op-${contentHash(['incident', termsValue(terms)])}`, terms, decision);
    const isNew = await incidents.insert(row, entryOf(request, actOf('incident_created', row, body), time.now()));
    logger.info({ caller: loggedName(caller), incident: row.id, isNew }, 'incident created by an operator');
    return reply.code(isNew ? 201 : 200).send(incidentValue(await decidedIncidentOf(stores, row.id, caller)));
  });

  app.get('/v1/incidents/:id', { schema: GET_INCIDENT, config: reading }, async ({ params, caller }) => {
    const row = await anyIncidentOf(stores, params.id, caller);
    if (row === null) throw notFound();
    const told = row.announcedRevision >= row.revision;
    if (isSender(row))
      return { ...senderIncidentValue(row), progress: { told, partitions: 0, done: 0, looked: 0, changed: 0 }, counted: null };
    const { partitions, done, looked, changed } = await incidents.progress(row.id, row.revision);
    const counted = await countedOf(incidents, row, policies().base.incidents);
    return { ...incidentValue(row), progress: { told, partitions, done, looked, changed }, counted };
  });

  app.get('/v1/incidents/:id/preview', { schema: PREVIEW_INCIDENT, config: operating }, async ({ params, query, caller }) => {
    const { cursor = null } = query;
    const row = await decidedIncidentOf(stores, params.id, caller);
    const page = await incidents.evidence(row.terms, { cursor, limit: PREVIEWED });
    const { codes, samples, addresses, ...counts } = previewOf(row, page.recipients, policies());
    return { ...counts, codes: [...codes], samples: [...samples], addresses: [...addresses], cursor: page.cursor };
  });

  for (const [action, decide, name] of [
    ['void', voidedIncident, 'incident_voided'],
    ['restore', restoredIncident, 'incident_restored'],
  ] as const) {
    const route = { schema: DECIDE_INCIDENT[action], config: operating, preValidation: bodyOrNothing };
    app.post(`/v1/incidents/:id/${action}`, route, async (request, reply) => {
      demandWriting(options);
      const { params, body, caller } = request;
      const row = await decidedIncidentOf(stores, params.id, caller);
      const next = decide(row, decisionOf(body, caller, time.now()));
      if (next === null) return incidentValue(row);
      const entry = entryOf(request, actOf(name, next, body), time.now());
      if (!(await incidents.update(next, row.revision, entry))) {
        throw new Problem(409, 'Another decision about this incident was made at the same time. Get the incident again.');
      }
      logger.info({ caller: loggedName(caller), incident: row.id, revision: next.revision }, `incident: ${next.action}`);
      return reply.code(202).send(incidentValue(next));
    });
  }
}

function actOf(action: string, { id, revision, terms }: IncidentRow, { by, note }: Decision): Act {
  const { tenant, provider, domain } = terms;
  return { action, tenant, target: id, by, note, detail: { provider, domain, revision } };
}

/** Around an incident, ms. */
const AROUND = 3 * HOUR;

/** Null: nothing is counted of its place, or not any more. */
async function countedOf(incidents: IncidentStore, { terms, summary }: IncidentRow, policy: IncidentPolicy) {
  const { tenant, provider, from, until } = terms;
  if (provider === null) return null;
  const [found] = await incidents.counts([{ tenant, provider }], quarterOf(from - AROUND));
  const end = until === null ? Number.POSITIVE_INFINITY : until + AROUND;
  const quarters = (found?.counts ?? []).filter(({ at }) => at <= end).slice(0, MOST_QUARTERS);
  if (quarters.length === 0) return null;
  return {
    quarters: quarters.map(({ at, failing, delivered }) => ({ at: formatTime(at), failing, delivered })),
    threshold: { share: Math.max(policy.failingShare, 2 * (summary?.usualShare ?? 0)), recipients: policy.recipients },
  };
}

/** Two weeks. */
const MOST_QUARTERS = 14 * 24 * 4;

function notFound(): Problem {
  return new Problem(404, 'There is no incident with this id.');
}

interface Stores {
  readonly incidents: IncidentStore | undefined;
  readonly senders: SenderIncidentStore | undefined;
}
type AnyIncident = IncidentRow | SenderIncidentRow;

/** Of either kind; null: it does not exist, or the key may not see it. */
async function anyIncidentOf({ incidents, senders }: Stores, id: string, caller: Caller): Promise<AnyIncident | null> {
  if (!ID.test(id)) return null;
  const row = (await incidents?.find(id)) ?? (await senders?.find(id)) ?? null;
  return row !== null && maySee(caller, isSender(row) ? row.place : row.terms) ? row : null;
}

/** One that a person may decide about. @throws Problem 404; 409 for a sender incident */
async function decidedIncidentOf(stores: Stores, id: string, caller: Caller): Promise<IncidentRow> {
  const row = await anyIncidentOf(stores, id, caller);
  if (row === null) throw notFound();
  if (isSender(row)) throw new Problem(409, 'A sender incident holds nothing back: there is nothing to void or to restore.');
  return row;
}

interface Wanted {
  readonly tenants: readonly string[] | undefined;
  readonly open: boolean;
  readonly limit: number;
  readonly position: PositionInList | undefined;
}

/** Of both kinds, newest first. */
async function pageOf({ incidents, senders }: Stores, { tenants, open, limit, position }: Wanted): Promise<readonly AnyIncident[]> {
  const of = { ...(tenants === undefined ? {} : { tenants }), ...(position === undefined ? {} : { before: position }), limit };
  const rows = open
    ? (await openIncidentsOf({ incidents, senders }, tenants)).filter((row) => position === undefined || order(position, row) < 0)
    : [...((await incidents?.list(of)) ?? []), ...((await senders?.list(of)) ?? [])];
  return rows.toSorted(order).slice(0, limit);
}

function order(a: PositionInList, b: PositionInList): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Those that go on and concern these tenants (undefined: every one, and all of them together). */
export async function openIncidentsOf(
  { incidents, senders }: Stores,
  tenants: readonly string[] | undefined,
): Promise<readonly AnyIncident[]> {
  const open = [...((await incidents?.open()) ?? []), ...((await senders?.open()) ?? [])];
  return open.filter((row) => {
    const { tenant } = isSender(row) ? row.place : row.terms;
    return tenants === undefined || (tenant !== null && tenants.includes(tenant));
  });
}

export function isSender(row: AnyIncident): row is SenderIncidentRow {
  return 'place' in row;
}

function maySee(caller: Caller, { tenant }: Pick<IncidentTerms, 'tenant'>): boolean {
  return tenant === null ? caller.tenants === '*' : mayUse(caller, tenant);
}

/** The normalised terms. Default tenant: all tenants for a key of all, otherwise the key's only one. @throws Problem 400, 403 */
function termsOf(given: Readonly<Record<string, unknown>> & { readonly tenant?: string | null }, caller: Caller): IncidentTerms {
  const tenant = caller.tenants === '*' ? (given.tenant ?? null) : tenantOf(caller, given.tenant);
  const mistakes: Mistake[] = [];
  const wrong = (name: string, wanted: string): undefined =>
    void mistakes.push({ detail: `${name}: must be ${wanted}`, pointer: `#/${name}` });
  const terms = readTerms({ ...given, tenant }, wrong);
  if (terms === undefined || mistakes.length > 0) throw badRequest(mistakes);
  return terms;
}

function decisionOf({ by, note }: Decision, caller: Caller, at: number): IncidentDecision {
  return { by: signedBy(by, caller), note: note ?? null, at };
}

export function anyIncidentValue(row: AnyIncident): Incident {
  return isSender(row) ? senderIncidentValue(row) : incidentValue(row);
}

function senderIncidentValue({ id, revision, action, open, place, from, until, at, summary, createdAt }: SenderIncidentRow): Incident {
  const { tenant, provider, pool } = place;
  const replies = explainedReplies(provider, summary.replies).map((one) => ({ ...one, actions: [...one.actions] }));
  const terms = { tenant, provider, domain: null, code: null, text: null };
  return {
    ...({ id, kind: 'sender', origin: 'detected', state: open ? 'open' : 'over', revision, action, holds: false } as const),
    ...termsValue({ ...terms, from, until }),
    counts: null,
    codes: replies.map(({ code, count }) => ({ code, count })),
    samples: replies.flatMap(({ reply }) => reply ?? []),
    by: null,
    note: null,
    sender: { pool, ...senderCountsValue(summary), replies },
    decidedAt: formatTime(at),
    createdAt: formatTime(createdAt),
  };
}

export function incidentValue(row: IncidentRow): Incident {
  const { id, origin, revision, action, excludes: holds, open, terms, summary, by, note, at, createdAt } = row;
  return {
    id,
    kind: 'provider',
    origin,
    state: open && holds ? 'open' : holds ? 'held_back' : 'not_held_back',
    revision,
    action,
    holds,
    ...termsValue(terms),
    counts: summary === null ? null : { failing: summary.failing, delivered: summary.delivered, usualShare: summary.usualShare },
    codes: [...(summary?.codes ?? [])],
    samples: [...(summary?.samples ?? [])],
    by,
    note,
    sender: null,
    decidedAt: formatTime(at),
    createdAt: formatTime(createdAt),
  };
}
