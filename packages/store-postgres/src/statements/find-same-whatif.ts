/** The what-if with this key that is not answered. Locks the row; index whatif_resume. */
import type { WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

export const findSameWhatIf = statement(
  'find_same_whatif',
  (_, { resumeKey }: Slots<{ resumeKey: string }>) => sql<WhatIfJob>`
    select ${WHATIF_COLUMNS} from desist.whatif w
    where w.resume_key = ${resumeKey} and w.state not in ('done', 'failed') for update`,
);
