/** Notes the highest number of each partition that is deleted by age: a reader behind it has missed changes. `gone`: partition, sequence. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

export function raiseFloor(gone: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into desist.change_floor as f (partition, sequence)
    select partition, max(sequence) from ${gone} where sequence is not null group by partition order by partition
    on conflict (partition) do update set sequence = greatest(f.sequence, excluded.sequence)`;
}
