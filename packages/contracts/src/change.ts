/** What is published: changes, and what holds now. CONTRACT 1.3. */
import type { Allowance, Change, SuppressionTerms } from '@desist/domain';
import { contentHash } from './event.ts';
import { formatTime } from './time.ts';

/** Deterministic: a change that is published again has the same id. */
export function changeId(tenant: string, address: string, version: number): string {
  return contentHash([tenant, address, version]);
}

export function encodeChange(input: {
  readonly tenant: string;
  readonly address: string;
  readonly change: Change;
  readonly sequence: { readonly partition: number; readonly number: number };
}): string {
  return JSON.stringify(changeValue(input));
}

/** The JSON object of a change. `allowed` and `disallowed` carry `allowance` in place of `suppression`. */
export function changeValue({ tenant, address, change, sequence }: Parameters<typeof encodeChange>[0]): object {
  const { type, from, to, suppression, allowance, cause, effectiveAt, recordedAt, evidence, version, corrects, policy, incident } = change;
  return {
    version: 1,
    id: changeId(tenant, address, version),
    type,
    tenant,
    recipient: address,
    state: { from, to },
    suppression: suppression === null ? null : terms(suppression),
    ...(allowance === null ? {} : { allowance: allowanceValue(allowance) }),
    cause,
    effectiveAt: formatTime(effectiveAt),
    recordedAt: formatTime(recordedAt),
    evidence:
      evidence === null
        ? null
        : {
            ...evidence,
            firstFailureAt: formatTime(evidence.firstFailureAt),
            lastFailureAt: formatTime(evidence.lastFailureAt),
          },
    policy,
    sequence,
    recipientVersion: version,
    ...(corrects === null ? {} : { corrects: changeId(tenant, address, corrects) }),
    ...(incident === undefined ? {} : { incident }),
  };
}

/** The value on `suppressions`; null (a tombstone) when nothing holds. */
export function encodeSuppressions(input: {
  readonly tenant: string;
  readonly address: string;
  readonly version: number;
  readonly suppressions: readonly SuppressionTerms[];
  readonly allowed: readonly Allowance[];
}): string | null {
  const { tenant, address, version, suppressions, allowed } = input;
  if (suppressions.length === 0 && allowed.length === 0) return null;
  return JSON.stringify({
    version: 1,
    tenant,
    recipient: address,
    recipientVersion: version,
    suppressions: suppressions.map(terms),
    allowed: allowed.map(allowanceValue),
  });
}

export interface TermsValue {
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
}

export function terms({ scope, reason, since, expiresAt }: SuppressionTerms): TermsValue {
  return { scope, reason, since: formatTime(since), expiresAt: expiresAt === null ? null : formatTime(expiresAt) };
}

function allowanceValue({ scope, expiresAt }: Allowance): object {
  return { scope, expiresAt: expiresAt === null ? null : formatTime(expiresAt) };
}
