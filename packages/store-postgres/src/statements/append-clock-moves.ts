/** Adds moments at which the present moved the clock; one that is there stays. Locks nothing; primary key. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { CommitPlan } from '@desist/pipeline';
import { sql } from 'kysely';

type ClockMove = CommitPlan['clockMoves'][number];

const rows = bulk<ClockMove>({
  before_offset: ['bigint', (row) => row.beforeOffset],
  clock: ['bigint', (row) => row.clock],
});

export const appendClockMoves = preparedStatement(
  'append_clock_moves',
  (
    _,
    { partition }: Slots<Rows<ClockMove> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.clock_move (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest} on conflict do nothing`,
);
