/**
 * HTTP subscribers of two processes on one server, with real receivers that fail, hang, answer late, cut connections and are restarted, while
 * a process is killed. Afterwards each receiver that verifies, and drops what is old, holds the table.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { desist, startQuery, startService } from './desist.ts';
import type { Service } from './desist.ts';

interface Change {
  readonly type: string;
  readonly recipient: string;
  readonly recipientVersion: number;
  readonly recordedAt: string;
  readonly state: { readonly to: string };
  readonly sequence: { readonly partition: number; readonly number: number };
}

type Mood = 'takes' | 'fails' | 'hangs' | 'late' | 'cuts' | 'gone' | 'redirects';

/** As docs/webhooks.md tells people to write one. */
class Receiver {
  /** What it does with the next request; it keeps nothing of those that it does not take, except when it is late. */
  mood: () => Mood = () => 'takes';
  secret = '';
  readonly table = new Map<string, { readonly version: number; readonly suppressed: boolean }>();
  /** `webhook-id`s in the order of their first arrival, with their bodies. */
  readonly ids = new Map<string, string>();
  /** How long after its commit each change was here for the first time, ms. */
  readonly delays: number[] = [];
  readonly problems: string[] = [];
  requests = 0;
  private server: Server | undefined;
  private port = 0;

