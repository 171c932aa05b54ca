/** The webhook route, over real sockets where the way in which a body arrives matters. */
import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { DEFAULT_POLICY } from '@desist/domain';
import type { StateReader } from '@desist/pipeline';
import { afterEach, describe, expect, test } from 'vitest';
import { createApi } from './index.ts';
import type { Api, ApiOptions, WebhookReceiver } from './index.ts';

const open: Api[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

const silently = (): void => undefined;
const URL_PATH = '/v1/webhooks/sendgrid/main';

function make(receiver: Partial<WebhookReceiver> = {}, more: Partial<ApiOptions> = {}) {
  const seen = { bodies: [] as Buffer[], headers: [] as Readonly<Record<string, string>>[], overloaded: 0, misdirected: [] as string[] };
  const webhooks: WebhookReceiver = {
    has: (format, source) => format === 'sendgrid' && source === 'main',
    isOpen: () => false,
    misdirected: (format, source) => void seen.misdirected.push(`${format}/${source}`),
    answerTo: (_format, status) => status,
    admit: async () => undefined,
    async receive(_source, { body, headers }) {
      seen.bodies.push(Buffer.from(body));
      seen.headers.push(headers);
      return { kind: 'stored', events: 1, ignored: 2, deadLetters: 3 };
    },
    overloaded: () => void (seen.overloaded += 1),
    ...receiver,
  };
  const api = createApi({
    reader: {} as StateReader,
    webhooks,
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => 0 },
    logger: { debug: silently, info: silently, warn: silently, error: silently },
    version: '0.1.0',
    ...more,
  });
  open.push(api);
  return { api, seen };
}

const post = (api: Api, payload: string | Buffer, headers: Record<string, string> = {}, url = URL_PATH) =>
  api.inject({ method: 'POST', url, payload, headers });

/** A request whose body the test sends piece by piece. */
async function dial(api: Api, head: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
  return dialAt(address, head);
}

async function dialAt(address: string, head: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let text = '';
  const answer = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\r\n\r\n') && /\}$/.test(text)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(`POST ${URL_PATH} HTTP/1.1\r\nHost: hooks.example.com\r\n${head}\r\n\r\n`);
  return { socket, answer };
}

