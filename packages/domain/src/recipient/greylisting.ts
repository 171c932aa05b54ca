/** Greylisting known by what happened, whatever the reply said: the first attempt deferred, accepted some minutes later. */
import { MINUTE } from '../policy/policy.ts';
import type { DeliveredFact, Fact } from './types.ts';

/** Servers that greylist let a sender wait for 5 minutes as a rule (postgrey's default), and MTAs come back within 15. */
const SOONEST = 5 * MINUTE;
const LATEST = 15 * MINUTE;

/** Whether this delivery ends what looks like greylisting. `before`: the facts that were kept until then, in order. */
export function endsGreylisting(before: readonly Fact[], delivered: DeliveredFact): boolean {
  // Somebody who signs in meanwhile, as people do while they wait for a message, has nothing to do with it.
  const since = before.slice(before.findLastIndex(({ kind }) => kind === 'delivered') + 1).filter(({ kind }) => kind !== 'engaged');
  const [first] = since;
  // Only a first attempt is greylisted: nothing else may have failed since the last delivery.
  if (since.length !== 1 || first?.kind !== 'failure' || first.type !== 'deferred' || first.merged > 0) return false;
  const { attribution, permanence } = first.classified.verdict;
  if (permanence !== 'temporary' || (attribution !== 'system' && attribution !== 'unknown' && attribution !== 'greylisting')) return false;
  if (first.message !== null && delivered.message !== null && first.message !== delivered.message) return false;
  const wait = delivered.at - first.at;
  return wait >= SOONEST && wait <= LATEST;
}
