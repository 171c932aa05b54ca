/** Takes over the oldest what-if that waits, or whose owner was silent. Locks the row, and passes by those that others lock; index whatif_open. */
import type { WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

interface Claim {
  readonly owner: string;
  readonly at: number;
  /** Of a silent owner, ms. */
  readonly before: number;
}

export const claimWhatIf = statement(
  'claim_whatif',
  (_, { owner, at, before }: Slots<Claim>) => sql<WhatIfJob>`
    update desist.whatif w set state = 'running', owner = ${owner}, done = 0, total = null, updated_at = ${at}
    where w.id = (select c.id from desist.whatif c
                   where c.state in ('waiting', 'running') and (c.state = 'waiting' or c.updated_at < ${before})
                   order by c.started_at, c.id limit 1 for update skip locked)
    returning ${WHATIF_COLUMNS}`,
);
