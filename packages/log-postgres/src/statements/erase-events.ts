/** Deletes an erased recipient's events; returns a row for each. Locks them; primary key, then a filter. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { Gone } from './gone.ts';

interface Erased {
  readonly partition: number;
  readonly offset: number;
  /** Hexadecimal, as in the other erase statements. */
  readonly key: string;
}

export const eraseEvents = statement(
  'erase_events',
  (_, { partition, offset, key }: Slots<Erased>) => sql<Gone>`delete from desist.journal
    where topic = 'deliveryEvents' and partition = ${partition} and record_offset <= ${offset} and key = decode(${key}, 'hex') returning 1 as gone`,
);
