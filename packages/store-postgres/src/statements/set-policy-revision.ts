/** Names the policy in force. The caller has locked the only row. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const setPolicyRevision = statement('set_policy_revision', (db, { revision }: Slots<{ revision: number }>) =>
  db.updateTable('desist.policy_revision').set({ revision }),
);