describe('POST /v1/webhooks/{format}/{source}', () => {
  test('passes on the raw bytes, whatever their content type, and answers with the outcome', async () => {
    const { api, seen } = make();
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x0d, 0x0a]);
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain; charset=UTF-8',
      'multipart/form-data; boundary=b',
    ]) {
      const answer = await post(api, bytes, { 'content-type': type, 'X-Signature': 'abc' });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toEqual({ accepted: 1, ignored: 2, deadLetters: 3 });
    }
    expect(seen.bodies.every((body) => body.equals(bytes))).toBe(true);
    expect(seen.headers[0]).toMatchObject({ 'x-signature': 'abc', 'content-type': 'application/json' });
  });

  test("also works under a proxy's host name; but not without any checks", async () => {
    expect((await post(make().api, '[]', { host: 'hooks.example.com' })).statusCode).toBe(200);
    expect((await post(make({ isOpen: () => true }).api, '[]', { host: 'hooks.example.com' })).statusCode).toBe(421);
    expect((await post(make({ isOpen: () => true }).api, '[]', { host: 'localhost' })).statusCode).toBe(200);
  });

  test('404 for unknown sources, 405 for other methods; HEAD tells whether a source exists', async () => {
    const { api } = make();
    expect((await post(api, '[]', {}, '/v1/webhooks/sendgrid/other')).statusCode).toBe(404);
    expect((await post(api, '[]', {}, '/v1/webhooks/ses/main')).statusCode).toBe(404);
    expect((await api.inject({ method: 'GET', url: URL_PATH })).statusCode).toBe(405);
    expect((await api.inject({ method: 'HEAD', url: URL_PATH })).statusCode).toBe(200);
    expect((await api.inject({ method: 'HEAD', url: '/v1/webhooks/sendgrid/other' })).statusCode).toBe(404);
  });

  test('refusals are problem documents with the reason', async () => {
    const refusal = { kind: 'refused', status: 413, refusal: 'too_large', detail: 'more than 5 elements' } as const;
    const answer = await post(make({ receive: async () => refusal }).api, '[]');
    expect(answer.statusCode).toBe(413);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 413, reason: 'too_large', detail: 'Refused: more than 5 elements.' });
    const unsigned = await post(make({ receive: async () => ({ ...refusal, status: 401 }) }).api, '[]');
    expect(unsigned.headers['www-authenticate']).toMatch(/^Basic /);
    const away = await post(make({ receive: async () => ({ kind: 'again', detail: 'later' }) }).api, '[]');
    expect(away.statusCode).toBe(503);
    expect(away.headers['retry-after']).toBe('5');
  });

  test('answers before the body arrives if the headers are refused', async () => {
    const { api, seen } = make({ admit: async () => ({ kind: 'refused', status: 403, refusal: 'forged', detail: 'no' }) });
    const { socket, answer } = await dial(api, 'Content-Length: 1000000\r\nContent-Type: application/json');
    expect(await answer).toMatch(/^HTTP\/1.1 403 /);
    socket.destroy();
    expect(seen.bodies).toEqual([]);
  });

  test('refuses a body over the limit, whether announced or found while reading', async () => {
    const { api } = make({}, { bodyLimit: 1_000 });
    expect((await post(api, 'x'.repeat(1_001))).statusCode).toBe(413);
    expect((await post(api, 'x'.repeat(1_000))).statusCode).toBe(200);
    const { socket, answer } = await dial(api, 'Transfer-Encoding: chunked\r\nContent-Type: application/json');
    socket.write(`${(2_000).toString(16)}\r\n${'x'.repeat(2_000)}\r\n`);
    expect(await answer).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test('beyond the limit of bytes in progress, senders are told to retry, and no bytes remain counted', async () => {
    const held: PromiseWithResolvers<void> = Promise.withResolvers();
    const { api, seen } = make(
      {
        async receive() {
          await held.promise;
          return { kind: 'stored', events: 0, ignored: 0, deadLetters: 0 };
        },
      },
      { webhooksInFlight: 10_000 },
    );
    const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
    const send = (bytes: number) => fetch(`${address}${URL_PATH}`, { method: 'POST', body: 'x'.repeat(bytes) });
    const first = send(6_000);
    // A slow sender counts with the bytes received, not with its Content-Length.
    const slow = await dialAt(address, 'Content-Length: 9000\r\nContent-Type: application/json');
    slow.socket.write('x'.repeat(3_000));
    await expect.poll(async () => (await send(5_000)).status).toBe(429);
    const refused = await send(5_000);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ status: 429 });
    // The size of a chunked body is found while it is received.
    const chunked = await dialAt(address, 'Transfer-Encoding: chunked\r\nContent-Type: application/json');
    chunked.socket.write(`${(5_000).toString(16)}\r\n${'x'.repeat(5_000)}\r\n`);
    expect(await chunked.answer).toMatch(/^HTTP\/1.1 429 /);
    chunked.socket.destroy();
    slow.socket.destroy();
    held.resolve();
    expect((await first).status).toBe(200);
    await expect.poll(async () => (await send(9_999)).status).toBe(200);
    expect(seen.overloaded).toBeGreaterThanOrEqual(3);
  });
});

describe('POST /v1/events, reports without a recipient', () => {
  const report = { version: 1, type: 'complained', tenant: 'acme', messageId: 'm-1', occurredAt: '2026-03-01T10:00:00Z' };
  const whole = { ...report, recipient: 'alice@example.com', messageId: 'm-2' };
  function known(recipients: readonly (string | undefined)[]) {
    const appended: string[] = [];
    const asked: unknown[] = [];
    const told: string[] = [];
    const { api } = make(
      {},
      {
        append: async (records) =>
          records.map(({ key }) => {
            appended.push(key);
            return { partition: 0, offset: appended.length };
          }),
        recall: async (events) => {
          asked.push(...events.map(({ tenant, messageId }) => `${tenant} ${messageId}`));
          return recipients;
        },
        accepted: async (records) => void told.push(...records.map(({ value }) => (JSON.parse(value) as { recipient: string }).recipient)),
      },
    );
    const send = (body: string, type: string) =>
      api.inject({ method: 'POST', url: '/v1/events', payload: body, headers: { 'content-type': type } });
    return { appended, asked, told, send };
  }

  test('are completed, as JSON and as NDJSON; other items cause no lookup', async () => {
    const { appended, asked, told, send } = known(['bob@example.com']);
    expect((await send(JSON.stringify([whole, report]), 'application/json')).json()).toEqual({ accepted: 2, rejected: 0, errors: [] });
    expect((await send(`${JSON.stringify(report)}\n${JSON.stringify(whole)}\n`, 'application/x-ndjson')).statusCode).toBe(202);
    expect(asked).toEqual(['acme m-1', 'acme m-1']);
    expect(appended).toEqual(['acme/alice@example.com', 'acme/bob@example.com', 'acme/bob@example.com', 'acme/alice@example.com']);
    expect(told).toEqual(['alice@example.com', 'bob@example.com', 'bob@example.com', 'alice@example.com']);
  });

  test('of an unknown message are errors and do not affect the others', async () => {
    const { appended, send } = known([undefined]);
    const answer = await send(JSON.stringify([report, whole]), 'application/json');
    expect(answer.json()).toMatchObject({ accepted: 1, rejected: 1, errors: [{ index: 0, reason: 'invalid' }] });
    expect(appended).toEqual(['acme/alice@example.com']);
  });
});

