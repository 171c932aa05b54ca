/** Deletes dead letters by offset; returns a row for each. Locks them; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { Gone } from './gone.ts';

export const deleteDeadLetters = statement(
  'delete_journal_dead_letters',
  (_, { partition, offsets }: Slots<{ partition: number; offsets: readonly number[] }>) => sql<Gone>`delete from desist.journal
    where topic = 'deadLetters' and partition = ${partition} and record_offset = any(${offsets}::bigint[]) returning 1 as gone`,
);
