/** `GET /v1/recipients/{address}`: state, explanation and history of one recipient. */
import { changeValue, readPolicyFile } from '@desist/contracts';
import { decodeRecipient, explain, newMachine, run, suppressAt, tenantPolicy } from '@desist/domain';
import type { Change, ExplainedFact, PolicySet, Recipient, Transition } from '@desist/domain';
import type { HistoryEntry, RecipientRecord } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import type { Caller } from './access.ts';
import { tenantOf } from './access.ts';
import { addressOf, limitOf, objectOf, queryOf } from './input.ts';
import { allowanceValue, suppressionValue, when } from './output.ts';
import { Problem } from './problem.ts';
import { HISTORY_DOC, RECIPIENT_DOC, WHAT_IF_DOC, WHY_DOC } from './schemas.ts';
import type { ApiOptions } from './server.ts';

interface Path {
  Params: { address: string };
}

interface Who {
  readonly tenant: string;
  readonly address: string;
}

export async function recipientRoutes(app: FastifyInstance, { reader, policies }: ApiOptions): Promise<void> {
  const reading = { role: 'reader' } as const;

  app.get<Path>('/v1/recipients/:address', { schema: RECIPIENT_DOC, config: reading }, async ({ params, query, caller }) => {
    const who = whoOf(params.address, caller, queryOf(query, ['tenant']).tenant);
    return stateValue(who, await reader.recipient(who.tenant, who.address));
  });

  app.get<Path>('/v1/recipients/:address/why', { schema: WHY_DOC, config: reading }, async ({ params, query, caller }) => {
    const who = whoOf(params.address, caller, queryOf(query, ['tenant']).tenant);
    return whyValue(who, await reader.recipient(who.tenant, who.address), policies);
  });

  app.post<Path>('/v1/recipients/:address/why', { schema: WHAT_IF_DOC, config: reading }, async ({ params, body, caller }) => {
    const { tenant, policy } = objectOf(body);
    const who = whoOf(params.address, caller, tenant);
    if (typeof policy !== 'string') throw new Problem(400, 'policy: must be the text of a policy file');
    const read = readPolicyFile(policy);
    if (!read.ok) throw new Problem(400, 'policy: the file has mistakes', { members: { errors: read.problems } });
    const record = await reader.recipient(who.tenant, who.address);
    return { ...whyValue(who, record, policies), underPolicy: whatIf(who, record, read.policies) };
  });

  app.get<Path>('/v1/recipients/:address/history', { schema: HISTORY_DOC, config: reading }, async ({ params, query, caller }) => {
    const { tenant, cursor, limit } = queryOf(query, ['tenant', 'cursor', 'limit']);
    const who = whoOf(params.address, caller, tenant);
    const page = { ...(cursor === undefined ? {} : { cursor }), limit: limitOf(limit) };
    const { items, cursor: next } = await reader.history(who.tenant, who.address, page);
    return { items: items.map((entry) => historyValue(who, entry)), cursor: next };
  });
}

function whoOf(address: string, caller: Caller, tenant: unknown): Who {
  return { tenant: tenantOf(caller, tenant), address: addressOf(address, 'address') };
}

function recipientOf(record: RecipientRecord): Recipient {
  const recipient = decodeRecipient(record.evidence, record.version);
  if (recipient === undefined) throw new Error('the evidence is of a format that this version does not read');
  return recipient;
}

function whyValue(who: Who, record: RecipientRecord | null, policies: PolicySet): object {
  const state = stateValue(who, record);
  if (record === null) return { ...state, facts: [], transitions: [], whatWouldChangeIt: [], refold: null };
  const context = { policies: tenantPolicy(policies, who.tenant), policyVersion: policies.version };
  const { view, facts, transitions, whatWouldChangeIt } = explain(recipientOf(record), context);
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
}

/** The same facts under another policy: what it would alter of the state as it is. */
function whatIf({ tenant }: Who, record: RecipientRecord | null, policies: PolicySet): object {
  if (record === null) return { policy: policies.version, state: 'healthy', suppressions: [], suppressAt: null, alters: [] };
  const { facts, clock } = recipientOf(record);
  const { base, streams } = tenantPolicy(policies, tenant);
  const machine = newMachine(
    (stream) => streams.get(stream) ?? base,
    () => undefined,
  );
  run(facts, clock, machine);
  const suppressions = machine.suppressions.map(({ scope, reason, since, expiresAt }) => {
    return { scope, reason, since: when(since), expiresAt: when(expiresAt) };
  });
  const deadline = suppressAt(machine);
  return {
    policy: policies.version,
    state: machine.state,
    suppressions,
    suppressAt: when(deadline),
    alters: alters(record, machine.state, suppressions, deadline),
  };
}

function alters(
  record: RecipientRecord,
  state: string,
  suppressions: readonly { readonly scope: string; readonly reason: string; readonly expiresAt: string | null }[],
  deadline: number | null,
): readonly string[] {
  const lines: string[] = [];
  if (state !== record.state) lines.push(`state: ${record.state} becomes ${state}`);
  const name = ({ scope, reason }: { readonly scope: string; readonly reason: string }): string => `${reason} (${scope})`;
  const before = new Map(record.suppressions.map((held) => [name(held), when(held.expiresAt)]));
  for (const held of suppressions) {
    const known = before.get(name(held));
    if (known === undefined) lines.push(`${name(held)}: would be suppressed`);
    else if (known !== held.expiresAt)
      lines.push(`${name(held)}: would end at ${held.expiresAt ?? 'no time'} instead of ${known ?? 'no time'}`);
    before.delete(name(held));
  }
  for (const gone of before.keys()) lines.push(`${gone}: would not be suppressed`);
  if (deadline !== record.suppressAt) lines.push(`the deadline: ${when(record.suppressAt) ?? 'none'} becomes ${when(deadline) ?? 'none'}`);
  return lines;
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
    permanence: judged?.verdict.permanence ?? null,
    rule: judged?.verdict.rule ?? null,
    reply: judged?.reply ?? null,
    ...(message === null ? {} : { messageId: message }),
    stream: 'stream' in fact ? fact.stream : null,
    ...('scope' in fact
      ? { scope: fact.scope, expiresAt: when(fact.expiresAt), force: fact.force, by: fact.by, note: fact.note ?? null }
      : {}),
    // Failures between the one before and this one that are kept as a number only.
    ...(fact.kind === 'failure' && fact.merged > 0 ? { merged: fact.merged } : {}),
    ...(fact.kind === 'failure' && fact.incident !== undefined ? { incident: fact.incident } : {}),
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
