/** The engine on a real Postgres: connections killed by the server at random while it works; the table equals the oracle row by row. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { classify } from '@desist/verdicts';
import { asAddress, asTenant, DAY, DEFAULT_POLICY, ENGAGEMENT_KINDS, HOUR } from '@desist/domain';
import type { EngagementKind, LogEvent, PolicySet } from '@desist/domain';
import { createMemoryLog } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { Logger, Time } from '@desist/pipeline';
import { createStore, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { START } from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';
import { codec } from '@desist/runtime/codec';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const RECIPIENTS = 400;

const REPLIES = [
  '452 4.2.2 Mailbox full',
  '421 4.7.28 Rate limit exceeded',
  '550 5.1.1 User unknown',
  '451 4.3.0 Temporary system problem',
];

/** Ten days: each recipient has its own reply and its own rhythm; some heal, or show that somebody is there. */
function tenDays(): LogEvent[] {
  const events: LogEvent[] = [];
  for (let who = 0; who < RECIPIENTS; who += 1) {
    const text = REPLIES[who % REPLIES.length] ?? '';
    const rhythm = (3 + (who % 9)) * HOUR;
    const common = { tenant: asTenant('acme'), recipient: asAddress(`r${who}@example.com`), stream: 'default' };
    for (let at = START + who * 1000, n = 0; at < START + 5 * DAY; at += rhythm, n += 1) {
      const healed = who % 5 === 0 && n === 7;
      const smtp = { code: Number(text.slice(0, 3)), text };
      const failure = text.startsWith('5') ? ('bounced' as const) : ('deferred' as const);
      const kind = ENGAGEMENT_KINDS[Math.floor(who / 20) % ENGAGEMENT_KINDS.length] as EngagementKind;
      if (healed && who % 2 === 0) events.push({ ...common, id: `e${who}-${n}`, occurredAt: at, type: 'engaged', kind });
      else if (healed) events.push({ ...common, id: `e${who}-${n}`, occurredAt: at, type: 'delivered', messageId: `other-${who}` });
      else events.push({ ...common, id: `e${who}-${n}`, occurredAt: at, type: failure, messageId: `m-${who}-${n % 3}`, smtp });
    }
  }
  return events.sort((a, b) => a.occurredAt - b.occurredAt);
}

describe.skipIf(inject('databaseUrl') === undefined)('the engine on Postgres', () => {
  let made: TestDatabase;
  let db: Database;
  let admin: Database;

  beforeAll(async () => {
    const url = inject('databaseUrl') ?? '';
    made = await createDatabase(url);
    db = openServer({ url: made.url, applicationName: 'engine-under-test', onIdleError: () => undefined });
    admin = openServer({ url, applicationName: 'killer', onIdleError: () => undefined });
    await migrate(db);
  });
  afterAll(async () => {
    await db.close();
    await admin.close();
    await made.drop();
  });

  it('loses and doubles nothing while its connections are killed', async () => {
    const events = tenDays();
    let present = START;
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    const log = createMemoryLog({ partitions: 1, now: () => present, pause });
    for (const event of events) {
      present = Math.max(present, event.occurredAt);
      await log.append('deliveryEvents', [encodeEvent(event)]);
    }
    const end = present + 3 * DAY;
    const time: Time = {
      now: () => present,
      monotonic: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
      yield: () => new Promise((resolve) => setImmediate(resolve)),
    };
    // The database's clock is the present; the simulated one is not, and skew must not stop the test's deadlines.
    const store = { ...createStore(db), now: async () => present };
    const engine = createEngine({
      store,
      source: log,
      sink: log,
      codec: codec,
      policies: POLICIES,
      time,
      logger: quiet,
      owner: 'test',
      limits: { records: 300, rows: 40, interval: 20 },
    });
    const stop = new AbortController();
    const running = log.run(engine, stop.signal);

    let kills = 0;
    const high = (await log.bounds(0)).high;
    for (;;) {
      const [status] = engine.status();
      if (status !== undefined && status.committed >= high) break;
      kills += (await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'engine-under-test'"))
        .length;
      // Long enough for a commit or two in between.
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    present = end + 60_000;
    await expect.poll(() => engine.status()[0]?.clock, { timeout: 60_000 }).toBeGreaterThanOrEqual(end);
    // Committed, not only folded: what the last deadlines publish is in the outbox from here on.
    const clock = async (): Promise<number> => Number((await db.query('select clock from desist.checkpoint'))[0]?.['clock']);
    await expect.poll(clock, { timeout: 60_000 }).toBeGreaterThanOrEqual(end);
    await expect.poll(async () => (await db.query('select 1 from desist.outbox limit 1')).length, { timeout: 60_000 }).toBe(0);
    stop.abort();
    await running;
    await engine.close();
    expect(kills).toBeGreaterThan(5);

    const rows = await db.query('select tenant, address, scope, reason, since, expires_at from desist.suppression_list order by address');
    const wanted = Array.from({ length: RECIPIENTS }, (_, who) => `r${who}@example.com`)
      .sort()
      .flatMap((recipient) => {
        const own = events.filter((event) => event.recipient === recipient);
        const truth = oracle({
          events: own,
          clock: end,
          policy: POLICIES,
          verdictOf: ({ smtp }) => (smtp === undefined ? null : classify({ text: smtp.text ?? '' })),
        });
        return truth.suppressions.map(({ scope, reason, since, expiresAt }) => ({
          tenant: 'acme',
          address: recipient,
          scope,
          reason,
          since: new Date(since),
          expires_at: expiresAt === null ? null : new Date(expiresAt),
        }));
      });
    expect(rows).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(RECIPIENTS / 4);

    // Proof of life, as the views tell it.
    const kindsIn = async (query: string): Promise<unknown> => (await db.query(query))[0]?.['kinds'];
    const released =
      "select array_agg(distinct engagement order by engagement) as kinds from desist.recipient_history where cause = 'engaged'";
    expect(await kindsIn(`${released} and type = 'released'`)).toEqual(['reply']);
    expect(await kindsIn(released)).toEqual(['confirmed', 'login', 'reply']);
    const kept = "select array_agg(distinct engagement order by engagement) as kinds from desist.recipient_evidence where type = 'engaged'";
    expect(await kindsIn(kept)).toEqual(['click', 'confirmed', 'login', 'reply']);
    const counted = await db.query(
      "select category, sum(events)::integer as events from desist.traffic_hourly where type = 'engaged' group by category order by category",
    );
    expect(counted).toEqual(['click', 'confirmed', 'login', 'reply'].map((category) => ({ category, events: RECIPIENTS / 40 })));

    const text = new TextDecoder();
    const latest = new Map<string, string | null>();
    for (const { key, value } of log.read('suppressions'))
      latest.set(text.decode(key ?? undefined), value === null ? null : text.decode(value));
    const published = [...latest].filter(([, value]) => value !== null).map(([key]) => key);
    expect(published.sort()).toEqual([...new Set(wanted.map(({ address }) => `acme/${address}`))].sort());
    const numbers = new Set(
      log
        .read('suppressionEvents')
        .map(({ value }) => (JSON.parse(text.decode(value ?? undefined)) as { sequence: { number: number } }).sequence.number),
    );
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: numbers.size }, (_, index) => index + 1));
  });
});
