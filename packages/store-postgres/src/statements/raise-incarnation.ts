/** The next incarnation; no row when another claim was faster. Locks the only row until the end of the claim. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { now } from './now.ts';

export const raiseIncarnation = statement(
  'raise_incarnation',
  (db, { from, was, to, identity }: Slots<{ from: number; was: string; to: number; identity: string }>) =>
    db
      .updateTable('desist.incarnation')
      .set({ incarnation: to, identity, changed_at: now })
      .where('incarnation', '=', from)
      .where('identity', '=', was)
      .returning('incarnation'),
);
