/**
 * Drops some of the published changes that were recorded before a moment, and raises the floor of the feed to the highest of them. Answers
 * how many. Locks them, and the floors; index recipient_event_age.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { raiseFloor } from './raise-floor.ts';

export const dropOldHistory = statement(
  'drop_old_history',
  (_, { before, limit }: Slots<{ before: number; limit: number }>) => sql<{ readonly dropped: number }>`
    with gone as (
      delete from desist.recipient_event e
      using (select recipient_id, version from desist.recipient_event where recorded_at < ${before} limit ${limit}) old
      where e.recipient_id = old.recipient_id and e.version = old.version returning e.partition, e.sequence),
    raised as (${raiseFloor(sql`gone`)})
    select count(*) as dropped from gone`,
);
