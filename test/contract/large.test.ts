/** What counters and series cost beside large tables: a scrape and a summary read none of them. `DESIST_LONG=1`: five million rows. */
import { openServer, createReader, createTrafficReader, migrate } from '@desist/store-postgres';
import { expect, inject, test } from 'vitest';
import { createDatabase } from '../support/servers/postgres.ts';

const ROWS = process.env['DESIST_LONG'] === '1' ? 5_000_000 : 50_000;
const LARGE = ['recipient', 'suppression', 'recipient_event', 'allowance'];
const HOUR = 3_600_000;

test.skipIf(inject('databaseUrl') === undefined)(
  `with ${ROWS} recipients, half of them suppressed, a scrape and a summary touch no large table`,
  async () => {
    const { url, drop } = await createDatabase(inject('databaseUrl') as string);
    const db = openServer({ url, applicationName: 'desist-tests', connections: 1, onIdleError: () => undefined });
    await migrate(db);
    const now = Date.now();
    await db.migration(async (tx) => {
      await tx.query(
        `insert into desist.recipient (partition, tenant, address, version, tracked, state, policy, failures, messages, suppress_at, evidence, updated_at)
         select n % 12, 'acme', 'user' || n || '@example.com', 1, true, case when n % 2 = 0 then 'suppressed' else 'deferred' end, 'p', 1, 1,
           case when n % 2 = 0 then null else $2::bigint + n % 200 * 3600000 end, '{}', $2::bigint
         from generate_series(1, $1::integer) n`,
        [ROWS, now],
      );
      await tx.query(
        `insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at)
         select id, '*', 'hard_bounce', $1::bigint, 1, 'p', $1::bigint from desist.recipient where state = 'suppressed'`,
        [now],
      );
      await tx.script(`
        insert into desist.recipient_count select partition, state, count(*) from desist.recipient group by 1, 2;
        insert into desist.suppression_count
          select r.partition, s.scope, s.reason, count(*) from desist.suppression s join desist.recipient r on r.id = s.recipient_id group by 1, 2, 3;
        insert into desist.deadline_count
          select partition, suppress_at - suppress_at % 3600000, count(*) from desist.recipient where suppress_at is not null group by 1, 2;`);
    });
    const touched = async (): Promise<Readonly<Record<string, unknown>>> => {
      // Of this connection's own statements, too.
      await db.query('select pg_stat_force_next_flush()');
      const rows = await db.query(
        "select relname, seq_scan + coalesce(idx_scan, 0) as scans from pg_stat_user_tables where schemaname = 'desist' and relname = any($1)",
        [LARGE],
      );
      return Object.fromEntries(rows.map(({ relname, scans }) => [String(relname), scans]));
    };
    const reader = createReader(db);
    const traffic = createTrafficReader(db);
    const ask = async (): Promise<{ status: Awaited<ReturnType<typeof reader.status>>; atRisk: number }> => {
      const status = await reader.status();
      const { atRisk } = await traffic.counters({ since: now - 24 * HOUR, until: now + 24 * HOUR });
      return { status, atRisk };
    };
    // What filled the tables, on another connection, is counted when that tells it: each suppression has looked for its recipient.
    let before = await touched();
    while (Number(before['recipient']) < ROWS / 2) before = await touched();
    const { status, atRisk } = await ask();
    expect(await touched()).toEqual(before);
    expect(status.recipients).toEqual({ suppressed: ROWS / 2, deferred: ROWS / 2 });
    expect(status.suppressions).toEqual([{ scope: '*', reason: 'hard_bounce', count: ROWS / 2 }]);
    expect(atRisk).toBeGreaterThan(0);
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const began = performance.now();
      await ask();
      times.push(performance.now() - began);
    }
    console.log(`${ROWS} recipients: status and counters in ${Math.min(...times).toFixed(1)} ms at best`);
    // The best of many: the machine may be busy with something else.
    expect(Math.min(...times)).toBeLessThan(20);
    await db.close();
    await drop();
  },
  900_000,
);
