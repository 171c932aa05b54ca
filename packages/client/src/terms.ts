/** The values on the topics (CONTRACT 1.3), as far as a subscriber needs them, and the decision derived from them. */

export interface SuppressionTerms {
  /** A stream, or `*` for all streams. */
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
  /** Of a domain (`@example.com` in the place of the recipient): also for the domains below it. */
  readonly subdomains?: boolean;
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

/** Where a change stands among those of its partition. */
export interface Sequence {
  readonly partition: number;
  readonly number: number;
  /** Rises when Desist's database went back in time (fail-over, restore): numbers then begin anew. Not given: 0. */
  readonly incarnation?: number;
}

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
  /** Of cause `engaged`: click, reply, login or confirmed. */
  readonly engagement?: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly evidence: Evidence | null;
  readonly policy: string;
  readonly sequence: Sequence;
  readonly recipientVersion: number;
  readonly corrects?: string;
  /** Id of the incident that caused this change, or whose end caused it. */
  readonly incident?: string;
}

interface AnyIncidentChange {
  readonly version: 1;
  readonly id: string;
  /** A tenant, or `*` for all tenants. */
  readonly tenant: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly policy: string;
  readonly sequence: Sequence;
}

/** A decision about an incident. The change concerns no single recipient. `'replies' in change`: it is about a sender. */
export type IncidentChange = ProviderIncidentChange | SenderIncidentChange;

/** In such an incident many recipients fail together, and failures inside it do not count as evidence. */
export interface ProviderIncidentChange extends AnyIncidentChange {
  readonly type: 'incident_opened' | 'incident_closed' | 'incident_voided' | 'incident_restored';
  /** `id`: as in `Change.incident`. */
  readonly incident: { readonly id: string; readonly kind: 'provider' };
  /** True while the failures inside the incident are excluded from evidence. */
  readonly holds: boolean;
  /** Which failures belong to the incident; null matches any value. */
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
  /** Sample replies with addresses removed. */
  readonly samples: readonly string[];
  readonly by: string | null;
  readonly note: string | null;
}

/** A provider refuses a tenant's mail, or that of one of its pools, more than usual for what is the sender's fault. Holds nothing back. */
export interface SenderIncidentChange extends AnyIncidentChange {
  readonly type: 'incident_opened' | 'incident_closed';
  readonly incident: { readonly id: string; readonly kind: 'sender' };
  readonly holds: false;
  readonly terms: {
    readonly tenant: string;
    readonly provider: string;
    /** Null: all of the tenant's. */
    readonly pool: string | null;
    readonly from: string;
    readonly until: string | null;
  };
  /** Tries that were answered, and those of them that were refused for the sender's fault. */
  readonly counts: { readonly tries: number; readonly refused: number; readonly share: number; readonly usualShare: number };
  /** The most frequent replies first. */
  readonly replies: readonly {
    readonly category: string;
    readonly code: string;
    readonly count: number;
    /** An example with addresses removed. */
    readonly reply: string | null;
    readonly meaning: string;
    /** What to do, most useful first. */
    readonly actions: readonly string[];
  }[];
}

/** Current suppressions and allowances of one recipient: the value on the compacted topic. */
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
  /** Of a domain's entry, the reason and which entry it is: `operator @example.com`. */
  readonly reasons: readonly string[];
  readonly expiresAt: string | null;
}

/** Reasons that an allowance (`allow`) overrides. A recipient's or operator's own request is never overridden. */
export const MAY_BE_OVERRIDDEN: ReadonlySet<string> = new Set(['persistent_deferral', 'hard_bounce']);

/** Same decision as `POST /v1/check`. `now`: ms since the epoch. */
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

/** Decodes a JSON object of version 1 that has these members; undefined for anything else. */
export function decodeObject(value: Uint8Array, members: readonly string[]): unknown {
  try {
    const json = JSON.parse(utf8.decode(value)) as Record<string, unknown> | null;
    if (json === null || json['version'] !== 1) return undefined;
    return members.every((member) => json[member] !== undefined) ? json : undefined;
  } catch {
    return undefined;
  }
}
