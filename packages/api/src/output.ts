/** Times on the way out. */
import { formatTime } from '@desist/contracts';
import type { AllowanceRow, SuppressionRow } from '@desist/pipeline';

/** Null for no time, and for a clock that has not begun. */
export function when(ms: number | null): string | null {
  return ms === null || Math.abs(ms) > 8.64e15 ? null : formatTime(ms);
}

export function suppressionValue(row: SuppressionRow): object {
  const { scope, reason, category, since, expiresAt, firstFailureAt, lastFailureAt, failures, reply, rule, policy } = row;
  return {
    scope,
    reason,
    category,
    since: when(since),
    expiresAt: when(expiresAt),
    firstFailureAt: when(firstFailureAt),
    lastFailureAt: when(lastFailureAt),
    failures,
    reply,
    rule,
    policy,
  };
}

export function allowanceValue({ scope, expiresAt }: AllowanceRow): object {
  return { scope, expiresAt: when(expiresAt) };
}
