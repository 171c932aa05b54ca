/** Erased recipients: what is known of them is a keyed hash, what blocks, and until when an event is still one of theirs. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { StoreError } from '@desist/pipeline';
import type { BlockRow, CommitPlan, ErasedRow, ForgottenRow } from '@desist/pipeline';
import type { Database, Queries } from './database.ts';

export type HashOf = (tenant: string, address: string) => string;

/** HMAC-SHA-256 in base64url: without the key nobody finds out whose it is by trying addresses. */
export function keyedHash(key: Uint8Array): HashOf {
  return (tenant, address) => createHmac('sha256', key).update(`${tenant}/${address}`).digest('base64url');
}

/**
 * The key of this installation. `given` is the setting; without it a key is made once and kept in the database, where a back-up has
 * it too. @throws StoreError `incompatible` when hashes were made with another key.
 */
export async function hashKeyOf(db: Database, given: string | undefined): Promise<Uint8Array> {
  const fresh = given ?? randomBytes(32).toString('base64url');
  await db.query('insert into desist.hash_key (fingerprint, key) values ($1, $2) on conflict (single) do nothing', [
    fingerprintOf(fresh),
    given === undefined ? fresh : null,
  ]);
  const [row] = await db.query('select fingerprint, key from desist.hash_key');
  const key = given ?? (row?.['key'] as string | null);
  if (key === null || fingerprintOf(key) !== row?.['fingerprint']) {
    const what = given === undefined ? 'is not set, and' : 'is not the one that';
    throw new StoreError(
      'incompatible',
      `DESIST_HASH_KEY ${what} the hashes of erased recipients in this database were made with${given === undefined ? ' one' : ''}: give that one`,
    );
  }
  return Buffer.from(key);
}

function fingerprintOf(key: string): string {
  return createHash('sha256').update('desist hash key').update(key).digest('base64url').slice(0, 22);
}

function needed(hashOf: HashOf | undefined): HashOf {
  if (hashOf !== undefined) return hashOf;
  throw new StoreError('incompatible', 'recipients were erased here, and this process has no key for their hashes: DESIST_HASH_KEY');
}

export async function readForgotten(
  db: Queries,
  hashOf: HashOf | undefined,
  keys: readonly { readonly tenant: string; readonly address: string }[],
): Promise<readonly ForgottenRow[]> {
  const hash = needed(hashOf);
  const byHash = new Map(keys.map((key) => [`${key.tenant}/${hash(key.tenant, key.address)}`, key]));
  const rows = await db.query(
    `select f.tenant, f.hash, f.version, f.at, f.blocks
       from unnest($1::text[], $2::text[]) as k (tenant, hash) join desist.forgotten f on f.tenant = k.tenant and f.hash = k.hash`,
    [keys.map(({ tenant }) => tenant), [...byHash.keys()].map((key) => key.slice(key.indexOf('/') + 1))],
  );
  return rows.flatMap((row): ForgottenRow[] => {
    const key = byHash.get(`${String(row['tenant'])}/${String(row['hash'])}`);
    if (key === undefined) return [];
    const blocks = JSON.parse(row['blocks'] as string) as BlockRow[];
    return [{ ...key, version: Number(row['version']), at: Number(row['at']), blocks }];
  });
}

/** Before anything else is written: what later events brought about is written afterwards, into a row of its own. */
export async function eraseRecipients(tx: Queries, hashOf: HashOf | undefined, { erased = [], partition }: CommitPlan): Promise<void> {
  if (erased.length === 0) return;
  const hash = needed(hashOf);
  // One order for everybody: two transactions never wait for each other's rows.
  const rows = [...erased].sort((a, b) => (a.tenant + a.address < b.tenant + b.address ? -1 : 1));
  const whole = rows.filter((row) => row.whole);
  await tx.query(
    'delete from desist.recipient r using unnest($1::text[], $2::text[]) as k (tenant, address) where r.tenant = k.tenant and r.address = k.address',
    [whole.map(({ tenant }) => tenant), whole.map(({ address }) => address)],
  );
  await tx.query(
    `insert into desist.forgotten as f (tenant, hash, partition, version, at, blocks)
     select k.tenant, k.hash, $1, k.version, k.at, k.blocks
       from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) as k (tenant, hash, version, at, blocks)
     on conflict (tenant, hash) do update set version = excluded.version, at = excluded.at, blocks = excluded.blocks`,
    [
      partition,
      rows.map(({ tenant }) => tenant),
      rows.map(({ tenant, address }) => hash(tenant, address)),
      rows.map(({ version }) => version),
      rows.map(({ at }) => at),
      rows.map(({ blocks }) => JSON.stringify(blocks)),
    ],
  );
  await tx.query(
    `insert into desist.erasure (tenant, address, partition, record_offset, number)
     select k.tenant, k.address, $1, k.record_offset, k.number
       from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) as k (tenant, address, record_offset, number)
     on conflict (tenant, address) do update set record_offset = excluded.record_offset, number = greatest(desist.erasure.number, excluded.number)`,
    [
      partition,
      rows.map(({ tenant }) => tenant),
      rows.map(({ address }) => address),
      rows.map(({ offset }) => offset),
      rows.map(({ number }) => number),
    ],
  );
}

/** An erasure whose changes are all relayed: the log's own copies can go. */
export type Erasure = Pick<ErasedRow, 'tenant' | 'address' | 'offset' | 'number'> & { readonly partition: number };

const AT_ONCE = 100;

export async function dueErasures(db: Queries): Promise<readonly Erasure[]> {
  const rows = await db.query(
    `select e.tenant, e.address, e.partition, e.record_offset, e.number from desist.erasure e
      where not exists (select from desist.outbox o where o.partition = e.partition and o.number <= e.number)
        and not exists (select from desist.dead_letter d where d.partition = e.partition and d.record_offset <= e.record_offset)
      limit ${AT_ONCE}`,
  );
  return rows.map((row) => ({
    tenant: row['tenant'] as string,
    address: row['address'] as string,
    partition: Number(row['partition']),
    offset: Number(row['record_offset']),
    number: Number(row['number']),
  }));
}

/** The same one only: an erasure that was asked for again in between stays. */
export async function erasureDone(db: Queries, { tenant, address, offset }: Erasure): Promise<void> {
  await db.query('delete from desist.erasure where tenant = $1 and address = $2 and record_offset = $3', [tenant, address, offset]);
}
