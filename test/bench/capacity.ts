/**
 * Bytes of a row in each table and index that grows with recipients, changes or roll-ups, measured on a Postgres of its own:
 * `npm run bench:capacity -- [--rows 1000000]`. What `desist capacity` and docs/capacity.md count with comes from here.
 */
import { parseArgs } from 'node:util';
import { addFact, asAddress, asTenant, classifyFailure, DEFAULT_POLICY, encodeRecipient, factOf, HOUR, newRecipient } from '@desist/domain';
import { codec } from '@desist/runtime/codec';
import { migrate, openServer } from '@desist/store-postgres';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const ROWS = Number(values.rows);
const STEP = 50_000;
const AT = Date.UTC(2026, 2, 4, 10);
const POLICY = `sha256:${'0'.repeat(64)}`;
const REPLY = '550 5.1.1 The email account that you tried to reach does not exist';

const server = await startPostgres();
const made = await createDatabase(server.url);
const db = openServer({ url: made.url, applicationName: 'bench', onIdleError: () => undefined });
try {
  await migrate(db);
  const bounced = folded([['bounced', AT, REPLY]]);
  const retried = folded(
    Array.from({ length: 8 }, (_, n) => [
      'deferred',
      AT + n * 4 * HOUR,
      '452 4.2.2 The email account that you tried to reach is over quota',
    ]),
  );
  for (let from = 0; from < ROWS; from += STEP) {
    await db.query(
      `with r as (
         insert into desist.recipient (tenant, address, partition, version, tracked, state, due, policy, last_failure_at, failures, messages,
           category, provider, evidence, updated_at)
         select 'acme', 'first.last' || n || '@example' || n % 500 || '.com', n % 12, 1, true, 'suppressed', $4, $1, $4, 1, 1,
           'user_unknown', 'example' || n % 500 || '.com', $2, $4
           from generate_series($5::int, $6::int) as n returning id),
       s as (
         insert into desist.suppression (recipient_id, scope, reason, since, expires_at, category, rule, reply, first_failure_at,
           last_failure_at, failures, policy, provider, updated_at)
         select id, '*', 'hard_bounce', $4, $4, 'user_unknown', 'text.unknown_user', $7, $4, $4, 1, $1, 'example.com', $4 from r)
       insert into desist.recipient_event (recipient_id, version, type, effective_at, recorded_at, detail, partition, sequence)
       select id, 1, 'suppressed', $4, $4, $3, 0, id from r`,
      [POLICY, bounced.evidence, bounced.detail, AT, from, Math.min(from + STEP, ROWS) - 1, REPLY],
    );
    await db.query(
      `insert into desist.rollup_hour (family, at, partition, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, events)
       select case when n % 2 = 0 then 'events' else 'domains' end, $1::bigint + n / 6000 * 3600000, n / 500 % 12, 'acme',
         'example' || n % 500 || '.com', case when n % 2 = 0 then 'transactional' else '' end, '',
         case when n % 2 = 0 then '' else 'example' || n % 500 || '.com' end, 'delivered', '', '', 0, 17
         from generate_series($2::int, $3::int) as n`,
      [AT, from, Math.min(from + STEP, ROWS) - 1],
    );
    process.stderr.write(`\r${from + STEP} rows `);
  }
  process.stderr.write('\n');
  await db.query('vacuum analyze desist.recipient');
  console.log(
    `${ROWS.toLocaleString('en')} rows of each; evidence of a bounce ${bounced.evidence.length} bytes, of 8 deferrals ${retried.evidence.length}\n`,
  );
  console.log('| table or index | bytes of a row |');
  console.log('|---|---|');
  const sizes = await db.query(
    `select c.relname as name, pg_relation_size(c.oid) + case when c.relkind = 'r' and c.reltoastrelid <> 0 then pg_total_relation_size(c.reltoastrelid) else 0 end as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join pg_index i on i.indexrelid = c.oid
      where n.nspname = 'desist' and c.relkind in ('r', 'i') and pg_relation_size(c.oid) > $1::bigint
      order by coalesce(i.indrelid, c.oid), c.relkind desc, c.relname`,
    [ROWS],
  );
  for (const { name, bytes } of sizes) console.log(`| ${String(name)} | ${(Number(bytes) / ROWS).toFixed(0)} |`);
} finally {
  await db.close();
  await server.stop();
}

/** What is stored of a recipient with this history, and of its last change. */
function folded(history: readonly (readonly ['bounced' | 'deferred', number, string])[]): {
  readonly evidence: string;
  readonly detail: string;
} {
  const who = { tenant: asTenant('acme'), recipient: asAddress('x@example.com'), stream: 'transactional', messageId: 'm-123456789' };
  const recipient = newRecipient();
  let detail = '';
  for (const [n, [type, occurredAt, text]] of history.entries()) {
    const event = { ...who, id: `e-${n}`, type, occurredAt, smtp: { code: Number(text.slice(0, 3)), text } } as const;
    const fact = factOf(event, (failed) => classifyFailure(failed, codec.providerOf));
    if (fact === undefined) continue;
    const context = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: POLICY };
    detail = JSON.stringify(addFact(recipient, fact, occurredAt, context).at(-1) ?? detail);
  }
  return { evidence: encodeRecipient(recipient), detail };
}
