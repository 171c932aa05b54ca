/** Adds counts to the hours of a partition. Locks each row, behind the checkpoint: nobody else writes them. Primary key. */
import type { RollupHour } from '@desist/pipeline';
import { preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { rollupRows } from './rollup-columns.ts';

/** A row that an engine of before version 96 of the schema began has no quarters: what that counted is in `rollup_quarter`. */
const quarter = (n: 0 | 1 | 2 | 3): ReturnType<typeof sql> => {
  const name = sql.ref(`quarter_${n}`);
  return sql`${name} = coalesce(r.${name}, 0) + excluded.${name}`;
};

export const addToHours = preparedStatement(
  'add_to_hours',
  (_, { partition }: Slots<Rows<RollupHour> & { readonly partition: number }>) => sql<never>`
    insert into desist.rollup_hour as r (partition, ${rollupRows.names})
    select ${partition}::integer, k.* from ${rollupRows.unnest}
    on conflict (family, at, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, partition)
    do update set events = r.events + excluded.events, ${quarter(0)}, ${quarter(1)}, ${quarter(2)}, ${quarter(3)}`,
);
