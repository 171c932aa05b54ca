/**
 * Erasure of a recipient: what happened up to a moment goes, and what was published of it ends. Events after that moment are those
 * of a new recipient of the same address.
 */
import { advanceTo } from './fold.ts';
import type { Transition } from './machine.ts';
import { newRecipient } from './recipient.ts';
import type { FoldContext, Recipient } from './recipient.ts';
import { changeOf, refoldForEvidence } from './refold.ts';
import { machineFor, run } from './run.ts';
import type { Change, SuppressionTerms } from './types.ts';

export interface Erasure {
  /** Ends of everything that was published and in force; then what later events have brought about. No evidence is quoted. */
  readonly changes: readonly Change[];
  /** The suppressions that were active at the moment: they go on to block the address. */
  readonly blocks: readonly SuppressionTerms[];
  /** What is left: the new recipient. It has no facts when nothing happened since. Versions go on. */
  readonly rest: Recipient;
}

/** `at`: of the command; `clock`: the partition's. `r` is not to be used any more. */
export function eraseRecipient(r: Recipient, at: number, clock: number, context: FoldContext): Erasure {
  const now = Math.max(clock, r.clock);
  const changes = [...advanceTo(r, now, context)];
  const blocks = suppressionsAt(r, Math.min(at, now), at, context);
  let version = r.version;
  let from = r.state;
  const left = [...r.published];
  const end = (type: Change['type'], openedBy: Transition): void => {
    version += 1;
    const to = left.some(({ openedBy: { suppression } }) => suppression?.scope === '*') ? 'suppressed' : 'healthy';
    const { suppression, allowance } = openedBy;
    changes.push(changeOf({ type, at: now, cause: 'operator', from, to, suppression, allowance, evidence: null }, version, now, context));
    from = to;
  };
  for (const item of r.published) {
    const { openedBy, stage } = item;
    left.splice(left.indexOf(item), 1);
    if (stage) continue;
    end(openedBy.suppression === null ? 'disallowed' : 'released', openedBy);
  }
  const stage = r.published.find(({ stage }) => stage);
  if (stage !== undefined && from !== 'healthy') end('recovered', stage.openedBy);
  const rest: Recipient = { ...newRecipient(), facts: r.facts.filter((fact) => fact.at > at), clock: now, version };
  if (rest.facts.length > 0) changes.push(...refoldForEvidence(rest, now, context, now));
  return { changes, blocks, rest };
}

function suppressionsAt(r: Recipient, clock: number, at: number, { policies, policyVersion }: FoldContext): readonly SuppressionTerms[] {
  // Without the baseline: only what is kept with the facts decides.
  const machine = machineFor({ policies, policyVersion }, () => undefined);
  const facts = r.facts.filter((fact) => fact.at <= at);
  run(facts, clock, machine);
  return machine.suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }));
}
