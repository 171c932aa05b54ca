/** Acquires or extends the leases of a member on these partitions. Locks their rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Lease {
  readonly partitions: readonly number[];
  readonly owner: string;
  /** ms, by the database's clock. */
  readonly until: number;
}

export const renewLeases = statement(
  'renew_leases',
  (_, { partitions, owner, until }: Slots<Lease>) => sql<never>`insert into desist.journal_lease (partition, owner, until)
    select partition, ${owner}::text, ${until}::bigint from unnest(${partitions}::integer[]) as partition
    on conflict (partition) do update set until = excluded.until`,
);
