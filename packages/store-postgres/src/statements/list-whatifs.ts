/** The newest what-ifs, of the tenants if there are any. Locks nothing; index whatif_started. */
import type { WhatIfJob } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { WHATIF_COLUMNS } from './whatif-columns.ts';

interface Wanted {
  /** Null: every what-if. */
  readonly tenants: readonly string[] | null;
  readonly limit: number;
}

export const listWhatIfs = statement(
  'list_whatifs',
  (_, { tenants, limit }: Slots<Wanted>) => sql<WhatIfJob>`
    select ${WHATIF_COLUMNS} from desist.whatif w
    where ${tenants}::text[] is null or w.tenant = any (${tenants}::text[])
    order by w.started_at desc, w.id desc limit ${limit}::integer`,
);
