/** Operator commands, import and status as processes against a stub of the service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statusLines } from './commands/status.ts';

interface Held {
  readonly scope: string;
  readonly reason: string;
}

let server: Server;
let url: string;
let folder: string;
let posted: { readonly path: string; readonly body: unknown }[];
/** By `tenant/address`. */
let list: Map<string, readonly Held[]>;
let mayRead: boolean;
let folded: boolean;

beforeEach(async () => {
  posted = [];
  list = new Map();
  mayRead = true;
  folded = true;
  folder = mkdtempSync(path.join(tmpdir(), 'desist-operator-'));
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const [status, body] = answer(request.method ?? '', new URL(request.url ?? '', url), text === '' ? undefined : JSON.parse(text));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

interface Command {
  readonly type: string;
  readonly tenant?: string;
  readonly recipient: string;
  readonly scope?: string;
  readonly force?: boolean;
}

function answer(method: string, { pathname }: URL, body: unknown): readonly [number, unknown] {
  if (method === 'POST') posted.push({ path: pathname, body });
  if (pathname === '/v1/commands') {
    const commands = body as readonly Command[];
    if (folded) commands.forEach(apply);
    return [202, { accepted: commands.length, ids: commands.map((_, index) => `c-${index}`), folded }];
  }
  if (pathname === '/v1/events') return [202, {}];
  if (pathname !== '/v1/check' || !mayRead) return [403, { title: 'Forbidden' }];
  const { recipients, tenant = 'default' } = body as { readonly recipients: readonly string[]; readonly tenant?: string };
  const heldBy = (recipient: string): readonly Held[] => list.get(`${tenant}/${recipient}`) ?? [];
  return [200, { results: recipients.map((recipient) => ({ recipient, allowed: true, suppressions: heldBy(recipient) })) }];
}

/** As `release` does. */
function apply({ type, tenant = 'default', recipient, scope = '*', force }: Command): void {
  if (type !== 'release') return;
  const key = `${tenant}/${recipient}`;
  const said = ({ reason }: Held): boolean => reason === 'complaint' || reason === 'unsubscribe';
  list.set(
    key,
    (list.get(key) ?? []).filter((one) => (scope !== '*' && one.scope !== scope) || (said(one) && force !== true)),
  );
}

const { DESIST_TEST_PROGRAMS: programs } = process.env;
/** From the sources, or as the setup of the run has joined them, which starts sooner. */
const PROGRAM =
  programs === undefined
    ? ['--conditions=source', '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'main.ts')]
    : [path.join(programs, 'cli.js')];

async function desist(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { env: { ...process.env, DESIST_URL: url, NO_COLOR: '1' } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

const BOUNCE = { scope: '*', reason: 'hard_bounce' };
const COMPLAINT = { scope: '*', reason: 'complaint' };
const NEWS = { scope: 'news', reason: 'unsubscribe' };

describe('desist release', () => {
  it('says what was lifted, what needs --force, and who was not on the list', async () => {
    list.set('default/a@example.com', [BOUNCE, COMPLAINT, NEWS]);
    list.set('default/b@example.com', [BOUNCE]);
    expect(await desist(['release', 'a@example.com', 'b@example.com', 'c@example.com'])).toEqual({
      code: 0,
      out: `release: lifted 2 hard_bounce of 2 recipients
  1 complaint, 1 unsubscribe of 1 recipient remain: only --force lifts what recipients asked for themselves
  1 not on the list
`,
      err: '',
    });
  });

  it('exits with 1 if nothing was lifted', async () => {
    list.set('default/a@example.com', [COMPLAINT]);
    const { code, out } = await desist(['release', 'a@example.com']);
    expect([code, out.split('\n')[0]]).toEqual([1, 'release: nothing was lifted']);
    expect(await desist(['release', 'x@example.com'])).toMatchObject({
      code: 1,
      out: 'release: nothing was lifted\n  1 not on the list\n',
    });
    expect(await desist(['release', 'a@example.com', '--force'])).toMatchObject({
      code: 0,
      out: 'release: lifted 1 complaint of 1 recipient\n',
    });
  });

  it('applies to the given scope and tenant', async () => {
    list.set('acme/a@example.com', [BOUNCE, { scope: 'news', reason: 'hard_bounce' }]);
    const { out } = await desist(['release', 'a@example.com', '--tenant', 'acme', '--scope', 'news', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      folded: true,
      lifted: [{ recipient: 'a@example.com', scope: 'news', reason: 'hard_bounce' }],
      standing: [],
      notListed: 0,
    });
  });

  it('reports only what the service confirms', async () => {
    list.set('default/a@example.com', [BOUNCE]);
    mayRead = false;
    expect(await desist(['release', 'a@example.com'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('is unknown because this key may not read') as string,
    });
    [mayRead, folded] = [true, false];
    expect(await desist(['release', 'a@example.com'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 of them pending') as string,
    });
  });
});

describe('desist forget', () => {
  it('asks before it erases: without a terminal it needs --yes', async () => {
    for (const args of [['a@example.com'], ['--file', '-']]) {
      const refused = await desist(['forget', ...args], 'a@example.com\n');
      expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('give --yes') as string });
    }
    expect(posted).toEqual([]);
    expect(await desist(['forget', 'a@example.com', '--yes'])).toMatchObject({ code: 0, out: 'forget: 1 done\n' });
    expect(posted.map(({ path: to }) => to)).toEqual(['/v1/commands']);
  });
});

describe('desist import', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const sent = (): readonly (readonly [string, string | undefined])[] =>
    posted
      .filter(({ path: to }) => to === '/v1/commands' || to === '/v1/events')
      .flatMap(({ body }) => (body as readonly Command[]).map(({ recipient, tenant }) => [recipient, tenant] as const));

  const EXPORT = [
    'tenant,address,scope,reason,category,since,expires_at,reply',
    'acme,a@example.com,*,operator,,2026-03-01T10:00:00.000Z,,',
    "other,'=b@example.com,*,complaint,,2026-03-01T10:00:00.000Z,,",
    'no tenant,c@example.com,*,operator,,2026-03-01T10:00:00.000Z,,',
    '',
  ].join('\n');

  it('puts each row into the tenant of its `tenant` column; --tenant puts all into one', async () => {
    const { code, err } = await desist(['import', file('export.csv', EXPORT)]);
    expect(code).toBe(0);
    expect(err).toContain('row 3: tenant: no tenant is not a name like');
    expect(sent().toSorted()).toEqual([
      ['=b@example.com', 'other'],
      ['a@example.com', 'acme'],
    ]);
    expect(posted.filter(({ path: to }) => to === '/v1/check').map(({ body }) => (body as Command).tenant)).toEqual(['acme', 'other']);
    posted = [];
    await desist(['import', file('export.csv', EXPORT), '--tenant', 'copy']);
    expect(sent().map(([, tenant]) => tenant)).toEqual(['copy', 'copy', 'copy']);
    expect((await desist(['import', file('export.csv', EXPORT), '--tenant', 'no name'])).code).toBe(2);
  });

  it.each([
    [
      'our own events',
      { version: 1, type: 'delivered', recipient: 'a@example.com', occurredAt: '2026-03-01T10:00:00Z', source: 'kumomta' },
    ],
    ['events without a source', { version: 1, type: 'delivered', recipient: 'a@example.com', occurredAt: '2026-03-01T10:00:00Z' }],
    ["a provider's events", [{ email: 'a@example.com', event: 'delivered', timestamp: 1772359200, sg_event_id: 'e', sg_message_id: 'm' }]],
  ])('refuses %s, because most addresses in it received mail', async (_, json) => {
    for (const format of [[], ['--format', 'sparkpost']]) {
      const refused = await desist(['import', file('events.ndjson', `${JSON.stringify(json)}\n`), ...format]);
      expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('these are delivery events') as string });
    }
    expect(posted).toEqual([]);
  });

  it('refuses a table with the columns of events', async () => {
    const refused = await desist(['import', file('activity.csv', 'email,event,processed\na@example.com,delivered,2026-03-01\n')]);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('these are columns of events') as string });
    expect(posted).toEqual([]);
  });
});

describe('desist status', () => {
  it('says that a partition is stopped and why; for others how far behind it is, or which process knows', () => {
    const partition = { partition: 0, nextOffset: 7, clock: null, stopped: null, outbox: 0, deadLetters: 0, lag: 3 };
    const lines = statusLines({
      partitions: [
        partition,
        { ...partition, partition: 1, lag: null, stopped: 'retention has eaten 5 to 9' },
        { ...partition, partition: 2, lag: null },
      ],
      recipients: {},
      suppressions: [],
    }).join('\n');
    expect(lines).toMatch(/^0 +7 +3 +not started/m);
    expect(lines).toMatch(/^1 +7 +stopped +not started/m);
    expect(lines).toMatch(/^2 +7 +not read here +not started/m);
    expect(lines).toContain('partition 1 STOPPED: retention has eaten 5 to 9');
    expect(lines).not.toContain('?');
  });
});
