/**
 * By contrast: a failure that may be the receiving system's counts against the recipient only if, in the same window, the
 * same provider accepted mail for others of the same tenant.
 */
import type { Policy } from '../policy/policy.ts';
import type { BaselineAnswer } from './types.ts';

/** When the window of this moment closes, ms. */
export function windowClosesAt(policy: Policy, at: number): number {
  const { window } = policy.contrast;
  return (Math.floor(at / window) + 1) * window;
}

/** `deliveries`, `failing`: of one tenant and provider, in the window that closes then. */
export function baselineAnswer(policy: Policy, closesAt: number, deliveries: number, failing: number): BaselineAnswer {
  const passes = deliveries >= policy.contrast.deliveries && failing / (failing + deliveries) < policy.contrast.failingShare;
  return { closesAt, passes, deliveries, failing };
}

/** The kept answer of a closed window; undefined: nothing is known of it (any more). */
export type AskBaseline = (provider: string, closesAt: number) => BaselineAnswer | undefined;
