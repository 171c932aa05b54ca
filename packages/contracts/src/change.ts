/** Encodings of what is published: changes, and the active suppressions of a recipient. */
import type { Allowance, Change, Evidence, SuppressionTerms, Tenant, Address } from '@desist/domain';
import { contentHash } from '@desist/formats/event';
import { formatTime } from '@desist/formats/event';

/** The id of a change. Deterministic, so that a repeated publication has the same id. */
export function changeId(tenant: Tenant, address: Address, version: number): string {
  return contentHash([tenant, address, version]);
}

export function encodeChange(input: {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly change: Change;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}): string {
  return JSON.stringify(changeValue(input));
}

/** The JSON object of a change. `allowed` and `disallowed` carry `allowance` in place of `suppression`. */
export function changeValue({ tenant, address, change, sequence }: Parameters<typeof encodeChange>[0]): object {
  const { type, from, to, suppression, allowance, cause, effectiveAt, recordedAt, evidence, version, corrects, policy, incident } = change;
  const { engagement, probationUntil } = change;
  return {
    version: 1,
    id: changeId(tenant, address, version),
    type,
    tenant,
    recipient: address,
    state: { from, to },
    suppression: suppression === null ? null : changedTerms(suppression),
    ...(allowance === null ? {} : { allowance: allowanceValue(allowance) }),
    cause,
    ...(engagement === undefined ? {} : { engagement }),
    effectiveAt: formatTime(effectiveAt),
    recordedAt: formatTime(recordedAt),
    evidence:
      evidence === null
        ? null
        : {
            ...evidence,
            firstFailureAt: formatTime(evidence.firstFailureAt),
            lastFailureAt: formatTime(evidence.lastFailureAt),
            ...previousOf(evidence),
          },
    policy,
    sequence,
    recipientVersion: version,
    ...(corrects === null ? {} : { corrects: changeId(tenant, address, corrects) }),
    ...(incident === undefined ? {} : { incident }),
    ...(probationUntil === undefined ? {} : { probation: { until: formatTime(probationUntil) } }),
  };
}

/** Of a suppression on probation: the one before, which has expired. */
export function previousOf({ previous }: Evidence): { readonly previous?: { readonly since: string; readonly endedAt: string } } {
  return previous === undefined ? {} : { previous: { since: formatTime(previous.since), endedAt: formatTime(previous.endedAt) } };
}

/** The JSON value on `suppressions`; null (a tombstone) when nothing is active. */
export function encodeSuppressions(input: {
  readonly tenant: Tenant;
  readonly address: Address;
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
  /** Of a domain (`@example.com` in the place of the recipient): also for the domains below it. */
  readonly subdomains?: true;
}

/** In a change, `raisedFrom` names the stream whose suppression was extended to `*`. */
export interface ChangedTermsValue extends TermsValue {
  readonly raisedFrom?: string;
}

function changedTerms(suppression: SuppressionTerms): ChangedTermsValue {
  const { raisedFrom } = suppression;
  return { ...terms(suppression), ...(raisedFrom === undefined ? {} : { raisedFrom }) };
}

export function terms({ scope, reason, since, expiresAt, subdomains }: SuppressionTerms): TermsValue {
  return {
    ...{ scope, reason, since: formatTime(since), expiresAt: expiresAt === null ? null : formatTime(expiresAt) },
    ...(subdomains === true ? { subdomains } : {}),
  };
}

function allowanceValue({ scope, expiresAt }: Allowance): object {
  return { scope, expiresAt: expiresAt === null ? null : formatTime(expiresAt) };
}
