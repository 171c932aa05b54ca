/** Drops what partitions know of incidents that are over, were decided before a moment and announced to all. Locks the rows. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldKnownIncidents = statement(
  'drop_old_known_incidents',
  (_, { before }: Slots<{ before: number }>) => sql<never>`delete from desist.incident_known k using desist.incident i
    where i.id = k.id and k.done and k.until_at < ${before} and i.decided_at < ${before} and i.told = i.revision`,
);
