/**
 * Evidence is bounded, and no bound ends an active entry. First goes what a delivery or proof of life has voided, which changes no answer. Then, above the
 * bounds, the machine is asked what each fact was to it, and those go that others stand for:
 *
 *   hard bounces, objections, commands   one scope and reason at a time: what opened an active entry, and its last one, always stay
 *                                        (compact-entries.ts)
 *   other failures                       between the first and the last of a bucket of time (compact-failures.ts)
 *
 * Each kind has a bound of its own: nothing that one tenant's stream repeats leaves less room for what another one said.
 */
import type { TenantPolicy } from '../policy/policy.ts';
import { compactEntries, entrySurplus } from './compact-entries.ts';
import { CAP, compactFailures, isPlain } from './compact-failures.ts';
import { SCOPES } from './machine.ts';
import { observe } from './observe.ts';
import type { RunMachine } from './observe.ts';
import { withoutVoided } from './resets.ts';
import type { Fact } from './types.ts';

export { CAP } from './compact-failures.ts';
/** Facts above a bound that are waited for before the machine is asked again: the cost of asking is shared by as many events. */
export const SLACK = 32;
/** Facts of one recipient, all kinds together: far fewer, except of a recipient with entries of hundreds of streams. */
export const BOUND = 20 * SCOPES;

/** Sorted facts in, sorted facts out; the same array when nothing can go. */
export function compact(facts: readonly Fact[], policies: TenantPolicy, runMachine: RunMachine, slack = 0): readonly Fact[] {
  const kept = withoutVoided(facts, policies);
  if (kept.length <= CAP) return kept;
  const failuresOver = kept.filter(isPlain).length > CAP + slack;
  const entriesOver = entrySurplus(kept) > slack;
  if (!failuresOver && !entriesOver) return kept;
  const seen = observe(kept, policies, runMachine);
  const left = entriesOver ? compactEntries(kept, seen) : kept;
  return failuresOver ? compactFailures(left, policies, seen) : left;
}
