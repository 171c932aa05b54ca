/** Whether a message may be sent to a recipient, for one stream at one moment. */
import { ALL_STREAMS, restsOnFailures } from '@desist/domain';
import type { Checked } from './reader.ts';

export interface Decision {
  readonly allowed: boolean;
  /**
   * Distinct reasons of the suppressions that forbid it; empty when it is allowed. Of a domain's entry: the reason and which entry it is, as in
   * `operator @example.com`.
   */
  readonly reasons: readonly string[];
  /** When the last of these suppressions expires, ms; null: never, or nothing forbids it. */
  readonly expiresAt: number | null;
}

const ALLOWED: Decision = { allowed: true, reasons: [], expiresAt: null };

/** `now`: ms. What expires at `now` is no longer active. */
export function decide(checked: Pick<Checked, 'suppressions' | 'allowed'>, stream: string, now: number): Decision {
  // The fast path: nearly all recipients.
  if (checked.suppressions.length === 0) return ALLOWED;
  const isActive = ({ scope, expiresAt }: { readonly scope: string; readonly expiresAt: number | null }): boolean =>
    (scope === ALL_STREAMS || scope === stream) && (expiresAt === null || expiresAt > now);
  const overridden = checked.allowed.some(isActive);
  const forbidding = checked.suppressions.filter(isActive).filter(({ reason }) => !overridden || !restsOnFailures(reason));
  const last = Math.max(...forbidding.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY));
  return {
    allowed: forbidding.length === 0,
    reasons: [...new Set(forbidding.map(({ reason, entry }) => (entry === undefined ? reason : `${reason} ${entry}`)))],
    expiresAt: Number.isFinite(last) ? last : null,
  };
}
