/** Creates the missing partitions of all topics. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const createPartitions = statement<unknown, never>(
  'create_partitions',
  () => sql`insert into desist.journal_partition (topic, partition)
    select topic, n from desist.journal_topic, generate_series(0, partitions - 1) as n on conflict do nothing`,
);
