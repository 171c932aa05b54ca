/** API keys in the database: made, rotated and ended while services run. Only hashes are stored. Moments are ms. */

import type { NewAuditEntry } from './audit-trail.ts';

/** `reader` reads; `ingester` sends events; `operator` may do both, and send commands. */
export const KEY_ROLES = ['reader', 'ingester', 'operator'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface StoredKey {
  readonly id: string;
  /** For people. Unique among the keys of the same tenants that are not ended. */
  readonly name: string;
  readonly roles: readonly KeyRole[];
  /** Sorted. Null: every tenant. */
  readonly tenants: readonly string[] | null;
  readonly createdAt: number;
  readonly createdBy: string | null;
  readonly expiresAt: number | null;
  readonly rotatedAt: number | null;
  readonly endedAt: number | null;
  /** About the hour; null: never, or not noted yet. */
  readonly lastUsedAt: number | null;
}

/** One hash that a key is known by. */
export interface KeySecret {
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string;
  /** Null: as long as the key itself. */
  readonly until: number | null;
}

export interface UsableKey extends StoredKey {
  readonly secrets: readonly KeySecret[];
}

export interface UsableKeys {
  /** Rises with each change of a key; 0: there never was a key. */
  readonly revision: number;
  /** Those that are not ended. Whether they have expired is for the caller to see. */
  readonly keys: readonly UsableKey[];
}

export interface NewKey extends Pick<StoredKey, 'id' | 'name' | 'roles' | 'tenants' | 'createdAt' | 'createdBy' | 'expiresAt'> {
  readonly hash: string;
}

export interface KeyRotation {
  readonly hash: string;
  readonly at: number;
  /** When the earlier secrets end, at the latest. */
  readonly until: number;
}

export interface KeyPage {
  readonly items: readonly StoredKey[];
  readonly cursor: string | null;
}

/** Keys that are not ended, at most: every process knows all of them. */
export const MOST_KEYS = 10_000;
/** Secrets of one key that are valid at the same time, at most. */
export const MOST_SECRETS = 8;

/** Each change writes its entry of the audit trail in the same transaction. @throws StoreError like `RecipientStore`. */
export interface KeyStore {
  keyRevision(): Promise<number>;
  /** All of one moment. */
  usableKeys(): Promise<UsableKeys>;
  /** `too_many`: there are `MOST_KEYS`. */
  makeKey(key: NewKey, entry: NewAuditEntry): Promise<'made' | 'name_taken' | 'too_many'>;
  /** Null: there is no such key, or it has ended. `too_many`: it has `MOST_SECRETS` that are still valid. */
  rotateKey(id: string, rotation: KeyRotation, entry: NewAuditEntry): Promise<StoredKey | 'too_many' | null>;
  /**
   * Null: there is no such key, or it has ended. `last`: it is the last one that may make keys for every tenant, and `keepsOne` forbids to end
   * it.
   */
  endKey(id: string, at: number, keepsOne: boolean, entry: NewAuditEntry): Promise<StoredKey | 'last' | null>;
  /** Also an ended one. */
  key(id: string): Promise<StoredKey | null>;
  /** Those that are not ended, the newest first. `tenants`: only keys of no other tenants. @throws InvalidCursorError */
  keys(filter: { readonly tenants?: readonly string[]; readonly cursor?: string; readonly limit: number }): Promise<KeyPage>;
  /** Notes that keys were used. Never moves a moment back. */
  noteKeyUse(uses: readonly { readonly id: string; readonly at: number }[]): Promise<void>;
}

/** May this key make keys of every tenant? */
export function isAdministrator({ roles, tenants }: Pick<StoredKey, 'roles' | 'tenants'>): boolean {
  return tenants === null && roles.includes('operator');
}

/** Is this the only one left of so many such keys that have not expired? */
export function isLastAdministrator(key: StoredKey, administrators: number, at: number): boolean {
  return isAdministrator(key) && (key.expiresAt ?? Number.POSITIVE_INFINITY) > at && administrators <= 1;
}
