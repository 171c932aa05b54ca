/** Rows as values of a response: moments become RFC 3339 times. */
import { formatTime } from '@desist/formats/event';
import type { AllowanceRow, CheckedSuppression, SuppressionRow } from '@desist/pipeline';
import type { CheckedTerms, Suppression, Terms } from './schemas/suppressions.ts';

/** An RFC 3339 time; null for null, and for a clock that has not started. */
export function when(ms: number | null): string | null {
  return ms === null || Math.abs(ms) > 8.64e15 ? null : formatTime(ms);
}

export function suppressionValue(row: SuppressionRow): Suppression {
  const { scope, reason, category, since, expiresAt, firstFailureAt, lastFailureAt, failures, reply, rule, policy } = row;
  const { createdBy, note, source, provider, subdomains, probationUntil } = row;
  return {
    scope,
    reason,
    category,
    since: formatTime(since),
    expiresAt: when(expiresAt),
    firstFailureAt: when(firstFailureAt),
    lastFailureAt: when(lastFailureAt),
    failures,
    reply,
    rule,
    policy,
    ...{ createdBy, note, source, provider, subdomains },
    probationUntil: when(probationUntil),
  };
}

export function allowanceValue({ scope, expiresAt }: AllowanceRow): { scope: string; expiresAt: string | null } {
  return { scope, expiresAt: when(expiresAt) };
}

/** Scope, reason and times of a suppression. */
export function termsValue({ scope, reason, since, expiresAt }: Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'>): Terms {
  return { scope, reason, since: formatTime(since), expiresAt: when(expiresAt) };
}

/** The same of what a check found, with the domain whose entry it is. */
export function checkedValue({ entry, subdomains, ...suppression }: CheckedSuppression): CheckedTerms {
  return {
    ...termsValue(suppression),
    ...(entry === undefined ? {} : { entry }),
    ...(subdomains === true ? { subdomains } : {}),
  };
}
