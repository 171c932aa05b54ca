/**
 * What it takes to void an incident and to restore it: `npm run bench:undo [-- --addresses 1000000] [--others 0]`. Against a Postgres of its
 * own (or TEST_DATABASE_URL): so many addresses suppressed by hard bounces inside a window, and so many others outside of it, in 12
 * partitions; one engine. Prints addresses per second, and progress on the way.
 */
import { encodeIncident } from '@desist/contracts';
import { DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { IncidentTerms, PolicySet } from '@desist/domain';
import { createMemoryLog } from '@desist/memory';
import { createCoordinator, createEngine } from '@desist/pipeline';
import type { IncidentRow, Time } from '@desist/pipeline';
import { createIncidentStore, createStore, migrate, openServer } from '@desist/store-postgres';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { evidenceOf } from './bounced.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import { codec } from '@desist/runtime/codec';

const { values: flags } = parseArgs({
  options: { addresses: { type: 'string', default: '1000000' }, others: { type: 'string', default: '0' } },
});
const ADDRESSES = Number(flags.addresses);
const OTHERS = Number(flags.others);
const PARTITIONS = 12;
const AT = Date.UTC(2026, 2, 4, 10);
const POLICIES: PolicySet = { version: 'sha256:p', base: DEFAULT_POLICY, tenants: new Map() };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const given = process.env['TEST_DATABASE_URL'];
const server = given === undefined ? await startPostgres() : undefined;
const made = await createDatabase(given ?? server?.url ?? '');
const db = openServer({ url: made.url, applicationName: 'bench', onIdleError: () => undefined });
await migrate(db);

async function fill(name: string, count: number, at: number): Promise<void> {
  const step = 100_000;
  for (let from = 0; from < count; from += step) {
    await db.query(
      `with r as (
         insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
         select 'acme', $1 || n || '@gmail.com', n % ${PARTITIONS}, 1, true, 'suppressed', 'sha256:p', 0, 0, $2, $3::bigint
           from generate_series($4::int, $5::int) as n returning id)
       insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at)
       select id, '*', 'hard_bounce', $3::bigint, 1, 'sha256:p', $3::bigint from r`,
      [name, evidenceOf('gmail.com', at), at, from, Math.min(count, from + step) - 1],
    );
    process.stderr.write(`\r${from + step} addresses `);
  }
}
await fill('inside', ADDRESSES, AT);
await fill('outside', OTHERS, AT + 24 * HOUR);
await db.query(`insert into desist.checkpoint (partition, clock) select n, $1 from generate_series(0, ${PARTITIONS - 1}) as n`, [
  AT + 48 * HOUR,
]);
await db.query('analyze');
process.stderr.write('\n');

const present = (): number => AT + 48 * HOUR;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const log = createMemoryLog({ partitions: PARTITIONS, now: present, pause });
const time: Time = {
  now: present,
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};
const incidents = createIncidentStore(db);
const store = { ...createStore(db), now: async () => present() };
const engine = createEngine({ store, source: log, sink: log, codec: codec, policies: POLICIES, time, logger: quiet, owner: 'bench' });
const coordinator = createCoordinator({
  incidents,
  sink: log,
  encode: encodeIncident,
  policy: () => DEFAULT_POLICY.incidents,
  partitions: () => PARTITIONS,
  logger: quiet,
  monotonic: () => performance.now(),
});
const stop = new AbortController();
const running = log.run(engine, stop.signal);
while (engine.status().length < PARTITIONS) await pause();

const terms: IncidentTerms = {
  tenant: null,
  provider: 'gmail',
  domain: null,
  code: '5.1.1',
  text: null,
  from: AT - HOUR,
  until: AT + HOUR,
};
const base = {
  id: 'bench',
  origin: 'operator',
  open: false,
  terms,
  summary: null,
  by: 'bench',
  note: null,
  announcedRevision: 0,
  createdAt: AT,
  at: AT,
} as const;

async function decide(revision: number, excludes: boolean): Promise<void> {
  const row: IncidentRow = { ...base, revision, excludes, action: excludes ? 'voided' : 'restored' };
  await (revision === 1 ? incidents.insert(row) : incidents.update(row, revision - 1));
  const began = performance.now();
  await coordinator.tick();
  for (;;) {
    const { done, looked, changed } = await incidents.progress(base.id, revision);
    const seconds = (performance.now() - began) / 1_000;
    process.stderr.write(
      `\r${row.action}: ${done} of ${PARTITIONS} partitions, ${looked} looked at, ${changed} changed, ${seconds.toFixed(0)} s `,
    );
    if (done === PARTITIONS) {
      const [left] = await db.query('select count(*) as left from desist.suppression_list');
      const speed = Math.round(ADDRESSES / seconds);
      process.stderr.write('\n');
      console.log(
        `${row.action}: ${changed} addresses in ${seconds.toFixed(1)} s, ${speed} a second; on the list: ${String(left?.['left'])}`,
      );
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

console.log(`${ADDRESSES} addresses inside, ${OTHERS} outside, ${PARTITIONS} partitions, ${cpus().length} cores`);
await decide(1, true);
await decide(2, false);
stop.abort();
await running;
await engine.close();
await db.close();
await made.drop();
await server?.stop();
