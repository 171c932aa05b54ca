/** Deletes the oldest what-ifs that nobody has touched since. Index whatif_started. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldWhatIfs = statement(
  'drop_old_whatifs',
  (_, { before }: Slots<{ before: number }>) => sql<{ readonly id: string }>`
    delete from desist.whatif where id in
      (select w.id from desist.whatif w where w.started_at < ${before} order by w.started_at, w.id limit 100)
      and updated_at < ${before} returning id`,
);
