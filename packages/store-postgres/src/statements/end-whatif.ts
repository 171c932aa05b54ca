/** Keeps what a what-if came to; no row when it was stopped or belongs to another. Locks the row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface End {
  readonly id: string;
  readonly owner: string;
  readonly at: number;
  readonly state: string;
  readonly result: string | null;
  readonly problem: string | null;
}

export const endWhatIf = statement(
  'end_whatif',
  (_, { id, owner, at, state, result, problem }: Slots<End>) => sql<{ readonly id: string }>`
    update desist.whatif w set state = ${state}, owner = null, result = ${result}, problem = ${problem}, updated_at = ${at}
    where w.id = ${id} and w.owner = ${owner} and w.state = 'running' returning w.id`,
);
