/** Adds a what-if; no row when one with this key is not answered. Primary key, and index whatif_resume. */
import type { NewWhatIf, WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

export const insertWhatIf = statement(
  'insert_whatif',
  (_, { id, resumeKey, tenant, policy, since, by, keyName, startedAt }: Slots<NewWhatIf>) => sql<WhatIfJob>`
    insert into desist.whatif as w
      (id, resume_key, tenant, policy, since, by, key_name, state, done, started_at, updated_at)
    values (${id}, ${resumeKey}, ${tenant}, ${policy}, ${since}, ${by}, ${keyName}, 'waiting', 0, ${startedAt}::bigint, ${startedAt}::bigint)
    on conflict do nothing returning ${WHATIF_COLUMNS}`,
);
