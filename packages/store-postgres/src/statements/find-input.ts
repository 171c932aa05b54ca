/** What the database is bound to. Locks nothing; the only row. */
import { statement } from '@desist/postgres';

export const findInput = statement('find_input', (db) => db.selectFrom('desist.input').select(['topic', 'partitions']));
