/** Notes how far a what-if has come; no row when it was stopped or belongs to another. Locks the row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Step {
  readonly id: string;
  readonly owner: string;
  readonly at: number;
  readonly done: number;
  readonly total: number | null;
}

export const advanceWhatIf = statement(
  'advance_whatif',
  (_, { id, owner, at, done, total }: Slots<Step>) => sql<{ readonly id: string }>`
    update desist.whatif w set done = ${done}, total = ${total}, updated_at = ${at}
    where w.id = ${id} and w.owner = ${owner} and w.state = 'running' returning w.id`,
);
