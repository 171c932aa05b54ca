/** Greylisting known by what happened, whatever the reply said: the first attempt deferred, accepted some minutes later. */
import { MINUTE } from '../policy/policy.ts';
import type { Fact } from './types.ts';

/** Servers that greylist let a sender wait for 5 minutes as a rule (postgrey's default), and MTAs come back within 15. */
const SOONEST = 5 * MINUTE;
const LATEST = 15 * MINUTE;

/** Milliseconds that the server made the sender wait; null when this fact does not look like greylisting. `facts`: all that are kept, in order. */
export function greylistedFor(facts: readonly Fact[], index: number): number | null {
  const first = facts[index];
  // Only who was never heard of is greylisted: nothing may lie before.
  if (index !== 0 || first?.kind !== 'failure' || first.type !== 'deferred') return null;
  const { attribution, permanence } = first.judged.verdict;
  if (permanence !== 'temporary' || (attribution !== 'system' && attribution !== 'unknown' && attribution !== 'greylisting')) return null;
  const accepted = facts.find((fact) => fact.kind === 'delivered' && fact.at > first.at);
  if (accepted?.kind !== 'delivered' || (first.message !== null && accepted.message !== null && accepted.message !== first.message)) {
    return null;
  }
  const wait = accepted.at - first.at;
  return wait >= SOONEST && wait <= LATEST ? wait : null;
}
