/** Which of these hashes stand for somebody who was erased. Locks nothing; primary key. */
import type { Tenant } from '@desist/domain';
import { bulk, statement } from '@desist/postgres';
import type { Forgotten, Rows } from '@desist/postgres';
import { sql } from 'kysely';

export interface HashedKey {
  readonly tenant: Tenant;
  readonly hash: string;
}

const hashes = bulk<HashedKey>({
  tenant: ['text', ({ tenant }) => tenant],
  hash: ['text', ({ hash }) => hash],
});

export const loadErased = statement<Rows<HashedKey>, Pick<Forgotten, 'tenant' | 'hash' | 'version' | 'at' | 'blocks'>>(
  'load_erased',
  () => sql`select f.tenant, f.hash, f.version, f.at, f.blocks
    from ${hashes.unnest} join desist.forgotten f on f.tenant = k.tenant and f.hash = k.hash`,
);
