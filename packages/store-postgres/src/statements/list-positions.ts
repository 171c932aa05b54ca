/** Up to where each partition is folded. Locks nothing; reads the whole table, a row per partition. */
import { statement } from '@desist/postgres';

export const listPositions = statement('list_positions', (db) =>
  db.selectFrom('desist.checkpoint').select(['partition', 'next_offset as nextOffset']),
);
