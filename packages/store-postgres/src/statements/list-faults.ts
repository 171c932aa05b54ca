/** Records that were not as they should be. Locks nothing; reads the table, which has some rows per partition. */
import { statement } from '@desist/postgres';

export const listFaults = statement('list_faults', (db) =>
  db
    .selectFrom('desist.record_fault')
    .select(['partition', 'kind', 'count', 'last_offset as lastOffset', 'last_at as lastAt'])
    .orderBy('partition')
    .orderBy('kind'),
);
