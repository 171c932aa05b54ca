/** Who did what: acts of operators as data. Moments are ms. */

/**
 * `done`: written in the same transaction as the act. `unconfirmed`: it was about to be done, and nobody knows whether it was. `accepted`: it is
 * durable in the log. `applied`, `dead_letter`: what became of a command whose caller waited. `refused`: nothing was done.
 */
export const AUDIT_OUTCOMES = ['done', 'unconfirmed', 'accepted', 'applied', 'dead_letter', 'refused'] as const;
export type AuditOutcomeName = (typeof AUDIT_OUTCOMES)[number];

export interface NewAuditEntry {
  readonly at: number;
  /** The type of a command, `key_made`, `incident_voided` …: whoever adds an act names it. */
  readonly action: string;
  /** Null: the whole installation, or several tenants. */
  readonly tenant: string | null;
  /** Of the API key; null: there was none. */
  readonly keyId: string | null;
  readonly keyName: string | null;
  /** The key is of this tenant alone: others of the tenant may know which one it is, and where it was used. */
  readonly keyOfTenant: boolean;
  /** The person, as the caller says. */
  readonly by: string | null;
  /** Address of the client, or the host of a command line; null: not known. */
  readonly from: string | null;
  /** Normalised. Null: it is about no recipient, or the recipient was erased. */
  readonly address: string | null;
  /** Id of what it is about: of the command, key, dead letter, incident or partition. */
  readonly target: string | null;
  readonly outcome: AuditOutcomeName;
  readonly note: string | null;
  /** Further values; no address. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends NewAuditEntry {
  readonly id: number;
  /** The recipient was erased, and with it address, target and note of this entry. */
  readonly erased: boolean;
}

/** All given conditions apply. */
export interface AuditFilter {
  /** Any of these; entries of no tenant are left out. Undefined: everything. */
  readonly tenants?: readonly string[];
  /** Id or name of the key, or the person. */
  readonly who?: string;
  readonly action?: string;
  readonly since?: number;
  /** Normalised. */
  readonly address?: string;
}

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  readonly cursor: string | null;
}

/** @throws StoreError like `RecipientStore`. */
export interface AuditTrail {
  /** Writes entries, all or none, and answers their ids, in the order of the entries. */
  note(entries: readonly NewAuditEntry[]): Promise<readonly number[]>;
  /** What became of entries. They are named by their ids alone: an erasure takes out what they are about. */
  settle(ids: readonly number[], outcome: AuditOutcomeName): Promise<void>;
  /**
   * The newest first. What a page reads is bounded, not what it finds: with a filter it may hold fewer than `limit`, even none, and have a
   * cursor. @throws InvalidCursorError
   */
  page(filter: AuditFilter, options: { readonly cursor?: string; readonly limit: number }): Promise<AuditPage>;
  /** Takes address, target and note out of the entries about this recipient. Answers how many. */
  erase(tenant: string, address: string): Promise<number>;
  /** Deletes entries from before this moment; answers how many. */
  prune(before: number): Promise<number>;
}
