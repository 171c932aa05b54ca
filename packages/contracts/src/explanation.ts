/** The facts and transitions of an explanation as others see them: times as text, reasons as sentences. */
import type { Evidence, ExplainedFact, Transition } from '@desist/domain';
import { formatTime } from '@desist/formats/event';
import { previousOf } from './change.ts';
import { effectText, factReasonText } from './explanation-text.ts';

export { ENGAGEMENTS, outlookText } from './explanation-text.ts';
// For the page that explains a log: this entry is the one without Node APIs.
export { parseIncident } from './incident.ts';
export type { DecodedIncident } from './incident.ts';
export { explainedReplies } from './sender-incident.ts';

const when = (at: number | null): string | null => (at === null ? null : formatTime(at));

/** `counts`: the current state depends on it. */
export function factValue({ fact, role, voidedBy, why, effect }: ExplainedFact) {
  const classified = fact.kind === 'failure' ? fact.classified : null;
  const counts = (role === 'counted' && voidedBy === null) || role === 'hard_bounce';
  const message = 'message' in fact ? fact.message : null;
  return {
    at: formatTime(fact.at),
    type: fact.kind === 'failure' ? fact.type : fact.kind,
    ...(fact.kind === 'engaged' ? { kind: fact.engagement, effect: effect === null ? null : effectText(fact.engagement, effect) } : {}),
    // Why it was refused, the reason says.
    role: role === 'nothing_active' || role === 'needs_force' ? ('refused' as const) : role,
    counts,
    why: why === null ? null : factReasonText(why),
    voidedBy,
    category: classified?.verdict.category ?? null,
    attribution: classified?.verdict.attribution ?? null,
    permanence: classified?.verdict.permanence ?? null,
    rule: classified?.verdict.rule ?? null,
    reply: classified?.reply ?? null,
    ...(message === null ? {} : { messageId: message }),
    stream: 'stream' in fact ? fact.stream : null,
    ...('scope' in fact ? { scope: fact.scope, force: fact.force, by: fact.by, note: fact.note ?? null } : {}),
    // Of an `amend`, absent is another thing than never.
    ...('scope' in fact && fact.expiresAt !== undefined ? { expiresAt: when(fact.expiresAt) } : {}),
    ...('subdomains' in fact && fact.subdomains !== undefined ? { subdomains: fact.subdomains } : {}),
    ...(fact.kind === 'amend' && fact.reason !== undefined ? { reason: fact.reason } : {}),
    ...sourceOf(fact),
    // Failures between the previous fact and this one, of which only the count is kept.
    ...(fact.kind === 'failure' && fact.merged > 0 ? { merged: fact.merged } : {}),
    ...(fact.kind === 'failure' && fact.incident !== undefined ? { incident: fact.incident } : {}),
  };
}

function sourceOf(fact: ExplainedFact['fact']): { readonly source?: string } {
  const source = fact.kind === 'failure' ? fact.classified.source : 'source' in fact ? fact.source : undefined;
  return source === undefined ? {} : { source };
}

function withoutPrevious({ previous: _, ...evidence }: Evidence): Omit<Evidence, 'previous'> {
  return evidence;
}

export function transitionValue({ at, type, cause, engagement, from, to, suppression, allowance, evidence, probationUntil }: Transition) {
  return {
    at: when(at),
    type,
    cause,
    ...(engagement === undefined ? {} : { engagement }),
    from,
    to,
    suppression: suppression === null ? null : { ...suppression, since: when(suppression.since), expiresAt: when(suppression.expiresAt) },
    ...(allowance === null ? {} : { allowance: { scope: allowance.scope, expiresAt: when(allowance.expiresAt) } }),
    evidence:
      evidence === null
        ? null
        : {
            ...withoutPrevious(evidence),
            firstFailureAt: when(evidence.firstFailureAt),
            lastFailureAt: when(evidence.lastFailureAt),
            ...previousOf(evidence),
          },
    ...(probationUntil === undefined ? {} : { probation: { until: formatTime(probationUntil) } }),
  };
}
