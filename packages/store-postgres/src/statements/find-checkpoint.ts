/** The checkpoint as it is. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { serverStarted } from './claim.ts';

export const findCheckpoint = statement('find_checkpoint', (db, { partition }: Slots<{ partition: number }>) =>
  db
    .selectFrom('desist.checkpoint')
    .select(['epoch', 'next_offset as nextOffset', 'next_number as nextSequence'])
    // Of a claim that has ended nobody has the nonce.
    .select(sql<string>`case when server_started = ${serverStarted} then nonce else '' end`.as('nonce'))
    .where('partition', '=', partition),
);
