/** Every partition, and how much of it waits to be relayed. Locks nothing; reads the table of checkpoints, and primary keys. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

/** More dead letters than this are not counted. */
const MOST_LETTERS = 20_000;

export const listPartitions = statement('list_partitions', (db) =>
  db
    .selectFrom('desist.checkpoint as c')
    .select(['partition', 'epoch', 'owner', 'next_offset as nextOffset', 'next_number as nextSequence', 'clock', 'attempts', 'stopped'])
    .select(sql<number>`floor(extract(epoch from c.updated_at) * 1000)::bigint`.as('updatedAt'))
    .select([
      // Numbers are dense, and what is relayed or parked goes from the front.
      sql<number>`coalesce((select max(o.number) - min(o.number) + 1 from desist.outbox o
          where o.partition = c.partition and o.parked is null), 0)`.as('outbox'),
      sql<number>`(select count(*) from (select from desist.dead_letter d where d.partition = c.partition and d.parked is null
          order by d.record_offset limit ${sql.lit(MOST_LETTERS)}) d)`.as('deadLetters'),
    ])
    .select(
      sql<number>`(select count(*) from desist.outbox as o where o.partition = c.partition and o.parked is not null)
        + (select count(*) from desist.dead_letter as d where d.partition = c.partition and d.parked is not null)`.as('parked'),
    )
    .orderBy('partition'),
);
