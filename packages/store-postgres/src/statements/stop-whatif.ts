/** Stops a what-if that waits or runs. Locks the row; primary key. */
import type { WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

export const stopWhatIf = statement(
  'stop_whatif',
  (_, { id, at }: Slots<{ id: string; at: number }>) => sql<WhatIfJob>`
    update desist.whatif w set state = 'stopped', owner = null, updated_at = ${at}
    where w.id = ${id} and w.state in ('waiting', 'running') returning ${WHATIF_COLUMNS}`,
);
