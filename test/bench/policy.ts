/**
 * What a changed policy costs: `npm run bench:policy [-- --addresses 215000]`. Against a Postgres of its own (or TEST_DATABASE_URL): so many
 * suppressed addresses in 12 partitions, and one engine that starts under another policy while each partition gets a new event ten times a
 * second. Prints how long no event was folded, when all were folded again, and the most memory of the process.
 */
import { asAddress, asTenant, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { Time } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { createStore, migrate, openServer } from '@desist/store-postgres';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { evidenceOf } from './bounced.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';

const { values: flags } = parseArgs({ options: { addresses: { type: 'string', default: '215000' } } });
const ADDRESSES = Number(flags.addresses);
const PARTITIONS = 12;
const AT = Date.UTC(2026, 2, 4, 10);
const suppression = { ...DEFAULT_POLICY.suppression, complaintScope: 'stream' } as const;
const CHANGED: PolicySet = { version: 'sha256:q', base: { ...DEFAULT_POLICY, suppression }, tenants: new Map() };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const given = process.env['TEST_DATABASE_URL'];
const server = given === undefined ? await startPostgres() : undefined;
const made = await createDatabase(given ?? server?.url ?? '');
const db = openServer({ url: made.url, applicationName: 'bench', onIdleError: () => undefined });
await migrate(db);
await db.query(
  `with r as (
     insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
     select 'acme', 'a' || n || '@example.com', n % ${PARTITIONS}, 1, true, 'suppressed', 'sha256:p', 0, 0, $1, $2::bigint
       from generate_series(1, $3::int) as n returning id)
   insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at)
   select id, '*', 'hard_bounce', $2::bigint, 1, 'sha256:p', $2::bigint from r`,
  [evidenceOf('example.com', AT), AT, ADDRESSES],
);
const present = (): number => AT + 48 * HOUR;
await db.query(`insert into desist.checkpoint (partition, clock) select n, $1 from generate_series(0, ${PARTITIONS - 1}) as n`, [
  present(),
]);
await db.query('analyze');

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const log = createMemoryLog({ partitions: PARTITIONS, now: present, pause });
const time: Time = {
  now: present,
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};
const store = { ...createStore(db), now: async () => present() };
const engine = createEngine({ store, source: log, sink: log, codec, policies: CHANGED, time, logger: quiet, owner: 'bench' });

const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1_000;
let mostMemory = 0;
/** By partition: when an event was folded last. */
const folded = new Map<number, { position: number; at: number; gap: number }>();
let event = 0;
const timer = setInterval(() => {
  mostMemory = Math.max(mostMemory, process.memoryUsage().rss);
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    event += 1;
    const recipient = asAddress(`new${event}@example.com`);
    const { key, value } = encodeEvent({
      ...{ id: `n${event}`, tenant: asTenant('acme'), stream: 'default', recipient, type: 'bounced', occurredAt: present() },
      smtp: { code: 550, text: '550 5.1.1 no such user' },
    });
    void log.append('deliveryEvents', [{ key, value, partition }]);
    const position = engine.status().find((one) => one.partition === partition)?.position ?? 0;
    const before = folded.get(partition) ?? { position: 0, at: 0, gap: 0 };
    const gap = Math.max(before.gap, seconds() - before.at);
    folded.set(partition, position > before.position ? { position, at: seconds(), gap } : { ...before, gap });
  }
}, 100);
const stop = new AbortController();
const running = log.run(engine, stop.signal);
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [left] = await db.query("select count(*) as left from desist.recipient where policy <> 'sha256:q'");
  process.stderr.write(`\r${seconds().toFixed(0)} s, ${String(left?.['left'])} are left `);
  if (left?.['left'] === 0) break;
}
const all = seconds();
clearInterval(timer);
const gaps = [...folded.values()].map(({ gap }) => gap);
process.stderr.write('\n');
console.log(`${ADDRESSES} suppressed addresses, ${PARTITIONS} partitions, ${cpus().length} cores`);
console.log(
  `longest time without an event folded in a partition: ${Math.max(...gaps).toFixed(1)} s; all folded again after ${all.toFixed(0)} s`,
);
console.log(`most memory of the process: ${Math.round(mostMemory / 1e6)} MB`);
stop.abort();
await running;
await engine.close();
await db.close();
await made.drop();
await server?.stop();
