/** Lets a what-if that was stopped wait again. Locks the row; primary key. */
import type { WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

export const resumeWhatIf = statement(
  'resume_whatif',
  (_, { id, at }: Slots<{ id: string; at: number }>) => sql<WhatIfJob>`
    update desist.whatif w set state = 'waiting', owner = null, done = 0, total = null, updated_at = ${at}
    where w.id = ${id} and w.state = 'stopped' returning ${WHATIF_COLUMNS}`,
);
