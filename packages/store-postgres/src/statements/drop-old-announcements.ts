/** Drops what was published about incidents and recorded before a moment, and raises the floor of the feed. Locks it; reads a small table. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { raiseFloor } from './raise-floor.ts';

export const dropOldAnnouncements = statement(
  'drop_old_announcements',
  (_, { before }: Slots<{ before: number }>) => sql<{ readonly dropped: number }>`
    with gone as (delete from desist.incident_event where recorded_at < ${before} returning partition, sequence),
    raised as (${raiseFloor(sql`gone`)})
    select count(*) as dropped from gone`,
);
