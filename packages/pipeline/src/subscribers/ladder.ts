/** When a request that was not taken is sent again. */
import { HOUR, MINUTE } from '@desist/domain';

/** ms after the first, second, … failure. */
const LADDER = [10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR];
const LATER = 6 * HOUR;
/** ms after the first failure at which the last try is made. */
export const GIVEN_UP_AFTER = 72 * HOUR;

/** ms for which a subscriber may put off one try. */
export const PUT_OFF_AT_MOST = 24 * HOUR;

export interface FailedTries {
  /** Those of this request, the latest included. */
  readonly failures: number;
  /** ms since the first of them. */
  readonly failingFor: number;
  /** ms that the subscriber asked us to wait. It makes the next try later, never earlier. */
  readonly asked?: number | undefined;
}

/** ms until the next try; null: that was the last one. */
export function nextTryIn({ failures, failingFor, asked = 0 }: FailedTries): number | null {
  if (failingFor >= GIVEN_UP_AFTER) return null;
  const wait = Math.max(LADDER[failures - 1] ?? LATER, Math.min(asked, PUT_OFF_AT_MOST));
  return Math.min(wait, GIVEN_UP_AFTER - failingFor);
}
