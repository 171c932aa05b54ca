/** How far all partitions are together; its clock is null before the first commit. Locks nothing; reads the whole table, a row per partition. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

interface Found {
  readonly clock: number | null;
  readonly records: number | null;
  readonly leader: string | null;
}

export const findFoldedSoFar = statement<unknown, Found>(
  'find_folded_so_far',
  () => sql`select max(clock) filter (where next_offset > 0) as clock, sum(next_offset) as records,
      (array_agg(owner order by partition) filter (where stopped is null and owner is not null))[1] as leader
    from desist.checkpoint`,
);
