/**
 * Every duration and count of the state machine, with the defaults of the design. Durations are
 * milliseconds. A policy is data: the same events under the same policy always give the same state.
 */
import type { Attribution, Category, Rule } from '@desist/verdicts';
import type { Tenant } from '../keys.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Policy {
  readonly deferral: {
    /** A streak is persistent this long after its first counted failure. */
    readonly persistentAfter: number;
    readonly persistentFailures: number;
    /** ... a soft bounce this long after it. */
    readonly softBounceAfter: number;
    readonly softBounceFailures: number;
    /** ... and suppressed this long after it, when the evidence is dense. */
    readonly suppressAfter: number;
    readonly suppressFailures: number;
    /** The last counted failure must be at least this long after the first. */
    readonly evidenceSpan: number;
    /** More than this without a counted failure ends the streak. */
    readonly largestGap: number;
    /** How long before a suppressing deadline `at_risk` is published. */
    readonly atRiskBefore: number;
  };
  readonly giveUp: {
    /** Give-ups of this many different messages ... */
    readonly messages: number;
    /** ... the last at least this long after the first, suppress. */
    readonly span: number;
    /** A give-up this old no longer counts. */
    readonly remembered: number;
  };
  readonly greylisting: {
    /** Later than this after the first greylisting it is no longer taken for greylisting. */
    readonly window: number;
    /** This long without greylisting starts the window anew. */
    readonly renewAfter: number;
  };
  /** What counts only while the same provider accepts mail for others. Read per tenant. */
  readonly contrast: {
    /** Length of a window, ms; windows begin at multiples of it since the epoch, UTC. */
    readonly window: number;
    /** A closed window says something from so many deliveries on ... */
    readonly deliveries: number;
    /** ... when failing recipients / (failing recipients + deliveries) is under this share. */
    readonly failingShare: number;
  };
  readonly suppression: {
    /** How long the 1st, 2nd, 3rd … `persistent_deferral` in a row lasts; null: until released. The last entry repeats. */
    readonly expiry: readonly (number | null)[];
    /**
     * So long after a `persistent_deferral` has expired, ms, one counted failure of a category that it rested on suppresses again. 0: it takes
     * as much evidence as before.
     */
    readonly probation: number;
    readonly complaintScope: 'all' | 'stream';
  };
  readonly engagement: {
    /** A click releases like a delivery. False: it says nothing, for security scanners click, too. */
    readonly clicks: boolean;
  };
  readonly publish: { readonly deferred: boolean };
  /** When a provider's trouble is noticed by itself. Read of the installation: every tenant is measured alike. */
  readonly incidents: IncidentPolicy;
  /** When it is noticed that a sender is refused for what is the sender's fault. Read of the installation. */
  readonly senderIncidents: SenderIncidentPolicy;
  /** Attribution per category where it differs from the built-in table. */
  readonly attribution: Readonly<Partial<Record<Category, Attribution>>>;
}

export interface IncidentPolicy {
  /** False: none opens by itself; operators can still void what they name. */
  readonly detect: boolean;
  /** Within so long, ms, ... */
  readonly window: number;
  /** ... so many recipients of one tenant and provider begin to fail ... */
  readonly recipients: number;
  /** ... and failing / (failing + deliveries) is at least this share, and twice what it was ... */
  readonly failingShare: number;
  /** ... in the days before, ms, ... */
  readonly baseline: number;
  /** ... of which something is known from so many deliveries on. */
  readonly baselineDeliveries: number;
  /** What lasts longer, ms, is no incident any more. */
  readonly longest: number;
  /** So many tenants, each with an incident of its own at one provider, make it an incident of the whole installation. At least 2. */
  readonly tenants: number;
}

export interface SenderIncidentPolicy {
  /** False: none opens. */
  readonly detect: boolean;
  /** Within so long, ms, ... */
  readonly window: number;
  /** ... so many tries of one tenant (or pool) were answered by one provider, ... */
  readonly tries: number;
  /** ... so many of them refused for the sender's fault, ... */
  readonly refused: number;
  /** ... of so many recipients, about, ... */
  readonly recipients: number;
  /** ... at least this share of the tries, ... */
  readonly share: number;
  /** ... and so many times the share (or half of the way from it to everything) ... */
  readonly times: number;
  /** ... in the days before, ms, ... */
  readonly baseline: number;
  /** ... of which something is known from so many tries on. */
  readonly baselineTries: number;
  /** What lasts longer, ms, is closed. */
  readonly longest: number;
}

export const DEFAULT_POLICY: Policy = {
  deferral: {
    persistentAfter: 24 * HOUR,
    persistentFailures: 2,
    softBounceAfter: 72 * HOUR,
    softBounceFailures: 2,
    suppressAfter: 72 * HOUR,
    suppressFailures: 3,
    evidenceSpan: 48 * HOUR,
    largestGap: 48 * HOUR,
    atRiskBefore: 24 * HOUR,
  },
  giveUp: { messages: 3, span: 72 * HOUR, remembered: 60 * DAY },
  greylisting: { window: 4 * HOUR, renewAfter: 48 * HOUR },
  contrast: { window: 6 * HOUR, deliveries: 20, failingShare: 0.5 },
  suppression: { expiry: [30 * DAY, 90 * DAY, 180 * DAY, null], probation: 14 * DAY, complaintScope: 'all' },
  engagement: { clicks: false },
  publish: { deferred: false },
  incidents: {
    detect: true,
    window: 6 * HOUR,
    recipients: 20,
    failingShare: 0.5,
    baseline: 7 * DAY,
    baselineDeliveries: 20,
    longest: 72 * HOUR,
    tenants: 2,
  },
  senderIncidents: {
    detect: true,
    window: HOUR,
    tries: 50,
    refused: 20,
    recipients: 10,
    share: 0.2,
    times: 3,
    baseline: 7 * DAY,
    baselineTries: 100,
    longest: 72 * HOUR,
  },
  attribution: {},
};

/** The policy of an installation: defaults, overridden per tenant and, within it, per stream. */
export interface PolicySet {
  /** `sha256:` and the hash of the canonical form: it stands on every decision. */
  readonly version: string;
  readonly base: Policy;
  readonly tenants: ReadonlyMap<string, TenantPolicy>;
  /** Rules of the installation's own: asked before the built-in ones, of every tenant's replies. */
  readonly rules?: readonly Rule[];
  /** A second policy that everything is folded with, too: stored and shown, and never acted upon. It has no shadow itself. */
  readonly shadow?: ShadowPolicySet;
}

export interface ShadowPolicySet extends PolicySet {
  /** Of its file, as the policy file names it. */
  readonly name?: string;
}

export interface TenantPolicy {
  readonly base: Policy;
  readonly streams: ReadonlyMap<string, Policy>;
}

/** The policy of a stream: the tenant's when it has none of its own. */
export function streamPolicy({ base, streams }: TenantPolicy, stream: string): Policy {
  return streams.get(stream) ?? base;
}

/** The tenant's policy and those of its streams; the installation's when it has none of its own. */
export function tenantPolicy(set: PolicySet, tenant: Tenant): TenantPolicy {
  return set.tenants.get(tenant) ?? { base: set.base, streams: NO_STREAMS };
}

const NO_STREAMS: ReadonlyMap<string, Policy> = new Map();
