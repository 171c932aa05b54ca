/** Requests to real servers on this machine: those that work, and all the ways in which one may not. */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { parseNetwork } from './addresses.ts';
import { newSecret } from './secret.ts';
import { createSender } from './sender.ts';
import type { Sender, SenderOptions } from './sender.ts';

const HERE = [parseNetwork('127.0.0.1')!];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly method: string | undefined;
  readonly body: string;
}

/** A server that keeps what it gets. */
async function serve(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ url: string; got: Got[]; connections: () => number }> {
  const got: Got[] = [];
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      got.push({ headers: request.headers, method: request.method, body });
      answer(response, request);
    });
  };
  const server = createServer(listener);
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got, connections: () => connections };
}

function sender(options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({ allowed: HERE, userAgent: 'Desist/test', timeout: 400, ...options });
  closing.push(() => {
    made.close();
  });
  return made;
}

const ok = (response: ServerResponse): void => void response.writeHead(204).end();
const secret = newSecret();
const request = (url: string, more: object = {}) => ({ url, id: 'msg_1', at: Date.now(), body: '{"é":"🙂"}', secrets: [secret], ...more });

describe('a request', () => {
  test('is a POST of the bytes that were signed, which a receiver verifies with the library', async () => {
    const { url, got } = await serve(ok);
    const answer = await sender().send(request(url, { headers: { 'desist-gap': 'true' } }));
    expect(answer).toEqual({ status: 204, problem: null, duration: expect.any(Number) as number });
    const [{ headers, method, body }] = got as [Got];
    expect(method).toBe('POST');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Desist/test',
      'webhook-id': 'msg_1',
      'desist-gap': 'true',
    });
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({ é: '🙂' });
    expect(() => new Webhook(newSecret()).verify(body, headers as Record<string, string>)).toThrow();
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
  });

  test('is signed by each valid secret while one is rotated', async () => {
    const { url, got } = await serve(ok);
    const [before, after] = [newSecret(), newSecret()];
    await sender().send(request(url, { secrets: [after, before] }));
    const [{ headers, body }] = got as [Got];
    for (const known of [before, after]) expect(new Webhook(known).verify(body, headers as Record<string, string>)).toBeDefined();
  });

  test('uses a connection again, and a new one when the server has closed it', async () => {
    const { url, got, connections } = await serve((response, { socket }) => {
      ok(response);
      // Closed without a word when it is used the second time.
      if (got.length === 2) response.once('finish', () => setImmediate(() => socket.destroy()));
    });
    const one = sender();
    for (let n = 0; n < 4; n += 1) expect((await one.send(request(url))).problem).toBeNull();
    expect(connections()).toBe(2);
    expect(got).toHaveLength(4);
  });
});

