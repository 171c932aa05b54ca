/** Serialises lease renewals, so that all members see the same membership. Locks the input's row; primary key. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const lockLeases = statement('lock_leases', (db) =>
  db
    .selectFrom('desist.journal_topic')
    .select('topic')
    .where(sql<boolean>`topic = 'deliveryEvents'`)
    .forUpdate(),
);
