/** The columns of a what-if, as `WhatIfJob`. */
import { sql } from 'kysely';

export const WHATIF_COLUMNS = sql`w.id, w.resume_key as "resumeKey", w.tenant, w.policy, w.since, w.by, w.key_name as "keyName", w.state,
  w.done, w.total, w.result, w.problem, w.started_at as "startedAt", w.updated_at as "updatedAt"`;
