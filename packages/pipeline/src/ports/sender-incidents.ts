/** Sender incidents: what the partitions counted, and what was decided. Moments are milliseconds since the epoch. */
import type { PoolCounts, SenderNotice, SenderPlace, SenderReply, Tenant } from '@desist/domain';
import type { PositionInList } from './incidents.ts';

/** Whose mail, to which provider, over all pools. */
export type SentBy = Omit<SenderPlace, 'pool'>;

/** The latest decision, and which of them the log has. */
export interface SenderIncidentRow extends SenderNotice {
  readonly open: boolean;
  /** The revision that the log has. If it is below `revision`, the decision is still to be announced. */
  readonly announcedRevision: number;
  readonly createdAt: number;
}

export interface SentCounts {
  readonly by: SentBy;
  /** By pool. */
  readonly pools: readonly PoolCounts[];
}

/** Decisions about sender incidents, and the roll-ups of all partitions. @throws StoreError like `RecipientStore`. */
export interface SenderIncidentStore {
  /**
   * Tenants and providers of which so many tries were refused for the sender's fault since then, half of them in quarters and pools in
   * which they were more than a quarter of `share`. No others can have one. Sorted by tenant and provider.
   */
  suspects(terms: { readonly since: number; readonly refused: number; readonly share: number }): Promise<readonly SentBy[]>;
  /** Counts by hour from `hours` on, by quarter from `quarters` (both full hours) up to `until`. No element for those without any. */
  counts(
    by: readonly SentBy[],
    span: { readonly hours: number; readonly quarters: number; readonly until: number },
  ): Promise<readonly SentCounts[]>;
  /** The replies that refused tries of a place from a moment on and before another, the most frequent first. */
  replies(
    place: SenderPlace,
    span: { readonly from: number; readonly until: number; readonly limit: number },
  ): Promise<readonly SenderReply[]>;
  /** The same of one provider, of these tenants together (undefined: of every one), from a moment on. */
  repliesOf(
    provider: string,
    which: { readonly tenants?: readonly string[] | undefined; readonly from: number; readonly limit: number },
  ): Promise<readonly SenderReply[]>;
  /** False: there is one of this id, or one of its place is open. */
  insert(row: SenderIncidentRow): Promise<boolean>;
  /** Replaces the row if the stored one still has this revision. */
  update(row: SenderIncidentRow, revision: number): Promise<boolean>;
  find(id: string): Promise<SenderIncidentRow | null>;
  /** Newest first, behind a position. */
  list(which: {
    readonly tenants?: readonly string[];
    readonly limit: number;
    readonly before?: PositionInList;
  }): Promise<readonly SenderIncidentRow[]>;
  open(): Promise<readonly SenderIncidentRow[]>;
  /** Those of these tenants and providers that are open, or ended after this moment. By id. */
  since(by: readonly SentBy[], moment: number): Promise<readonly SenderIncidentRow[]>;
  unannounced(): Promise<readonly SenderIncidentRow[]>;
  markAnnounced(id: string, revision: number): Promise<void>;
  /** Drops replies of before a moment, ended incidents of before another, and of each tenant all but the latest so many. */
  prune(before: { readonly replies: number; readonly incidents: number; readonly most: number }): Promise<void>;
}

/** Replies of one kind in one quarter of an hour, as a commit adds them. At most one row per key: all but `events`, `recipients`, `reply`. */
export interface SenderReplyRow {
  readonly tenant: Tenant;
  readonly provider: string;
  /** Empty: none. */
  readonly pool: string;
  /** Start of the quarter. */
  readonly at: number;
  readonly category: string;
  readonly code: string;
  readonly events: number;
  /** Bits of the recipients. */
  readonly recipients: number;
  readonly reply: string | null;
}

/** A decision that a partition published. */
export interface PublishedSenderIncident {
  readonly id: string;
  readonly revision: number;
}
