/** Another policy without a restart, as operators do it: a request, a signal, several processes; what is decided then is what a restart decides. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { migratedServer } from '../support/servers/template.ts';
import { desist, startIngest, startQuery, startService } from './desist.ts';
import type { Service, Variables } from './desist.ts';

const HOUR = 3_600_000;
const SLOW = 'deferral: {suppress_after: 10d}\n';
const HASTY = 'deferral: {suppress_after: 24h, soft_bounce_after: 24h, evidence_span: 24h}\n';
const BROKEN = 'deferral:\n  suppress_after: soon\n  nonsense: 1\n';
/** Under the first policy nobody is suppressed, under the second one all but the last. */
const RECIPIENTS = ['alice@example.com', 'bob@example.com', 'carol@example.com'] as const;
const NOW = Date.now();
const EVENTS = [
  [80, 2],
  [30, 2],
  [9, 2],
].flatMap(([from = 0, to = 0], index) =>
  Array.from({ length: Math.floor((from - to) / 6) + 1 }, (_, n) => ({
    ...{ version: 1, recipient: RECIPIENTS[index], messageId: 'm-1', type: 'deferred' },
    occurredAt: new Date(NOW - (from - 6 * n) * HOUR).toISOString(),
    smtp: { code: 452, text: '452 4.2.2 Mailbox full' },
  })),
);

interface Decided {
  readonly recipient: string;
  readonly state: string;
  readonly suppressions: readonly object[];
}

let folder: string;
let slow: string;
let hasty: string;
let events: string;
let replayed: readonly Decided[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-reload-'));
  [slow, hasty, events] = ['slow.yaml', 'hasty.yaml', 'events.ndjson'].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(slow, SLOW);
  await writeFile(hasty, HASTY);
  await writeFile(events, EVENTS.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const { code, out } = await desist(['replay', '--json', '--policy', hasty, events]);
  expect(code).toBe(0);
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Decided & { readonly type: string });
  replayed = lines.filter(({ type }) => type === 'final').map(({ recipient, state, suppressions }) => ({ recipient, state, suppressions }));
  expect(replayed.map(({ state }) => state)).toEqual(['suppressed', 'suppressed', 'deferred']);
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(url, init)).json()) as T;
}

async function send({ url }: Service): Promise<void> {
  const body = EVENTS.map((event) => JSON.stringify(event)).join('\n');
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body });
  expect(answer.status).toBe(202);
}

async function decided({ url }: Service): Promise<readonly Decided[]> {
  return Promise.all(
    RECIPIENTS.map(async (recipient) => {
      const { state, suppressions } = await json<{
        state: string;
        suppressions: readonly { scope: string; reason: string; since: string; expiresAt: string | null }[];
      }>(`${url}/v1/recipients/${recipient}`);
      const shown = suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }));
      return { recipient, state, suppressions: shown };
    }),
  );
}

const states = async (service: Service): Promise<readonly string[]> => (await decided(service)).map(({ state }) => state);
const isDecided =
  (service: Service, wanted: readonly string[] = ['suppressed', 'suppressed', 'deferred']) =>
  async (): Promise<boolean> =>
    (await states(service)).join() === wanted.join();

interface Shown {
  readonly version: string;
  readonly revision: number | null;
  readonly by: string | null;
}
const inForce = ({ url }: Service): Promise<Shown> => json<Shown>(`${url}/v1/policy`);

/** Versions under which the partitions of this process are folded. */
async function foldedUnder({ url }: Service): Promise<readonly (string | null)[]> {
  const { partitions } = await json<{ partitions: readonly { policy: string | null; outdated: number | null }[] }>(`${url}/v1/status`);
  return [...new Set(partitions.map(({ policy }) => policy))].filter((policy) => policy !== null);
}

const trail = async ({
  url,
}: Service): Promise<readonly { readonly by: string | null; readonly outcome: string; readonly target: string | null }[]> =>
  (
    await json<{ items: readonly { by: string | null; outcome: string; target: string | null }[] }>(
      `${url}/v1/audit?action=policy_reloaded`,
    )
  ).items;

/** A service with a policy file of its own, which has folded the events under the first policy. */
async function running(
  name: string,
  env: Variables,
): Promise<{ readonly service: Service; readonly file: string; readonly env: Variables }> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, SLOW);
  const all = { DESIST_POLICY: file, DESIST_CLOCK_GRACE: '1s', ...env };
  const service = await startService(all);
  await send(service);
  await until(isDecided(service, ['soft_bounced', 'persistent', 'deferred']), 'folded under the first policy').catch(async () => {
    throw new Error(`folded as ${JSON.stringify(await decided(service))}`);
  });
  return { service, file, env: all };
}

