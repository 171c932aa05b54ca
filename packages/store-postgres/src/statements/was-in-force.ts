/** Was this policy ever in force? Locks nothing; reads the whole table, which has 1,000 rows at most. */
import type { PolicyVersions } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const wasInForce = statement('was_in_force', (db, { version, shadowVersion }: Slots<PolicyVersions>) =>
  db.selectNoFrom((eb) =>
    eb
      .exists(
        eb
          .selectFrom('desist.policy')
          .select('revision')
          .where('version', '=', version)
          .where('shadow_version', 'is not distinct from', shadowVersion),
      )
      .as('was'),
  ),
);
