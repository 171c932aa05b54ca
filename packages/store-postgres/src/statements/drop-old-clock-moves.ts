/** Drops some of the moments at which the present moved the clock before a moment; a row for each. Locks them; reads the whole small table. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldClockMoves = statement(
  'drop_old_clock_moves',
  (_, { before, limit }: Slots<{ before: number; limit: number }>) => sql<{ readonly dropped: number }>`
    delete from desist.clock_move m
    using (select partition, before_offset, clock from desist.clock_move where clock < ${before} limit ${limit}) old
    where m.partition = old.partition and m.before_offset = old.before_offset and m.clock = old.clock returning 1 as dropped`,
);
