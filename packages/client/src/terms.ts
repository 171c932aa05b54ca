/** What the topics carry (CONTRACT 1.3), as far as a subscriber needs it; and the decision that follows from it. */

export interface SuppressionTerms {
  /** `*`: all streams. */
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
}

export interface Allowance {
  readonly scope: string;
  readonly expiresAt: string | null;
}

export interface Evidence {
  readonly firstFailureAt: string;
  readonly lastFailureAt: string;
  readonly failures: number;
  readonly messages: number;
  readonly category: string;
  readonly rule: string;
  readonly reply: string | null;
}

export type ChangeType =
  'deferred' | 'persistent' | 'soft_bounced' | 'at_risk' | 'suppressed' | 'released' | 'recovered' | 'corrected' | 'allowed' | 'disallowed';

/** One change of a recipient. */
export interface Change {
  readonly version: 1;
  readonly id: string;
  readonly type: ChangeType;
  readonly tenant: string;
  readonly recipient: string;
  readonly state: { readonly from: string; readonly to: string };
  readonly suppression: SuppressionTerms | null;
  readonly allowance?: Allowance;
  readonly cause: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly evidence: Evidence | null;
  readonly policy: string;
  readonly sequence: { readonly partition: number; readonly number: number };
  readonly recipientVersion: number;
  readonly corrects?: string;
  /** The incident that brought it about, or whose end did. */
  readonly incident?: string;
}

/** What was decided about an incident: many recipients fail together, and what fails inside counts for nothing. It is about no recipient. */
export interface IncidentChange {
  readonly version: 1;
  readonly id: string;
  readonly type: 'incident_opened' | 'incident_closed' | 'incident_voided' | 'incident_restored';
  /** `*`: of all tenants. */
  readonly tenant: string;
  /** Its id, as changes of recipients carry it. */
  readonly incident: string;
  /** Its failures are held back. */
  readonly holds: boolean;
  /** Which failures are inside; null: whichever. */
  readonly terms: {
    readonly tenant: string | null;
    readonly provider: string | null;
    readonly domain: string | null;
    readonly code: string | null;
    readonly text: string | null;
    readonly from: string;
    readonly until: string | null;
  };
  readonly counts: { readonly failing: number; readonly delivered: number; readonly share: number; readonly usualShare: number | null };
  readonly codes: readonly { readonly code: string; readonly count: number }[];
  /** Replies, without addresses. */
  readonly samples: readonly string[];
  readonly by: string | null;
  readonly note: string | null;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly policy: string;
  readonly sequence: { readonly partition: number; readonly number: number };
}

/** What holds now for one recipient: the value on the compacted topic. */
export interface Suppressions {
  readonly version: 1;
  readonly tenant: string;
  readonly recipient: string;
  readonly recipientVersion: number;
  readonly suppressions: readonly SuppressionTerms[];
  readonly allowed: readonly Allowance[];
}

export interface Decision {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly expiresAt: string | null;
}

/** By `allow`: never what the recipient or an operator said. */
export const MAY_BE_OVERRIDDEN: ReadonlySet<string> = new Set(['persistent_deferral', 'hard_bounce']);

/** As `POST /v1/check` decides. `now`: ms. */
export function decide(
  {
    suppressions,
    allowed,
  }: { readonly suppressions: readonly Pick<SuppressionTerms, 'scope' | 'reason' | 'expiresAt'>[]; readonly allowed: readonly Allowance[] },
  stream: string,
  now: number,
): Decision {
  const holds = ({ scope, expiresAt }: Allowance): boolean =>
    (scope === '*' || scope === stream) && (expiresAt === null || Date.parse(expiresAt) > now);
  const overridden = allowed.some(holds);
  const forbidding = suppressions.filter(holds).filter(({ reason }) => !overridden || !MAY_BE_OVERRIDDEN.has(reason));
  const last = Math.max(...forbidding.map(({ expiresAt }) => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt))));
  return {
    allowed: forbidding.length === 0,
    reasons: [...new Set(forbidding.map(({ reason }) => reason))],
    expiresAt: Number.isFinite(last) ? new Date(last).toISOString() : null,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** An object of version 1 with these members; undefined for anything else. */
export function decodeObject(value: Uint8Array, members: readonly string[]): unknown {
  try {
    const json = JSON.parse(utf8.decode(value)) as Record<string, unknown> | null;
    if (json === null || json['version'] !== 1) return undefined;
    return members.every((member) => json[member] !== undefined) ? json : undefined;
  } catch {
    return undefined;
  }
}
