/** Deletes an erased recipient's published changes up to a sequence number; returns a row for each. Locks them; primary key, then a filter. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { Gone } from './gone.ts';

export const eraseChanges = statement(
  'erase_changes',
  (_, { key, number }: Slots<{ key: string; number: number }>) => sql<Gone>`delete from desist.journal
    where topic = 'suppressionEvents' and key = decode(${key}, 'hex')
      and (convert_from(value, 'UTF8')::jsonb -> 'sequence' ->> 'number')::bigint <= ${number} returning 1 as gone`,
);