describe('desist start, embedded', () => {
  it('a request: the decisions are those of a restart and of a replay; a broken file changes nothing', async () => {
    const { service, file } = await running('request', { DESIST_DATA: join(folder, 'request') });
    const url = { DESIST_URL: service.url };
    const before = await inForce(service);
    expect(before).toMatchObject({ revision: 1 });

    await writeFile(file, BROKEN);
    const refused = await fetch(`${service.url}/v1/policy/reload`, { method: 'POST' });
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { title: 'Unprocessable Entity', errors: [{ line: 2, column: 19 }, { line: 3 }] },
    ]);
    const told = await desist(['policy', 'reload'], url);
    expect([told.code, told.err]).toEqual([2, expect.stringContaining('suppress_after')]);
    expect(await inForce(service)).toEqual(before);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(service.said()).toContain('the policy file has mistakes: the policy in force stays');

    await writeFile(file, HASTY);
    const reloaded = await desist(['policy', 'reload', '--json', '--by', 'anna'], url);
    expect([reloaded.code, JSON.parse(reloaded.out)]).toMatchObject([0, { changed: true, revision: 2 }]);
    await until(isDecided(service), 'folded again');
    expect(await decided(service)).toEqual(replayed);
    expect(await inForce(service)).toMatchObject({ revision: 2, by: 'anna' });
    const again = await desist(['policy', 'reload'], url);
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('unchanged')]);
    expect((await trail(service)).map(({ outcome, target }) => [outcome, target])).toEqual([
      ['done', '2'],
      ['refused', null],
      ['refused', null],
      ['done', '1'],
    ]);
    expect(service.said()).toContain('the policy was changed: recipients are folded again, new events meanwhile');
    expect(await service.stop()).toBe(0);

    // By a restart.
    const other = await running('restart', { DESIST_DATA: join(folder, 'restart') });
    await other.service.stop();
    await writeFile(other.file, HASTY);
    const restarted = await startService(other.env);
    await until(isDecided(restarted), 'folded again');
    expect(await decided(restarted)).toEqual(replayed);
    await restarted.stop();
  });

  it('SIGHUP: the same, and the process goes on', async () => {
    const { service, file } = await running('signal', { DESIST_DATA: join(folder, 'signal') });
    await writeFile(file, BROKEN);
    service.signal('SIGHUP');
    await until(async () => service.said().includes('the policy file has mistakes'), 'refused');
    expect(await inForce(service)).toMatchObject({ revision: 1 });
    await writeFile(file, HASTY);
    service.signal('SIGHUP');
    await until(isDecided(service), 'folded again');
    expect(await decided(service)).toEqual(replayed);
    expect((await trail(service))[0]).toMatchObject({ by: 'SIGHUP', target: '2', outcome: 'done' });
    expect(await service.stop()).toBe(0);
  });
});

describe('several processes on one Postgres', () => {
  it('end on one version, also those that query, those with the file of yesterday, and those that are killed in the midst', async () => {
    const { db, url, close } = await migratedServer();
    const database = { DATABASE_URL: url };
    const one = await running('one', database);
    const two = await startService({ ...one.env, DESIST_POLICY: slow });
    const [query, ingest] = await Promise.all([startQuery(database), startIngest(database)]);
    try {
      await until(async () => (await foldedUnder(one.service)).length === 1 && (await foldedUnder(two)).length === 1, 'both fold');
      for (const follower of [query, ingest]) follower.signal('SIGHUP');

      await writeFile(one.file, HASTY);
      const { version, revision } = await json<Shown>(`${one.service.url}/v1/policy/reload`, { method: 'POST' });
      expect(revision).toBe(2);
      // Its partitions may be in the midst of going over to it.
      await one.service.stop(true);
      await until(async () => (await foldedUnder(two)).join() === version, 'the other one has gone over to it');
      await until(isDecided(two), 'and has folded again');
      expect(await decided(two)).toEqual(replayed);
      for (const follower of [query, ingest]) await until(async () => (await inForce(follower)).version === version, 'followed');
      await until(async () => query.said().includes('nothing that this process reads again'), 'SIGHUP was heard');

      // The file of yesterday takes nothing back, and is told of.
      const late = await startService({ ...one.env, DESIST_POLICY: slow });
      expect(await inForce(late)).toMatchObject({ version, revision: 2 });
      const { problems } = await json<{ problems: readonly string[] }>(`${late.url}/readyz`);
      expect(problems).toEqual([expect.stringContaining('is not the policy in force (revision 2')]);
      await until(async () => (await foldedUnder(late)).join() === version, 'it folds under what is in force');
      expect((await fetch(`${query.url}/v1/policy/reload`, { method: 'POST' })).status).toBe(503);
      await late.stop();
      const again = await startService(one.env);
      expect(await inForce(again)).toMatchObject({ version, revision: 2 });
      expect(await json<{ problems: readonly string[] }>(`${again.url}/readyz`)).toMatchObject({ problems: [] });
      await again.stop();

      const rows = await db.query('select distinct policy from desist.recipient');
      expect(rows).toEqual([{ policy: version }]);
    } finally {
      await Promise.all([one.service, two, query, ingest].map((service) => service.stop()));
      await close();
    }
  });
});
