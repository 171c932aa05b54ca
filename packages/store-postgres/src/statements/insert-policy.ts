/** Adds the policy that is in force from now on. The caller has locked the only row of desist.policy_revision. */
import type { StoredPolicy } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const insertPolicy = statement(
  'insert_policy',
  (db, { revision, version, shadowVersion, file, shadowFile, since, by }: Slots<StoredPolicy>) =>
    db.insertInto('desist.policy').values({ revision, version, shadow_version: shadowVersion, file, shadow_file: shadowFile, since, by }),
);