describe('a compressed webhook', () => {
  const text = Buffer.from(JSON.stringify([{ event: 'delivered' }]).repeat(100));

  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
  ])('is read in %s', async (encoding, body) => {
    const { api, seen } = make();
    expect((await post(api, body, { 'content-encoding': encoding })).statusCode).toBe(200);
    expect(seen.bodies).toEqual([text]);
  });

  test('in another encoding is answered 415, which names those that are read', async () => {
    const { api, seen } = make();
    const answer = await post(api, text, { 'content-encoding': 'compress' });
    expect([answer.statusCode, answer.headers['accept-encoding']]).toEqual([415, 'gzip, deflate, br']);
    expect((await post(api, text, { 'content-encoding': 'gzip, br' })).statusCode).toBe(415);
    expect(seen.bodies).toEqual([]);
  });

  test('is bounded by what it contains, and must be what it says', async () => {
    const { api, seen } = make();
    const bomb = gzipSync(Buffer.alloc(9 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(20_000);
    expect((await post(api, bomb, { 'content-encoding': 'gzip' })).statusCode).toBe(413);
    expect((await post(api, text, { 'content-encoding': 'gzip' })).statusCode).toBe(400);
    expect((await post(api, gzipSync(text).subarray(0, 20), { 'content-encoding': 'gzip' })).statusCode).toBe(400);
    expect(seen.bodies).toEqual([]);
  });

  test('counts with its content among the bodies in progress', async () => {
    const { api, seen } = make({}, { webhooksInFlight: 1_000 });
    expect((await post(api, gzipSync(text), { 'content-encoding': 'gzip' })).statusCode).toBe(429);
    expect(seen.overloaded).toBe(1);
  });
});

describe('a refusal', () => {
  const brevo = { answerTo: (format: string, status: number) => (format === 'brevo' ? 429 : status) };

  test('has the status after which the provider repeats, whatever refused the request', async () => {
    for (const [receiver, url, meant] of [
      [{ receive: async () => ({ kind: 'again' as const, detail: 'x' }) }, '/v1/webhooks/brevo/main', 503],
      [{ has: () => false }, '/v1/webhooks/brevo/other', 404],
      [{ receive: async () => Promise.reject(new TypeError('x')) }, '/v1/webhooks/brevo/main', 500],
      [{ admit: async () => ({ kind: 'refused' as const, status: 403, refusal: 'forged', detail: 'x' }) }, '/v1/webhooks/brevo/main', 403],
    ] as const) {
      const { api } = make({ has: () => true, ...brevo, ...receiver });
      const answer = await post(api, '{}', {}, url);
      expect(answer.statusCode).toBe(429);
      expect(answer.json()).toMatchObject({ status: 429, title: 'Too Many Requests', meant });
      expect(answer.headers['retry-after']).toBeDefined();
      expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.length);
    }
  });

  test('of a body of another provider has the status for that one', async () => {
    const refused = { kind: 'refused' as const, status: 400, refusal: 'unreadable', detail: 'x', sender: 'brevo' };
    const { api } = make({ ...brevo, receive: async () => refused });
    expect((await post(api, '{}')).statusCode).toBe(429);
  });

  test('of a path without a source is noted', async () => {
    const { api, seen } = make();
    expect((await post(api, '{}', {}, '/v1/webhooks/sendgrid/mian')).statusCode).toBe(404);
    expect(seen.misdirected).toEqual(['sendgrid/mian']);
  });
});
