/** A partition has published these decisions. Locks each row by primary key, behind the checkpoint. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { PublishedSenderIncident } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<PublishedSenderIncident>({
  id: ['text', (row) => row.id],
  revision: ['integer', (row) => row.revision],
});

export const notePublishedSenders = statement<Rows<PublishedSenderIncident>, never>(
  'note_published_senders',
  () => sql<never>`update desist.sender_incident i set published = greatest(i.published, k.revision) from ${rows.unnest} where i.id = k.id`,
);
