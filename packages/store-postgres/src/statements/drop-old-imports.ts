/** Deletes the oldest imports that nobody has touched since. Index import_started. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldImports = statement(
  'drop_old_imports',
  (_, { before }: Slots<{ before: number }>) => sql<{ readonly id: string }>`
    delete from desist.import where id in
      (select i.id from desist.import i where i.started_at < ${before} order by i.started_at, i.id limit 100)
      and updated_at < ${before} returning id`,
);
