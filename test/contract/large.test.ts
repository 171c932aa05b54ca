/** What counters, series and the console's questions cost beside large tables. `DESIST_LONG=1`: five million recipients. */
import { readFileSync } from 'node:fs';
import { createApi } from '@desist/api';
import type { Api } from '@desist/api';
import { DEFAULT_POLICY } from '@desist/domain';
import {
  createAuditStore,
  createAuditTrail,
  createChangeFeed,
  createImportStore,
  createIncidentStore,
  createOutcomeStore,
  createReader,
  createSenderIncidentStore,
  createSubscriberStore,
  createTrafficReader,
  migrate,
  openServer,
} from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { fillLarge } from '../support/load/large.ts';
import { createDatabase } from '../support/servers/postgres.ts';

const IS_LONG = process.env['DESIST_LONG'] === '1';
const ROWS = IS_LONG ? 5_000_000 : 50_000;
const LARGE = ['recipient', 'suppression', 'recipient_event', 'allowance'];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** ms of the database for what the console asks. */
const BOUND = 50;
const TURNS = 20;

describe.skipIf(inject('databaseUrl') === undefined)(`with ${ROWS} recipients, half of them suppressed`, () => {
  const now = Date.now();
  let db: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const created = await createDatabase(inject('databaseUrl') as string);
    drop = created.drop;
    db = openServer({ url: created.url, applicationName: 'desist-tests', connections: 1, onIdleError: () => undefined });
    await migrate(db);
    await fillLarge(db, { rows: ROWS, now });
  }, 3_600_000);
  afterAll(async () => {
    await db.close();
    await drop();
  });

  test('a scrape and a summary touch no large table', { timeout: 900_000 }, async () => {
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
    // What filled the tables, on another connection, is counted when that tells it, all at once.
    const isTold = async (): Promise<boolean> => {
      const inserted = "select n_tup_ins as rows from pg_stat_user_tables where schemaname = 'desist' and relname = 'recipient'";
      return Number((await db.query(inserted))[0]?.['rows']) >= ROWS;
    };
    await until(isTold, 'the statistics of what was filled');
    const before = await touched();
    const { status, atRisk } = await ask();
    expect(await touched()).toEqual(before);
    expect(status.recipients['suppressed']).toBe(ROWS / 2);
    expect(Object.values(status.recipients).reduce((sum, count) => sum + count, 0)).toBe(ROWS);
    expect(status.suppressions.reduce((sum, { count }) => sum + count, 0)).toBe(ROWS / 2);
    expect(atRisk).toBeGreaterThan(0);
    const best = await bestOf(10 * TURNS, 20, async () => {
      const began = performance.now();
      await ask();
      return performance.now() - began;
    });
    console.log(`${ROWS} recipients: status and counters in ${best.toFixed(1)} ms at best`);
    // The best of many: the machine may be busy with something else.
    expect(best).toBeLessThan(20);
  });

  /** Of each route of the console, with what people choose there: common and rare, of one tenant and of all, and what is not there. */
  const QUESTIONS: readonly string[] = [
    ...['', 'tenant=acme', 'tenant=small', 'tenant=late', 'tenant=none', 'reason=complaint', 'reason=unsubscribe', 'reason=hard_bounce'],
    ...['tenant=late&reason=complaint', 'scope=news', 'scope=none', 'domain=example.com', 'domain=d100.example', 'domain=none.example'],
    ...['domain=example.com&reason=complaint', 'tenant=late&domain=example.com', 'prefix=user12', 'prefix=user12345', 'prefix=x'],
    ...['prefix=user&reason=complaint', 'tenant=late&prefix=user4', 'address=user2@example.com', 'address=nobody@example.com'],
    ...[`since=${iso(500)}`, `since=${iso(-1)}`, `since=${iso(30)}&reason=complaint`],
  ]
    .map((query) => `/v1/suppressions?limit=1000${query === '' ? '' : `&${query}`}`)
    .concat([
      ...['/v1/recipients?limit=1000', `/v1/recipients?limit=1000&suppressedBefore=${iso(-3)}`, '/v1/recipients?limit=1000&tenant=late'],
      ...['', '/history'].map((part) => `/v1/recipients/user2@example.com${part}?tenant=acme`),
      // The same statements as of somebody who is known.
      '/v1/recipients/nobody@example.com/why?tenant=acme',
      ...['/v1/summary', '/v1/status', '/v1/providers', '/v1/providers/provider1', '/v1/providers?tenant=acme'],
      ...['delivered_after_deferral', 'time_to_delivery', 'suppressions', 'releases', 'persistent'].map(
        (measure) => `/v1/series?measure=${measure}&step=1h&from=${iso(14)}&to=${iso(0)}`,
      ),
      ...['outcomes', 'deferral_share'].map((measure) => `/v1/series?measure=${measure}&step=15m&from=${iso(1)}&to=${iso(0)}&tenant=acme`),
      ...['/v1/incidents', '/v1/incidents?state=open', '/v1/audit?limit=100', '/v1/audit?tenant=acme&limit=100'],
      ...['/v1/audit?who=nobody&limit=100', '/v1/audit?action=nothing&limit=100', '/v1/audit?recipient=user3@example.com&limit=100'],
      ...['/v1/webhooks', '/v1/policy'],
    ]);
  /** Read by people one at a time, from the log or from this process, or answered by one row. */
  const ELSEWHERE = [
    '/v1/session',
    '/readyz',
    '/v1/dead-letters',
    '/v1/dead-letters/{id}',
    '/v1/unmatched-replies',
    '/v1/incidents/{id}',
    '/v1/whatif/{id}',
  ];
  const BY_ID = ['/v1/incidents/{id}/preview', '/v1/webhooks/{id}/deliveries'];

  function iso(daysAgo: number): string {
    return new Date(now - daysAgo * DAY).toISOString();
  }

  test('every route that the console reads is among the questions', () => {
    const source = readFileSync(new URL('../../packages/console/src/page/api/index.ts', import.meta.url), 'utf8');
    const read = [...source.matchAll(/client\.GET\('([^']+)'/g)].map(([, route = '']) => route);
    expect(read.length).toBeGreaterThan(20);
    const asked = QUESTIONS.map((url) =>
      url
        .replace(/\?.*/, '')
        .replace(/(?:user2|nobody)@example\.com/, '{address}')
        .replace('/provider1', '/{provider}'),
    );
    expect(read.filter((route) => ![...asked, ...ELSEWHERE, ...BY_ID].includes(route))).toEqual([]);
  });

  test(`no question of the console takes the database ${BOUND} ms`, { timeout: 900_000 }, async () => {
    let spent = 0;
    const watched: Database = {
      ...db,
      async query(text, values) {
        const began = performance.now();
        try {
          return await db.query(text, values);
        } finally {
          spent += performance.now() - began;
        }
      },
    };
    const api = apiOn(watched);
    const took = new Map<string, number>();
    for (const url of QUESTIONS) {
      const best = await bestOf(TURNS, BOUND, async () => {
        spent = 0;
        const { statusCode, body } = await api.inject({ url, headers: { host: 'localhost' } });
        expect([url, statusCode, statusCode === 200 ? '' : body]).toEqual([url, 200, '']);
        return spent;
      });
      took.set(url, best);
    }
    await api.close();
    const dearest = [...took].sort((a, b) => b[1] - a[1]);
    console.log(
      dearest
        .slice(0, 8)
        .map(([url, ms]) => `${ms.toFixed(1)} ms  ${url}`)
        .join('\n'),
    );
    expect(dearest.filter(([, ms]) => ms >= BOUND)).toEqual([]);
  });
});

/** The best of so many, or the first one below `enough`: the machine may be busy with something else. */
async function bestOf(turns: number, enough: number, ask: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < turns && best >= enough; turn += 1) best = Math.min(best, await ask());
  return best;
}

function apiOn(db: Database): Api {
  const quiet = (): void => undefined;
  return createApi({
    reader: createReader(db),
    traffic: createTrafficReader(db),
    incidents: createIncidentStore(db),
    senderIncidents: createSenderIncidentStore(db),
    trail: createAuditTrail(db),
    changes: createChangeFeed(db),
    subscribers: { store: createSubscriberStore(db) },
    imports: createImportStore(db),
    outcomes: createOutcomeStore(db),
    audits: createAuditStore(db),
    policies: () => ({ version: 'sha256:p', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: Date.now },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0',
  });
}
