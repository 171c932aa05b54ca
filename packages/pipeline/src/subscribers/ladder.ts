/** When a request that was not taken is sent again. */
import { HOUR, MINUTE } from '@desist/domain';

/** ms after the first, second, … failure. */
const LADDER = [10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR];
const LATER = 6 * HOUR;
/** ms after the first failure at which the last try is made. */
export const GIVEN_UP_AFTER = 72 * HOUR;

/**
 * ms until the next try; null: that was the last one. `failures`: those of this request, the latest included. `failingFor`: ms since the
 * first of them.
 */
export function retryAfter(failures: number, failingFor: number): number | null {
  if (failingFor >= GIVEN_UP_AFTER) return null;
  return Math.min(LADDER[failures - 1] ?? LATER, GIVEN_UP_AFTER - failingFor);
}
