/**
 * What a check costs: `npm run bench:query [-- --rows 10000000] [--calls 200] [--replica 1000000]`. Against a Postgres of its own (or
 * TEST_DATABASE_URL) with so many suppressed recipients: checks of 1, 100 and 10,000 addresses over HTTP, half of them suppressed, and
 * the same statement through pg alone, in turns. Then the replica in process: memory and checks per second.
 */
import { createTable } from '@desist/client';
import { createApi } from '@desist/api';
import { DEFAULT_POLICY } from '@desist/domain';
import { CHECK, createReader, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    calls: { type: 'string', default: '200' },
    replica: { type: 'string', default: '1000000' },
  },
});
const ROWS = Number(flags.rows);
const CALLS = Number(flags.calls);
const REPLICA = Number(flags.replica);
const SIZES = [1, 100, 10_000];
const AT = Date.UTC(2026, 2, 4, 10);

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const addressOf = (n: number): string => `user.${n}@example${n % 1_000}.com`;

async function fill(db: Database, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const step = 500_000;
  for (let from = 0; from < ROWS; from += step) {
    const to = Math.min(ROWS, from + step);
    await client.query(
      `with r as (
         insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
         select 'acme', 'user.' || n || '@example' || n % 1000 || '.com', n % 12, 1, true, 'suppressed', 'sha256:p', 0, 0, '{}', ${AT}
           from generate_series(${from}, ${to - 1}) as n returning id)
       insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at)
       select id, '*', 'hard_bounce', ${AT}, 1, 'sha256:p', ${AT} from r`,
    );
    process.stderr.write(`\r${to} of ${ROWS} suppressed recipients `);
  }
  await client.query('vacuum analyze desist.recipient');
  await client.query('vacuum analyze desist.suppression');
  await client.end();
  await db.query('insert into desist.checkpoint (partition, clock) select n, $1 from generate_series(0, 11) as n', [AT]);
  process.stderr.write('\n');
}

/** Half of them on the list, spread over all of it; another choice each time. */
function pick(count: number, turn: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const n = (turn * 7_919 + i * 104_729) % ROWS;
    return i % 2 === 0 ? addressOf(n) : `nobody.${n}@example.com`;
  });
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function measure(url: string, size: number, sql: pg.Client): Promise<void> {
  const took: Record<'http' | 'sql', number[]> = { http: [], sql: [] };
  const http = async (addresses: readonly string[]): Promise<string> => {
    const response = await fetch(`${url}/v1/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'acme', recipients: addresses }),
    });
    return response.text();
  };
  const verify = (body: string): void => {
    const allowed = (JSON.parse(body) as { results: { allowed: boolean }[] }).results.filter((result) => result.allowed).length;
    if (allowed !== Math.floor(size / 2)) throw new Error(`${allowed} of ${size} allowed`);
  };
  const bare = async (addresses: readonly string[]): Promise<void> => {
    const { rows } = await sql.query(CHECK, ['acme', addresses, []]);
    if (rows.length !== Math.ceil(size / 2) + 12) throw new Error(`${rows.length} rows`);
  };
  const calls = size >= 10_000 ? Math.max(20, CALLS / 4) : CALLS;
  for (let turn = -5; turn < calls; turn += 1) {
    for (const kind of ['http', 'sql'] as const) {
      // Each its own addresses: the second one would find warm pages.
      const addresses = pick(size, 2 * turn + (kind === 'http' ? 1_000 : 1_001));
      const began = performance.now();
      const body = kind === 'http' ? await http(addresses) : await bare(addresses);
      if (turn >= 0) took[kind].push(performance.now() - began);
      if (body !== undefined) verify(body);
    }
  }
  const [h, s] = [took.http, took.sql].map((times) => times.sort((a, b) => a - b)) as [number[], number[]];
  const line = (times: readonly number[]): string =>
    `p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`;
  console.log(
    `check of ${String(size).padStart(6)}: HTTP ${line(h)}; bare SQL ${line(s)}; ratio of p50 ${(quantile(h, 0.5) / quantile(s, 0.5)).toFixed(2)}`,
  );
}

function replica(): void {
  const before = memory();
  const table = createTable();
  for (let n = 0; n < REPLICA; n += 1) {
    const value = { version: 1, tenant: 'acme', recipient: addressOf(n), recipientVersion: 1 };
    const terms = { scope: '*', reason: 'hard_bounce', since: '2026-03-04T10:00:00.000Z', expiresAt: null };
    table.apply(`acme/${addressOf(n)}`, Buffer.from(JSON.stringify({ ...value, suppressions: [terms], allowed: [] })));
  }
  const bytes = memory() - before;
  const checks = 2_000_000;
  let refused = 0;
  const began = performance.now();
  for (let i = 0; i < checks; i += 1) {
    const n = (i * 7_919) % REPLICA;
    const address = i % 2 === 0 ? addressOf(n) : `nobody.${n}@example.com`;
    if (!table.check(address, { tenant: 'acme', stream: 'marketing', now: AT }).allowed) refused += 1;
  }
  const seconds = (performance.now() - began) / 1_000;
  if (refused !== checks / 2) throw new Error(`${refused} refused`);
  console.log(
    `replica of ${REPLICA}: ${Math.round(((bytes / REPLICA) * 1_000_000) / 1_048_576)} MiB per million recipients, ${Math.round(checks / seconds)} checks/s in process`,
  );
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

console.log(`${cpus().length} cores, Node ${process.versions.node}, ${ROWS} suppressed recipients`);
replica();
const given = process.env['TEST_DATABASE_URL'];
const server = given === undefined ? await startPostgres() : undefined;
const { url, drop } = await createDatabase(given ?? (server as { url: string }).url);
const db = openServer({ url, applicationName: 'bench', onIdleError: () => undefined });
try {
  await migrate(db);
  await fill(db, url);
  const api = createApi({
    reader: createReader(db),
    policies: () => ({ version: 'sha256:p', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => AT },
    logger: log,
    version: 'bench',
  });
  const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
  const sql = new pg.Client({
    connectionString: url,
    types: {
      getTypeParser: ((oid: number, format: never) =>
        oid === 20 ? Number : (pg.types.getTypeParser(oid as never, format) as unknown)) as never,
    },
  });
  await sql.connect();
  for (const size of SIZES) await measure(address, size, sql);
  await sql.end();
  await api.close();
} finally {
  await db.close();
  await drop();
  await server?.stop();
}
