/** Incidents: what the partitions counted, what was decided, and how far the partitions have applied it. */
import type { IncidentNotice, IncidentTerms, Tenant } from '@desist/domain';
import type { NewAuditEntry } from './audit-trail.ts';
import type { IncidentCount, StoredRecipient } from './commit-plan.ts';

/** Selects the recipients whose evidence an incident may concern. No others are examined. */
export interface IncidentScope {
  /** Lower bound of `updatedAt`, inclusive, ms. */
  readonly since: number;
  readonly tenant: Tenant | null;
  /** The part of the address after the `@`. */
  readonly domain: string | null;
  /** Text that the stored evidence contains. */
  readonly mention: string | null;
}

export type IncidentOrigin = 'detected' | 'operator';

/** The latest decision about an incident, and which revision the log has. */
export interface IncidentRow extends Omit<IncidentNotice, 'announcedBy'> {
  readonly origin: IncidentOrigin;
  /** `detected` only: its end has not been noticed yet. */
  readonly open: boolean;
  /** The revision that every partition of the log has. If it is below `revision`, the incident is still to be announced. */
  readonly announcedRevision: number;
  readonly createdAt: number;
}

/** How far the partitions have applied the latest revision. `looked`: recipients that were examined. */
export interface IncidentProgress {
  readonly partitions: number;
  readonly done: number;
  readonly looked: number;
  readonly changed: number;
}

/** Whose mail to which provider. */
export interface CountedBy {
  /** Null: of all tenants together. */
  readonly tenant: Tenant | null;
  readonly provider: string;
}

/** One quarter of an hour, of all partitions together. */
export type SummedCount = Omit<IncidentCount, 'tenant' | 'provider'>;

/** By time. */
export interface ProviderCounts<By extends CountedBy = CountedBy> {
  readonly by: By;
  readonly counts: readonly SummedCount[];
}

/**
 * Decisions about incidents, and the counts of all partitions. @throws StoreError like
 * `RecipientStore`.
 */
export interface FoldedSoFar {
  /** The latest partition clock, ms. */
  readonly clock: number;
  /** Records that were folded in all partitions together: while it stays, no count is another. */
  readonly records: number;
  /** Owner of the lowest partition that is not stopped: the one process that looks. Null: none. */
  readonly leader: string | null;
}

/** Where a list goes on: behind the row of this moment and id. Lists of both kinds of incidents have one order. */
export interface PositionInList {
  readonly createdAt: number;
  readonly id: string;
}

export interface IncidentStore {
  /**
   * Tenants and providers of which at least so many recipients began to fail since then, half of them in quarters in which they were more
   * than a quarter of `share`; and what was counted of them since `baseline` before it. No others can have an incident.
   */
  suspects(terms: {
    readonly since: number;
    readonly recipients: number;
    readonly share: number;
    readonly baseline: number;
  }): Promise<readonly ProviderCounts<CountedBy & { readonly tenant: Tenant }>[]>;
  /** The counts of these since then; no element for those without any. */
  counts(by: readonly CountedBy[], since: number): Promise<readonly ProviderCounts[]>;
  /** How far the partitions are, in one small read; null before the first commit. */
  progressOfAll(): Promise<FoldedSoFar | null>;
  /** Adds an incident, and in the same transaction its entry of the audit trail. False, and no entry: there is one of this id, or another one of this tenant (or of all) and provider is open. */
  insert(row: IncidentRow, entry?: NewAuditEntry): Promise<boolean>;
  /** Replaces the row if the stored one still has this revision, with an entry as `insert`. False: it does not. */
  update(row: IncidentRow, revision: number, entry?: NewAuditEntry): Promise<boolean>;
  find(id: string): Promise<IncidentRow | null>;
  /** Newest first. */
  list(which: {
    readonly tenants?: readonly string[];
    readonly limit: number;
    readonly before?: PositionInList;
  }): Promise<readonly IncidentRow[]>;
  open(): Promise<readonly IncidentRow[]>;
  /** Incidents of these providers that were noticed and are open, or ended after this moment, ms. By id. */
  detected(providers: readonly string[], since: number): Promise<readonly IncidentRow[]>;
  /** Those of which the log does not have the latest revision. */
  unannounced(): Promise<readonly IncidentRow[]>;
  markAnnounced(id: string, revision: number): Promise<void>;
  progress(id: string, revision: number): Promise<IncidentProgress>;
  /**
   * Recipients with evidence that terms may concern, from all partitions, in a stable order. What a page reads is bounded, not what it
   * finds: it may be empty. `cursor`: where the next page begins; null after the last.
   */
  evidence(
    terms: IncidentTerms,
    page: { readonly cursor: string | null; readonly limit: number },
  ): Promise<{
    readonly recipients: readonly StoredRecipient[];
    readonly cursor: string | null;
  }>;
  /** Deletes counts from before `counts`, and what partitions know of incidents that ended before `incidents`. Both ms. */
  prune(terms: { readonly counts: number; readonly incidents: number }): Promise<void>;
}
