/** Which decision about a sender incident is published. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const findPublishedRevision = statement('find_published_revision', (db, { id }: Slots<{ id: string }>) =>
  db.selectFrom('desist.sender_incident').select('published').where('id', '=', id),
);
