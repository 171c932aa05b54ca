/**
 * Erasure of a recipient: what happened up to a moment goes, and what was published of it ends. Events after that moment are those
 * of a new recipient of the same address.
 */
import type { FoldContext, Recipient } from './fold.ts';
import { advanceTo, changeOf, newRecipient, refold, run } from './fold.ts';
import type { Transition } from './machine.ts';
import { newMachine } from './machine.ts';
import type { Change, SuppressionTerms } from './types.ts';

export interface Forgetting {
  /** Ends of everything that stood published; then what later events have brought about. No evidence is quoted. */
  readonly changes: readonly Change[];
  /** The suppressions that held at the moment: they go on to forbid sending. */
  readonly held: readonly SuppressionTerms[];
  /** What is left: the new recipient. It has no facts when nothing happened since. Versions go on. */
  readonly rest: Recipient;
}

/** `at`: of the command; `clock`: the partition's. `r` is not to be used any more. */
export function forget(r: Recipient, at: number, clock: number, context: FoldContext): Forgetting {
  const now = Math.max(clock, r.clock);
  const changes = [...advanceTo(r, now, context)];
  const held = heldAt(r, Math.min(at, now), at, context);
  let version = r.version;
  let from = r.state;
  const left = [...r.standing];
  const end = (type: Change['type'], opener: Transition): void => {
    version += 1;
    const to = left.some(({ opener: { suppression } }) => suppression?.scope === '*') ? 'suppressed' : 'healthy';
    const { suppression, allowance } = opener;
    changes.push(changeOf({ type, at: now, cause: 'operator', from, to, suppression, allowance, evidence: null }, version, now, context));
    from = to;
  };
  for (const item of r.standing) {
    const { opener, stage } = item;
    left.splice(left.indexOf(item), 1);
    if (stage) continue;
    end(opener.suppression === null ? 'disallowed' : 'released', opener);
  }
  const stage = r.standing.find(({ stage }) => stage);
  if (stage !== undefined && from !== 'healthy') end('recovered', stage.opener);
  const rest: Recipient = { ...newRecipient(), facts: r.facts.filter((fact) => fact.at > at), clock: now, version };
  if (rest.facts.length > 0) changes.push(...refold(rest, now, context));
  return { changes, held, rest };
}

function heldAt(r: Recipient, clock: number, at: number, { policies }: FoldContext): readonly SuppressionTerms[] {
  const machine = newMachine(
    (stream) => policies.streams.get(stream) ?? policies.base,
    () => undefined,
  );
  run(
    r.facts.filter((fact) => fact.at <= at),
    clock,
    machine,
  );
  return machine.suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }));
}
