/** A database as a large installation has it: so many recipients, half of them on the list, their counters, and what is kept of their past. */
import type { Database } from '@desist/store-postgres';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Of a thousand recipients each; one domain and one tenant have most of them, and others a few. */
export async function fillLarge(db: Database, { rows, now }: { readonly rows: number; readonly now: number }): Promise<void> {
  await db.migration(async (tx) => {
    await tx.query(
      `insert into desist.recipient (partition, tenant, address, version, tracked, state, policy, failures, messages, suppress_at, category, provider,
         streak_started_at, last_failure_at, probation_until, evidence, updated_at)
       select n % 12, case when n > $1 * 0.999 then 'late' when n % 1000 = 0 then 'small' when n % 10 = 0 then 'beta' else 'acme' end,
         'user' || n || '@' || case when n % 5 = 0 then 'd' || n % 20000 || '.example' else 'example.com' end, 1, true,
         case when n % 2 = 0 then 'suppressed' when n % 100 = 1 then 'persistent' else 'deferred' end, 'p', 1, 1,
         case when n % 2 = 0 then null else $2::bigint + n % 200 * 3600000 end,
         case when n % 1000 = 1 then 'mailbox_full' else 'user_unknown' end,
         case when n % 10000 = 1 then 'rare' when n % 3 = 0 then 'gmail' else 'microsoft' end,
         $2::bigint - 86400000, $2::bigint - n % 1000 * 3600, case when n % 50000 = 1 then $2::bigint + 86400000 end, '{}', $2::bigint
       from generate_series(1, $1::integer) n`,
      [rows, now],
    );
    // Complaints and those of a stream are few, and the youngest ones.
    await tx.query(
      `insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at)
       select id, case when id % 200000 = 0 then 'news' else '*' end, case when id % 100000 = 0 then 'complaint' else 'hard_bounce' end,
         $1::bigint - 86400000 * (id % 400), 1, 'p', $1::bigint
       from desist.recipient where state = 'suppressed'`,
      [now],
    );
    await tx.query(
      `insert into desist.recipient_event (recipient_id, version, type, effective_at, recorded_at, detail, partition, sequence)
       select id, 1, case when id % 2 = 0 then 'suppressed' else 'persistent' end, $1, $1, '{"to":"suppressed"}', partition, id
       from desist.recipient where id % 50 = 0`,
      [now],
    );
    await tx.query(
      `insert into desist.audit_entry (at, action, tenant, key_id, key_name, key_of_tenant, by, origin, address, target, outcome, note, detail)
       select $2::bigint - n::bigint * 60000, case when n % 3 = 0 then 'release' else 'signed_in' end, case when n % 2 = 0 then 'acme' end,
         'key_' || n % 50, 'desk', false, 'somebody', '127.0.0.1', case when n % 3 = 0 then 'user' || n || '@example.com' end, null, 'done', null, '{}'
       from generate_series(1, $1::integer) n`,
      [Math.ceil(rows / 50), now],
    );
    const rollup = `insert into desist.%I (family, at, partition, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, events)
       select 'events', at, 0, tenant, 'provider' || p, 'news', '', '', type, case when type = 'deferred' then 'mailbox_full' else '' end,
         case when type = 'deferred' then 'recipient' else '' end, 0, 100
       from generate_series($1::bigint, $2::bigint, $3::bigint) at, unnest('{acme,beta,small}'::text[]) tenant, generate_series(1, 10) p,
         unnest('{delivered,deferred,bounced}'::text[]) type`;
    const quarter = HOUR / 4;
    const from = (before: number, step: number): number => now - (now % step) - before;
    await tx.query(rollup.replace('%I', 'rollup_quarter'), [from(14 * DAY, quarter), now, quarter]);
    await tx.query(rollup.replace('%I', 'rollup_hour'), [from(90 * DAY, HOUR), now, HOUR]);
    await tx.query('insert into desist.checkpoint (partition, clock) select n, $1 from generate_series(0, 11) n', [now]);
    await tx.script(`
      insert into desist.recipient_count select partition, state, count(*) from desist.recipient group by 1, 2;
      insert into desist.suppression_count
        select r.partition, s.scope, s.reason, count(*) from desist.suppression s join desist.recipient r on r.id = s.recipient_id group by 1, 2, 3;
      insert into desist.deadline_count
        select partition, suppress_at - suppress_at % 3600000, count(*) from desist.recipient where suppress_at is not null group by 1, 2;`);
  });
  // What autovacuum does within minutes.
  for (const table of ['recipient', 'suppression', 'recipient_event', 'audit_entry', 'rollup_quarter', 'rollup_hour'])
    await db.script(`vacuum analyze desist.${table}`);
}