  async open(): Promise<string> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (part: string) => (body += part));
      request.on('end', () => {
        this.answer(body, request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private answer(body: string, request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    switch (this.mood()) {
      case 'takes':
        this.take(body, request.headers as Record<string, string>);
        response.writeHead(204).end();
        return;
      case 'late':
        this.take(body, request.headers as Record<string, string>);
        setTimeout(() => response.writeHead(204).end(), 2_500);
        return;
      case 'fails':
        response.writeHead(500).end('no');
        return;
      case 'redirects':
        response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
        return;
      case 'gone':
        response.writeHead(410).end();
        return;
      case 'cuts':
        // It has it, and the sender does not learn of it.
        this.take(body, request.headers as Record<string, string>);
        request.socket.destroy();
        return;
      case 'hangs':
    }
  }

  private take(body: string, headers: Record<string, string>): void {
    const id = headers['webhook-id'] ?? '';
    new Webhook(this.secret).verify(body, headers);
    if ((this.ids.get(id) ?? body) !== body) this.problems.push(`${id} came with other changes`);
    this.ids.set(id, body);
    for (const change of [JSON.parse(body) as Change | readonly Change[]].flat() as Change[]) {
      if (change.type === 'test') continue;
      const { recipient, recipientVersion: version, state } = change;
      const before = this.table.get(recipient)?.version ?? 0;
      if (version <= before) continue;
      if (version !== before + 1) this.problems.push(`${recipient}: ${version} after ${before}`);
      this.delays.push(Date.now() - Date.parse(change.recordedAt));
      this.table.set(recipient, { version, suppressed: state.to === 'suppressed' });
    }
  }

  suppressed(): readonly string[] {
    return [...this.table].flatMap(([recipient, { suppressed }]) => (suppressed ? recipient : [])).sort();
  }
}

const admin = inject('databaseUrl');

describe.skipIf(admin === undefined)('webhooks to subscribers', () => {
  let database: TestDatabase;
  let env: Record<string, string>;
  const opened: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    database = await createDatabase(admin ?? '');
    env = { DATABASE_URL: database.url, DESIST_WEBHOOK_NETWORKS: '127.0.0.1', DESIST_PARTITIONS: '4', DESIST_CLOCK_GRACE: '1s' };
    expect((await desist(['migrate'], env)).code).toBe(0);
  });
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  afterAll(async () => database.drop());

  async function service(): Promise<Service> {
    const started = await startService(env);
    opened.push(async () => started.stop(true));
    return started;
  }

  async function call(
    url: string,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: never }> {
    const payload = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(new URL(path, url), { method, ...payload });
    return { status: response.status, body: (await response.json()) as never };
  }

  async function subscribed(url: string, more: object = {}, receiver = new Receiver()): Promise<{ receiver: Receiver; id: string }> {
    const hook = await receiver.open();
    opened.push(async () => receiver.close());
    const { status, body } = await call(url, 'POST', '/v1/webhooks', { url: hook, ...more });
    expect(status).toBe(201);
    const { id, secret } = body as { id: string; secret: string };
    receiver.secret = secret;
    return { receiver, id };
  }

  async function send(url: string, type: 'suppress' | 'release', recipients: readonly string[]): Promise<void> {
    const { status } = await call(url, 'POST', '/v1/commands', recipients.map((recipient) => ({ type, recipient })) as object);
    expect(status).toBe(202);
  }

  async function listed(url: string): Promise<readonly string[]> {
    const { body } = await call(url, 'GET', '/v1/suppressions?limit=1000');
    return (body as { items: { address: string }[] }).items.map(({ address }) => address).sort();
  }

  let seed = Number(process.env['DESIST_SEED']) || 1;
  const pick = <T>(of: readonly [T, ...T[]]): T => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return of[(seed >> 8) % of.length] ?? of[0];
  };

  test('after the chaos each receiver holds the table, and one that is well was never held back', async () => {
    let [first, second] = [await service(), await service()];
    const moods: Readonly<Record<string, () => Mood>> = {
      well: () => 'takes',
      failing: () => pick(['takes', 'fails', 'fails']),
      hanging: () => pick(['takes', 'hangs']),
      late: () => pick(['takes', 'late']),
      cutting: () => pick(['takes', 'takes', 'cuts']),
      redirecting: () => pick(['takes', 'redirects']),
      restarted: () => 'takes',
    };
    const subscribers = new Map<string, { receiver: Receiver; id: string }>();
    for (const [name, mood] of Object.entries(moods)) {
      for (const batch of [null, 7]) {
        const one = await subscribed(first.url, { batch, description: name });
        one.receiver.mood = mood;
        subscribers.set(`${name} ${String(batch)}`, one);
      }
    }
    const people = Array.from({ length: 40 }, (_, n) => `r${n}@example.com`);
    const restarted = [null, 7].map((batch) => subscribers.get(`restarted ${String(batch)}`)!.receiver);
    for (let round = 0; round < 12; round += 1) {
      const some = people.filter((_, n) => (n + round) % 3 !== 0);
      await send(second.url, round % 2 === 0 ? 'suppress' : 'release', some);
      if (round === 3) for (const one of restarted) await one.close();
      if (round === 5) {
        await first.stop(true);
        first = await service();
      }
      if (round === 7) for (const one of restarted) await one.open();
      if (round === 9) {
        await second.stop(true);
        second = await service();
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    // The last two rounds say who is suppressed at the end.
    const wanted = people.filter((_, n) => (n + 11) % 3 === 0).sort();
    await vi.waitFor(async () => expect(await listed(first.url)).toEqual(wanted), { timeout: 90_000, interval: 500 });
    const well = subscribers.get('well null')!.receiver;
    await vi.waitFor(() => expect(well.suppressed()).toEqual(wanted), { timeout: 90_000, interval: 200 });
    for (const { receiver } of subscribers.values()) receiver.mood = () => 'takes';
    for (const [name, { receiver, id }] of subscribers) {
      expect((await call(second.url, 'PATCH', `/v1/webhooks/${id}`, { state: 'active' })).status).toBe(200);
      await vi.waitFor(() => expect(receiver.suppressed(), name).toEqual(wanted), { timeout: 90_000, interval: 200 });
      expect(receiver.problems, name).toEqual([]);
    }
    // A process that was killed leaves its leases for half a minute; nothing else delays one that is well.
    const delays = well.delays.toSorted((a, b) => a - b);
    expect(delays[Math.floor(delays.length / 2)]).toBeLessThan(5_000);
    expect(delays.at(-1)).toBeLessThan(60_000);
    const { body } = await call(first.url, 'GET', '/v1/webhooks?limit=1000');
    const states = (body as { items: { state: string }[] }).items.map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['active']));
    expect(first.said() + second.said()).not.toMatch(/whsec_|r\d+@example\.com/);
  }, 400_000);

  test('410 ends a subscription, and nothing more is sent; another process shows it', async () => {
    const { url } = await service();
    const query = await startQuery({ DATABASE_URL: database.url });
    opened.push(async () => query.stop(true));
    const { receiver, id } = await subscribed(url);
    receiver.mood = () => 'gone';
    await send(url, 'suppress', ['gone@example.com']);
    await vi.waitFor(
      async () => {
        const { body } = await call(query.url, 'GET', `/v1/webhooks/${id}`);
        expect(body).toMatchObject({ state: 'ended', reason: 'gone', problem: 'it answered 410' });
      },
      { timeout: 30_000, interval: 200 },
    );
    const { requests } = receiver;
    await send(url, 'release', ['gone@example.com']);
    expect((await call(url, 'PATCH', `/v1/webhooks/${id}`, { state: 'active' })).status).toBe(409);
    const status = await desist(['status'], { DESIST_URL: url });
    expect(status.out).toMatch(new RegExp(`webhook ${id} of every tenant is ENDED \\(gone\\): it answered 410`));
    const doctor = await desist(['doctor'], { ...env, DESIST_URL: url });
    expect(doctor.out).toContain(`desist webhooks remove ${id}`);
    expect(receiver.requests).toBe(requests);
  });

  test('a person adds one, tests it, pauses and resumes it, sends again, changes its secret and removes it', async () => {
    const { url } = await service();
    const receiver = new Receiver();
    const hook = await receiver.open();
    opened.push(async () => receiver.close());
    const run = async (...args: readonly string[]) => {
      const { code, out, err } = await desist(['webhooks', ...args, '--url', url]);
      expect(err).toBe('');
      return { code, out };
    };
    const added = await run('add', hook, '--types', 'suppressed,released', '--description', 'CRM');
    const [, id = ''] = /^(wh_\w+):/.exec(added.out) ?? [];
    const [, secret = ''] = /secret: (\S+)/.exec(added.out) ?? [];
    receiver.secret = secret;
    expect(await run('test', id)).toMatchObject({ code: 0, out: expect.stringMatching(/^taken: it answered 204/) as string });
    await send(url, 'suppress', ['person@example.com']);
    await vi.waitFor(() => expect(receiver.suppressed()).toEqual(['person@example.com']), { timeout: 30_000 });

    expect((await run('pause', id)).out).toContain('nothing is lost');
    await send(url, 'release', ['person@example.com']);
    expect((await run('list')).out).toMatch(new RegExp(`${id} +all +paused \\(operator\\)`));
    await run('resume', id);
    await vi.waitFor(() => expect(receiver.suppressed()).toEqual([]), { timeout: 30_000 });

    const deliveries = (await run('deliveries', id, '--json')).out.trim().split('\n');
    const tried = deliveries.map((line) => JSON.parse(line) as { id: string; kind: string; webhookId: string });
    const { id: delivery, webhookId } = tried.find(({ kind }) => kind === 'delivery')!;
    const before = receiver.requests;
    expect((await run('resend', id, '--delivery', delivery)).out).toContain(webhookId);
    expect(receiver.requests).toBe(before + 1);
    expect(receiver.problems).toEqual([]);

    const rotated = /secret: (\S+)/.exec((await run('rotate', id)).out)?.[1] ?? '';
    expect(rotated).not.toBe(secret);
    for (const known of [secret, rotated]) {
      receiver.secret = known;
      expect((await run('test', id)).code).toBe(0);
    }
    receiver.mood = () => 'fails';
    expect(await run('test', id)).toMatchObject({ code: 1, out: expect.stringMatching(/^not taken: it answered 500/) as string });
    expect((await run('remove', id)).out).toContain('removed');
    expect((await run('list', '--json')).out).not.toContain(id);
  });

  test('an address that is not public is neither added nor reached by a name', async () => {
    const strict = await startService({ DATABASE_URL: database.url });
    opened.push(async () => strict.stop(true));
    const receiver = new Receiver();
    const hook = new URL(await receiver.open());
    opened.push(async () => receiver.close());
    const refused = await desist(['webhooks', 'add', hook.href, '--url', strict.url]);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('127.0.0.1: it is not public (loopback)')]);
    const named = await call(strict.url, 'POST', '/v1/webhooks', { url: `http://localhost:${hook.port}/` });
    const { id } = named.body as { id: string };
    const { body } = await call(strict.url, 'POST', `/v1/webhooks/${id}/test`);
    expect(body).toMatchObject({
      status: null,
      problem: expect.stringMatching(/may not be reached: it is not public \(loopback\)/) as string,
    });
    expect(receiver.requests).toBe(0);
    await call(strict.url, 'DELETE', `/v1/webhooks/${id}`);
  });
});
