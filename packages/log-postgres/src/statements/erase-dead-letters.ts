/** Deletes the dead letters that name an erased recipient; returns a row for each. Locks them; index journal_dead_letter_recipients. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { Gone } from './gone.ts';

export const eraseDeadLetters = statement(
  'erase_dead_letters',
  (_, { hashes }: Slots<{ hashes: readonly string[] }>) => sql<Gone>`delete from desist.journal
    where topic = 'deadLetters' and recipients && ${hashes}::text[] returning 1 as gone`,
);
