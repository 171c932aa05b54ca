/** Adds what was published about incidents to the feed. Locks nothing: the checkpoint's lock makes the numbers ours. */
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { AnnouncementRow } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<AnnouncementRow>({
  sequence: ['bigint', (row) => row.sequence],
  tenant: ['text', (row) => row.tenant],
  recorded_at: ['bigint', (row) => row.recordedAt],
  change: ['json', (row) => row.change],
});

export const appendAnnouncements = statement(
  'append_announcements',
  (
    _,
    { partition }: Slots<Rows<AnnouncementRow> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.incident_event (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}`,
);
