/** A what-if. Locks nothing; primary key. */
import type { WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

export const findWhatIf = statement(
  'find_whatif',
  (_, { id }: Slots<{ id: string }>) => sql<WhatIfJob>`select ${WHATIF_COLUMNS} from desist.whatif w where w.id = ${id}`,
);
