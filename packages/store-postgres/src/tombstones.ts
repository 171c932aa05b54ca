/** Erased recipients: what is known of them is a keyed hash, what blocks, and until when an event is still one of theirs. */
import type { Address, RecipientRef, Tenant } from '@desist/domain';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { StoreError } from '@desist/pipeline';
import type { BlockRow, CommitPlan, ErasedRow, Tombstone } from '@desist/pipeline';
import type { Database, Queries } from '@desist/postgres';
import { deleteParkedChanges } from './statements/delete-parked-changes.ts';
import { deleteParkedDeadLetter } from './statements/delete-parked-dead-letter.ts';
import { deleteRecipients } from './statements/delete-recipients.ts';
import { findHashKey } from './statements/find-hash-key.ts';
import { finishErasure } from './statements/finish-erasure.ts';
import { keepHashKey } from './statements/keep-hash-key.ts';
import { listDueErasures } from './statements/list-due-erasures.ts';
import { loadErased } from './statements/load-erased.ts';
import { pageParkedDeadLetters } from './statements/page-parked-dead-letters.ts';
import { upsertErased } from './statements/upsert-erased.ts';
import { upsertErasures } from './statements/upsert-erasures.ts';
import { vacuumErased } from './statements/vacuum-erased.ts';

export type HashOf = (tenant: Tenant, address: Address) => string;

/** HMAC-SHA-256 in base64url: without the key nobody finds out whose it is by trying addresses. */
export function keyedHash(key: Uint8Array): HashOf {
  return (tenant, address) => createHmac('sha256', key).update(`${tenant}/${address}`).digest('base64url');
}

/**
 * The key of this installation. `given` is the setting; without it a key is made once and kept in the database, where a back-up has
 * it too. @throws StoreError `incompatible` when hashes were made with another key.
 */
export async function hashKeyOf(db: Database, given: string | undefined): Promise<Uint8Array> {
  // Looked for first: a service on a standby cannot write, and needs to only while there is no key.
  const kept = (await findHashKey.first(db, {})) ?? (await keepFirst(db, given));
  const key = given ?? kept?.key ?? null;
  if (key === null || fingerprintOf(key) !== kept?.fingerprint) {
    const what = given === undefined ? 'is not set, and' : 'is not the one that';
    throw new StoreError(
      'incompatible',
      `DESIST_HASH_KEY ${what} the hashes of erased recipients in this database were made with${given === undefined ? ' one' : ''}: give that one`,
    );
  }
  return Buffer.from(key);
}

/** The key that is kept from now on: this one, unless somebody else was faster. */
async function keepFirst(db: Database, given: string | undefined): ReturnType<typeof findHashKey.first> {
  const fresh = given ?? randomBytes(32).toString('base64url');
  await keepHashKey.run(db, { fingerprint: fingerprintOf(fresh), key: given === undefined ? fresh : null });
  return findHashKey.first(db, {});
}

function fingerprintOf(key: string): string {
  return createHash('sha256').update('desist hash key').update(key).digest('base64url').slice(0, 22);
}

function needed(hashOf: HashOf | undefined): HashOf {
  if (hashOf !== undefined) return hashOf;
  throw new StoreError('incompatible', 'recipients were erased here, and this process has no key for their hashes: DESIST_HASH_KEY');
}

export async function readTombstones(
  db: Queries,
  hashOf: HashOf | undefined,
  keys: readonly RecipientRef[],
): Promise<readonly Tombstone[]> {
  const hash = needed(hashOf);
  const hashed = keys.map((key) => ({ ...key, hash: hash(key.tenant, key.address) }));
  const byHash = new Map(hashed.map((key) => [`${key.tenant}/${key.hash}`, key]));
  const rows = await loadErased.run(db, { rows: hashed });
  return rows.flatMap(({ tenant, hash, version, at, blocks }): Tombstone[] => {
    const key = byHash.get(`${tenant}/${hash}`);
    return key === undefined ? [] : [{ tenant, address: key.address, version, at, blocks: JSON.parse(blocks) as BlockRow[] }];
  });
}

/** Before anything else is written: what later events brought about is written afterwards, into a row of its own. */
export async function eraseRecipients(tx: Queries, hashOf: HashOf | undefined, { erased = [], partition }: CommitPlan): Promise<void> {
  if (erased.length === 0) return;
  const hash = needed(hashOf);
  // One order for everybody: two transactions never wait for each other's rows.
  const rows = [...erased].sort((a, b) => (a.tenant + a.address < b.tenant + b.address ? -1 : 1));
  await deleteRecipients.run(tx, { rows: rows.filter(({ whole }) => whole) });
  const hashed = rows.map(({ tenant, address, version, at, blocks }) => ({
    tenant,
    hash: hash(tenant, address),
    version,
    at,
    blocks: JSON.stringify(blocks),
  }));
  await upsertErased.run(tx, { partition, rows: hashed });
  await upsertErasures.run(tx, { partition, rows });
}

/** An erasure whose changes are all relayed: the log's own copies can go. */
export type Erasure = Pick<ErasedRow, 'tenant' | 'address' | 'offset' | 'sequence'> & { readonly partition: number };

const AT_ONCE = 100;

export async function dueErasures(db: Queries): Promise<readonly Erasure[]> {
  return listDueErasures.run(db, { limit: AT_ONCE });
}

/** A dead letter as the database keeps it. */
export interface KeptLetter {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Dead letters that are searched in one query: each may have megabytes. */
const LETTERS_AT_ONCE = 8;

/** Deletes what the log refused for good: the recipient's changes, and the dead letters that name it. */
export async function eraseParked(db: Queries, erasure: Erasure, names: (letter: KeptLetter) => boolean): Promise<void> {
  const { tenant, address, partition, sequence } = erasure;
  await deleteParkedChanges.run(db, { partition, key: `${tenant}/${address}`, sequence });
  for (let last = { partition: -1, offset: -1 }; ;) {
    const page = await pageParkedDeadLetters.run(db, { ...last, limit: LETTERS_AT_ONCE });
    for (const letter of page) if (names(letter)) await deleteParkedDeadLetter.run(db, letter);
    const end = page.at(-1);
    if (end === undefined) return;
    last = end;
  }
}

/** The same one only: an erasure that was asked for again in between stays. */
export async function erasureDone(db: Queries, erasure: Erasure): Promise<void> {
  await finishErasure.run(db, erasure);
}

/** Deleted rows are not gone from the files before this; the embedded database has no autovacuum. */
export async function vacuumAfterErasing(db: Database): Promise<void> {
  if (db.kind !== 'embedded') return;
  for (const statement of vacuumErased) await statement.run(db, {}).catch(() => undefined);
}
