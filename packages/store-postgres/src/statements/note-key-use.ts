/** Notes when keys were used, and never moves a moment back. Locks each row, in the order given; primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';

interface Use {
  readonly id: string;
  readonly at: number;
}

const uses = bulk<Use>({ id: ['text', ({ id }) => id], at: ['bigint', ({ at }) => at] });

export const noteKeyUse = statement<Rows<Use>, never>(
  'note_key_use',
  () => sql`update desist.api_key a set last_used_at = k.at from ${uses.unnest}
    where a.id = k.id and coalesce(a.last_used_at < k.at, true)`,
);
