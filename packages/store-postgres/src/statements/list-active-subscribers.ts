/** Subscribers that are active, with what each wants. Locks nothing; reads the whole table, which has a row per subscriber. */
import { statement } from '@desist/postgres';

export const listActiveSubscribers = statement('list_active_subscribers', (db) =>
  db.selectFrom('desist.subscriber').select(['id', 'tenant', 'types']).where('state', '=', 'active'),
);
