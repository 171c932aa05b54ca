/** Asks for an audit of a partition, in the place of one that waits or runs. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { AuditReason } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

export const requestAudit = statement(
  'request_audit',
  (_, { partition, reason }: Slots<{ partition: number; reason: AuditReason }>) => sql<never>`
    insert into desist.audit as a (partition, request, reason, state, requested_at) values (${partition}, 1, ${reason}, 'requested', ${nowMs})
    on conflict (partition) do update set request = a.request + 1, reason = excluded.reason, state = excluded.state,
      requested_at = excluded.requested_at, finished_at = null, records = 0, read = 0, compared = 0, mended = 0, problem = null`,
);
