/** The policy in force, in the database: all engines fold under it, whatever their files say. Moments are ms. */
import type { PolicySet } from '@desist/domain';
import type { NewAuditEntry } from './audit-trail.ts';

/** What makes a policy another one: the values, and those of its shadow. */
export interface PolicyVersions {
  readonly version: string;
  /** Null: there is no shadow policy. */
  readonly shadowVersion: string | null;
}

export function versionsOf({ version, shadow }: PolicySet): PolicyVersions {
  return { version, shadowVersion: shadow?.version ?? null };
}

export function isSamePolicy(a: PolicyVersions, b: PolicyVersions): boolean {
  return a.version === b.version && a.shadowVersion === b.shadowVersion;
}

export interface NewPolicy extends PolicyVersions {
  /** Text of the policy file; null: there is none, and the defaults hold. */
  readonly file: string | null;
  /** Text of the file of the shadow policy; null: there is none. */
  readonly shadowFile: string | null;
  readonly since: number;
  readonly by: string | null;
}

/** From 1; rises with each change. A database that went back in time may use a number again, for another policy. */
export interface PolicyRevision extends PolicyVersions {
  readonly revision: number;
}

export type StoredPolicy = NewPolicy & PolicyRevision;

/**
 * `always`: an operator asked for it. `new`: only one that never was in force, so that a process that starts with the file of yesterday does
 * not take back what was changed since.
 */
export type PutPolicy = 'always' | 'new';

/** `superseded`: it was in force before, and another one is now. */
export type PutOutcome = 'put' | 'same' | 'superseded';

/** Policies that are remembered; earlier ones go, as if they had never been in force. */
export const POLICIES_KEPT = 1_000;

/** @throws StoreError like `RecipientStore`. */
export interface PolicyStore {
  /** Costs next to nothing, for who asks all the time. Null: none was put in force yet. */
  revisionInForce(): Promise<PolicyRevision | null>;
  inForce(): Promise<StoredPolicy | null>;
  /** Puts a policy in force, with the entry of the audit trail in the same transaction. Those who put one at once follow one another. */
  putInForce(policy: NewPolicy, which: PutPolicy, entry: NewAuditEntry): Promise<PutOutcome>;
}
