/** `GET /v1/recipients/{address}`: state, explanation and history of one recipient. */
import { changeValue } from '@desist/contracts';
import { decodeRecipient, explain, tenantPolicy } from '@desist/domain';
import type { Change, ExplainedFact, Transition } from '@desist/domain';
import type { HistoryEntry, RecipientRecord } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import { addressOf, limitOf, nameOf, queryOf } from './input.ts';
import { allowanceValue, suppressionValue, when } from './output.ts';
import type { ApiOptions } from './server.ts';

interface Path {
  Params: { address: string };
}

interface Who {
  readonly tenant: string;
  readonly address: string;
}

export async function recipientRoutes(app: FastifyInstance, { reader, policies }: ApiOptions): Promise<void> {
  app.get<Path>('/v1/recipients/:address', async ({ params, query }) => {
    const who = whoOf(params.address, queryOf(query, ['tenant']).tenant);
    return stateValue(who, await reader.recipient(who.tenant, who.address));
  });

  app.get<Path>('/v1/recipients/:address/why', async ({ params, query }) => {
    const who = whoOf(params.address, queryOf(query, ['tenant']).tenant);
    const record = await reader.recipient(who.tenant, who.address);
    const state = stateValue(who, record);
    if (record === null) return { ...state, facts: [], transitions: [], whatWouldChangeIt: [], refold: null };
    const recipient = decodeRecipient(record.evidence, record.version);
    if (recipient === undefined) throw new Error('the evidence is of a format that this version does not read');
    const context = { policies: tenantPolicy(policies, who.tenant), policyVersion: policies.version };
    const { view, facts, transitions, whatWouldChangeIt } = explain(recipient, context);
    return {
      ...state,
      facts: facts.map(factValue),
      transitions: transitions.map(transitionValue),
      whatWouldChangeIt,
      refold: {
        note: 'the state, computed again from these facts alone under the policy in force here',
        state: view.state,
        agrees: view.state === record.state,
        policy: policies.version,
      },
    };
  });

  app.get<Path>('/v1/recipients/:address/history', async ({ params, query }) => {
    const { tenant, cursor, limit } = queryOf(query, ['tenant', 'cursor', 'limit']);
    const who = whoOf(params.address, tenant);
    const page = { ...(cursor === undefined ? {} : { cursor }), limit: limitOf(limit) };
    const { items, cursor: next } = await reader.history(who.tenant, who.address, page);
    return { items: items.map((entry) => historyValue(who, entry)), cursor: next };
  });
}

function whoOf(address: string, tenant: string | undefined): Who {
  return { tenant: nameOf(tenant, 'tenant'), address: addressOf(address, 'address') };
}

/** Nobody is unknown: who never failed is healthy. */
function stateValue(who: Who, record: RecipientRecord | null): object {
  return {
    ...who,
    state: record?.state ?? 'healthy',
    policy: record?.policy ?? null,
    streak: record === null || record.streakStartedAt === null ? null : streakValue(record),
    suppressAt: when(record?.suppressAt ?? null),
    advice: record?.advice ?? null,
    suppressions: record?.suppressions.map(suppressionValue) ?? [],
    allowed: record?.allowed.map(allowanceValue) ?? [],
    version: record?.version ?? 0,
    updatedAt: when(record?.updatedAt ?? null),
  };
}

function streakValue({ streakStartedAt, lastFailureAt, failures, messages, category, provider }: RecipientRecord): object {
  return { startedAt: when(streakStartedAt), lastFailureAt: when(lastFailureAt), failures, messages, category, provider };
}

/** `counts`: the state rests on it now. */
function factValue({ fact, role, voidedBy, why }: ExplainedFact): object {
  const judged = fact.kind === 'failure' ? fact.judged : null;
  const counts = (role === 'counted' && voidedBy === null) || role === 'hard_bounce';
  const message = 'message' in fact ? fact.message : null;
  return {
    at: when(fact.at),
    type: fact.kind === 'failure' ? fact.type : fact.kind,
    role,
    counts,
    why,
    voidedBy,
    category: judged?.verdict.category ?? null,
    attribution: judged?.verdict.attribution ?? null,
    rule: judged?.verdict.rule ?? null,
    reply: judged?.reply ?? null,
    ...(message === null ? {} : { messageId: message }),
    stream: 'stream' in fact ? fact.stream : null,
    ...('scope' in fact ? { scope: fact.scope, expiresAt: when(fact.expiresAt), force: fact.force, by: fact.by } : {}),
    // Failures between the one before and this one that are kept as a number only.
    ...(fact.kind === 'failure' && fact.merged > 0 ? { merged: fact.merged } : {}),
  };
}

function transitionValue({ at, type, cause, from, to, suppression, allowance, evidence }: Transition): object {
  return {
    at: when(at),
    type,
    cause,
    from,
    to,
    suppression: suppression === null ? null : { ...suppression, since: when(suppression.since), expiresAt: when(suppression.expiresAt) },
    ...(allowance === null ? {} : { allowance: allowanceValue(allowance) }),
    evidence:
      evidence === null
        ? null
        : { ...evidence, firstFailureAt: when(evidence.firstFailureAt), lastFailureAt: when(evidence.lastFailureAt) },
  };
}

/** A change as it was published, without the place in the log, which the history does not keep. */
function historyValue({ tenant, address }: Who, { version, type, effectiveAt, recordedAt, detail }: HistoryEntry): object {
  const change = { ...(JSON.parse(detail) as object), version, type, effectiveAt, recordedAt } as Change;
  const { sequence: _, ...value } = changeValue({ tenant, address, change, sequence: { partition: 0, number: 0 } }) as Record<
    string,
    unknown
  >;
  return value;
}
