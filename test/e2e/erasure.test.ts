/** `forget`, from the command to the last table: a full dump afterwards has no trace, and sending is still forbidden. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import { desist, startService } from './desist.ts';
import type { Variables } from './desist.ts';

const ALICE = 'alice.q.public@example.com';
const BOB = 'bob@example.com';
const HOUR = 3_600_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-erasure-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Every row of every table, as text. */
async function dump(db: Database): Promise<string> {
  const tables = await db.query(
    "select table_name as name from information_schema.tables where table_schema = 'desist' and table_type = 'BASE TABLE'",
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query(`select t::text as row from desist.${String(name)} t`);
    parts.push(`-- ${String(name)} ${rows.length}`, ...rows.map(({ row }) => String(row)));
  }
  return parts.join('\n');
}

function expectNoTrace(text: string, address: string): void {
  const local = address.slice(0, address.indexOf('@'));
  expect(text.toLowerCase()).not.toContain(local);
  // Keys and values of the journal are bytes.
  expect(text).not.toContain(Buffer.from(local).toString('hex'));
}

const event = (recipient: string, type: string, hoursAgo: number, more: object = {}): object => ({
  version: 1,
  recipient,
  type,
  messageId: `m-${hoursAgo}`,
  occurredAt: new Date(Date.now() - hoursAgo * HOUR).toISOString(),
  ...more,
});

interface Installation {
  readonly env: Variables;
  open(): Promise<Database>;
  close(): Promise<void>;
}

const installations: readonly (readonly [string, () => Promise<Installation>])[] = [
  [
    'embedded',
    async () => {
      const data = join(folder, 'data');
      return { env: { DESIST_DATA: data }, open: () => openEmbedded({ folder: data }), close: async () => undefined };
    },
  ],
  [
    'on a Postgres server, with a key of its own',
    async () => {
      const { url, drop } = await createDatabase(inject('databaseUrl') ?? '');
      const env = { DATABASE_URL: url, DESIST_HASH_KEY: 'k'.repeat(40) };
      expect((await desist(['migrate'], env)).code).toBe(0);
      return { env, open: async () => openServer({ url, applicationName: 'dump', onIdleError: () => undefined }), close: drop };
    },
  ],
];

describe.each(installations)('forget, %s', (_, make) => {
  it('leaves no trace in a full dump, still blocks the address, survives a restart, and can be released', async () => {
    const installation = await make();
    const service = await startService({ ...installation.env, DESIST_CLOCK_GRACE: '1s' });
    const url = { DESIST_URL: service.url };
    const post = async (events: readonly object[]): Promise<void> => {
      const response = await fetch(`${service.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(events),
      });
      expect(response.status).toBe(202);
    };
    const full = { smtp: { code: 452, text: `452 4.2.2 <${ALICE}> mailbox of alice.q.public is full` } };
    await post([
      ...[80, 70, 60, 50, 40, 30, 20, 10, 2].map((ago) => event(ALICE, 'deferred', ago, full)),
      event(ALICE, 'complained', 1),
      event(BOB, 'complained', 1),
    ]);
    await until(async () => (await desist(['check', ALICE], url)).code === 1, 'suppressed');
    const forgotten = await desist(['forget', 'Alice.Q.Public@EXAMPLE.com', '--json', '--yes'], url);
    expect(forgotten).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(forgotten.out)).toMatchObject({ accepted: 1, folded: true });

    // Who asked for it is written down, without the address.
    const audit = async (): Promise<string> => (await desist(['audit', '--json'], url)).out;
    await until(async () => !(await audit()).includes('alice'), 'the audit trail has the address no more');
    const acts = (await audit()).trim().split('\n');
    expect(acts.map((line) => JSON.parse(line) as object)).toMatchObject([
      { action: 'forget', erased: true, recipient: null, target: null, outcome: 'applied' },
      { action: 'policy_reloaded' },
    ]);

    const state = (await (await fetch(`${service.url}/v1/recipients/${ALICE}`)).json()) as object;
    expect(state).toMatchObject({ state: 'healthy', suppressions: [], version: 0 });
    const check = JSON.parse((await desist(['check', ALICE, '--json'], url)).out) as object;
    expect(check).toMatchObject({ allowed: false, reasons: ['complaint', 'persistent_deferral'], state: 'healthy', forgotten: true });

    const why = await desist(['why', ALICE], url);
    expect(why.out).toMatch(/suppressed: complaint, all streams, .*; of an erased recipient with this address/);
    expect(why.out).toContain('its events were erased');

    // A list that has her: nothing readable of her comes back.
    const list = join(folder, `list-${Math.random()}.csv`);
    await writeFile(
      list,
      `email,created,reason\n${ALICE},1700000000,550 5.1.1 no such user\nnew@example.com,1700000000,550 5.1.1 no such user\n`,
    );
    const imported = await desist(['import', list, '--json'], url);
    expect(JSON.parse(imported.out)).toMatchObject({ rows: 2, forgotten: 1, fresh: 1 });
    const erasures = (): number => [...service.said().matchAll(/"erased":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    await until(() => erasures() === 1, 'the journal is cleaned');
    // Something of before arrives late: it is hers, and stays unknown.
    await post([event(ALICE, 'bounced', 5, { smtp: { code: 550, text: '550 5.1.1 no such user' } })]);
    await until(async () => (await desist(['check', ALICE, '--json'], url)).out.includes('hard_bounce'), 'the late bounce blocks too');
    await until(async () => (await desist(['check', 'new@example.com'], url)).code === 1, 'the other of the list');
    await until(() => erasures() === 2, 'the journal is cleaned again');
    expect(await service.stop()).toBe(0);
    expectNoTrace(service.said(), ALICE);

    const db = await installation.open();
    const text = await dump(db);
    await db.close();
    expectNoTrace(text, ALICE);
    expect(text).toContain('bob@example.com');
    expect(text).toMatch(/-- forgotten 1/);

    const again = await startService(installation.env);
    const then = { DESIST_URL: again.url };
    expect((await desist(['check', ALICE], then)).code).toBe(1);
    expect(await desist(['release', ALICE], then)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/lifted 1 hard_bounce, 1 persistent_deferral of 1 recipient\n {2}1 complaint .* only --force/) as string,
    });
    expect(JSON.parse((await desist(['check', ALICE, '--json'], then)).out)).toMatchObject({ allowed: false, reasons: ['complaint'] });
    expect((await desist(['release', ALICE, '--force'], then)).code).toBe(0);
    expect((await desist(['check', ALICE], then)).code).toBe(0);
    expect((await desist(['release', ALICE, '--force'], then)).code).toBe(1);
    await again.stop();
    await installation.close();
  });
});
