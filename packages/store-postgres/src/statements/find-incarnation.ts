/** The incarnation of the database, and the identity under which it was noted. Locks nothing; the only row. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const findIncarnation = statement('find_incarnation', (db) =>
  db
    .selectFrom('desist.incarnation')
    .select(['incarnation', 'identity'])
    .select(sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`.as('now')),
);
