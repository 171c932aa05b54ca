/** Deletes the policies up to this revision, by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const dropOldPolicies = statement('drop_old_policies', (db, { upTo }: Slots<{ upTo: number }>) =>
  db.deleteFrom('desist.policy').where('revision', '<=', upTo),
);
