/** Notes how far an audit came; no row when it was stopped or asked for anew. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Audit } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

type Advance = Pick<Audit, 'partition' | 'request' | 'state' | 'records' | 'read' | 'compared' | 'mended' | 'problem'>;

export const advanceAudit = statement(
  'advance_audit',
  (db, { partition, request, state, records, read, compared, mended, problem }: Slots<Advance>) =>
    db
      .updateTable('desist.audit')
      .set({
        ...{ state, records, read, compared, mended, problem },
        finished_at: sql<number | null>`case when ${state} = 'running' then null else ${nowMs} end`,
      })
      .where('partition', '=', partition)
      .where('request', '=', request)
      .where('state', 'in', ['requested', 'running'])
      .returning('partition'),
);