describe('what a receiver may do', () => {
  test.each([200, 201, 202, 204, 299])('%i is taken', async (status) => {
    const { url } = await serve((response) => void response.writeHead(status).end());
    expect(await sender().send(request(url))).toMatchObject({ status, problem: null });
  });

  test.each([400, 401, 404, 410, 429, 500, 503])('%i is not', async (status) => {
    const { url } = await serve((response) => void response.writeHead(status).end('secret words of the server'));
    expect(await sender().send(request(url))).toMatchObject({ status, problem: `it answered ${status}` });
  });

  test.each([
    [429, '7', 7_000],
    [503, '3600', 3_600_000],
    [429, 'soon', undefined],
    [500, '7', undefined],
    [200, '7', undefined],
  ])('%i with Retry-After: %s', async (status, value, retryAfter) => {
    const { url } = await serve((response) => void response.writeHead(status, { 'retry-after': value }).end());
    expect((await sender().send(request(url))).retryAfter).toBe(retryAfter);
  });

  test('Retry-After as a date', async () => {
    const { url } = await serve(
      (response) => void response.writeHead(503, { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }).end(),
    );
    const { retryAfter } = await sender().send(request(url));
    expect(retryAfter).toBeGreaterThan(80_000);
    expect(retryAfter).toBeLessThanOrEqual(90_000);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (status) => {
    const target = await serve(ok);
    const { url } = await serve((response) => void response.writeHead(status, { location: target.url }).end());
    expect(await sender().send(request(url))).toMatchObject({ status, problem: `it answered ${status}: redirects are not followed` });
    expect(target.got).toEqual([]);
  });

  test('no answer in time', async () => {
    const { url, got } = await serve(() => undefined);
    const answer = await sender().send(request(url));
    expect(answer).toMatchObject({ status: null, problem: 'no answer within 0.4 s' });
    expect(answer.duration).toBeGreaterThanOrEqual(390);
    expect(got).toHaveLength(1);
  });

  test('headers one byte at a time, for ever', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => {
        clearInterval(drip);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const answer = await sender().send(request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
    expect(answer).toMatchObject({ status: null, problem: expect.stringMatching(/^no answer/) as string });
  });

  test('an answer without an end is cut, and its status counts', async () => {
    const cut = Promise.withResolvers<undefined>();
    const { url } = await serve((response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('x'.repeat(16_384)), 1);
      response.once('close', () => {
        clearInterval(more);
        cut.resolve(undefined);
      });
    });
    expect(await sender({ timeout: 5_000 }).send(request(url))).toMatchObject({ status: 200, problem: null });
    await cut.promise;
  });

  test('a connection that is cut, one that nobody takes, and what is no HTTP', async () => {
    const { url } = await serve((_, { socket }) => void socket.destroy());
    expect((await sender().send(request(url))).problem).toMatch(/cut/);
    const gone = createTcpServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    expect((await sender().send(request(`http://127.0.0.1:${port}/`))).problem).toMatch(/nothing listens there/);
    const other = createTcpServer((socket) => void socket.end('SSH-2.0-x\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closing.push(() => other.close());
    const { port: ssh } = other.address() as AddressInfo;
    expect((await sender().send(request(`http://127.0.0.1:${ssh}/`))).problem).toMatch(/^no answer/);
    expect((await sender().send(request(`https://127.0.0.1:${ssh}/`))).problem).toMatch(/^no answer/);
  });
});

describe('addresses', () => {
  const at = (...addresses: readonly string[]) => {
    return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  const port = (url: string): string => new URL(url).port;

  test('an address that is not allowed is not connected to, as a number and as a name', async () => {
    const { url, connections } = await serve(ok);
    const strict = (...addresses: readonly string[]): Sender => sender({ allowed: [], resolve: at(...addresses) });
    expect((await strict().send(request(url))).problem).toMatch(/127\.0\.0\.1/);
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const answer = await strict(address).send(request(`http://innocent.example:${port(url)}/`));
      expect(answer).toMatchObject({ status: null, problem: expect.stringContaining('may not be reached') as string });
    }
    expect((await strict().send(request(`http://nothing.example:${port(url)}/`))).problem).toBe('it has no address');
    expect(connections()).toBe(0);
  });

  test('a name is looked up for each connection, and one that meanwhile means another address is refused', async () => {
    const { url, connections } = await serve((response) => void response.writeHead(204, { connection: 'close' }).end());
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['10.0.0.1', '192.168.1.1']];
    const one = sender({ resolve: async () => at(...(answers.shift() ?? []))() });
    const named = `http://rebinding.example:${port(url)}/`;
    expect(await one.send(request(named))).toMatchObject({ status: 204 });
    for (const _ of [1, 2]) expect((await one.send(request(named))).problem).toMatch(/may not be reached: it is not public/);
    expect(connections()).toBe(1);
  });

  test('of several addresses only those are connected to that may be', async () => {
    const { url } = await serve(ok);
    const one = sender({ resolve: at('10.0.0.1', '169.254.169.254', '127.0.0.1') });
    expect(await one.send(request(`http://several.example:${port(url)}/`))).toMatchObject({ status: 204 });
  });

  test('a name that nobody knows, and a name server that does not answer', async () => {
    const failing = (code: string) => sender({ resolve: async () => Promise.reject(Object.assign(new Error('x'), { code })) });
    expect((await failing('ENOTFOUND').send(request('http://unknown.example/'))).problem).toBe(
      'no answer: its name is not known (ENOTFOUND)',
    );
    expect((await failing('ETIMEOUT').send(request('http://silent.example/'))).problem).toMatch(/name server/);
    const never = sender({ resolve: () => new Promise(() => undefined) });
    expect((await never.send(request('http://never.example/'))).problem).toBe('no answer within 0.4 s');
  });

  test('names that only this host knows are found', async () => {
    const { url } = await serve(ok);
    const one = sender({ timeout: 5_000 });
    expect(await one.send(request(`http://localhost:${port(url)}/`))).toMatchObject({ status: 204 });
  });

  test('a URL that became wrong is refused before anything is sent', async () => {
    expect((await sender().send(request('ftp://example.com'))).problem).toMatch(/^its URL must be/);
  });
});
