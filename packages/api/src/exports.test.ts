/** Exports over real sockets: their number at a time, and what happens to those whose reader stalls. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { asAddress, asTenant, DEFAULT_POLICY } from '@desist/domain';
import type { ListedSuppression, StateReader } from '@desist/pipeline';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createApi } from './index.ts';
import type { Api, ApiOptions } from './index.ts';

const row: ListedSuppression = {
  tenant: asTenant('default'),
  address: asAddress('a@b.c'),
  scope: '*',
  reason: 'hard_bounce',
  since: 0,
  expiresAt: null,
  category: null,
  rule: null,
  reply: 'x'.repeat(1_000),
  firstFailureAt: null,
  lastFailureAt: null,
  failures: 1,
  policy: 'p',
  ...{ createdBy: null, note: null, source: null, provider: null, subdomains: false, probationUntil: null },
  updatedAt: 0,
};
/** About 1 MB: a few of them fill the buffers of a connection. */
const PAGE = Array.from({ length: 800 }, () => row);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Served {
  readonly api: Api;
  readonly address: string;
  /** Number of open snapshots. */
  readonly open: () => number;
}

/** An endless list. */
async function serve(exportLimits: ApiOptions['exportLimits'] & object): Promise<Served> {
  let open = 0;
  const exports: Pick<StateReader, 'snapshot'> = {
    async *snapshot() {
      open += 1;
      try {
        for (;;) {
          yield PAGE;
          await new Promise(setImmediate);
        }
      } finally {
        open -= 1;
      }
    },
  };
  const api = apiOf(exports, exportLimits);
  const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
  return { api, address, open: () => open };
}

function apiOf(exports: Pick<StateReader, 'snapshot'>, exportLimits: ApiOptions['exportLimits'] & object): Api {
  const quiet = (): void => undefined;
  const api = createApi({
    // Exports must not use the connections of other requests.
    reader: {} as StateReader,
    exports,
    exportLimits,
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => 0 },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
  });
  closing.push(() => api.close());
  return api;
}

/** Sends the request and does not read the answer. */
async function askOnly(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  closing.unshift(() => socket.destroy());
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(`GET /v1/suppressions/export HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  return socket;
}

const statusOf = async (address: string): Promise<number> => {
  const response = await fetch(`${address}/v1/suppressions/export`);
  await response.body?.cancel();
  return response.status;
};

describe('exports', () => {
  test('beyond the limit are answered with 429 and Retry-After, and are possible again when an earlier one ends', async () => {
    const { address, open } = await serve({ concurrent: 2 });
    const [first] = await Promise.all([askOnly(address), askOnly(address)]);
    await expect.poll(open).toBe(2);
    const refused = await fetch(`${address}/v1/suppressions/export`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('2 exports') as string });
    expect(open()).toBe(2);
    first.destroy();
    await expect.poll(() => statusOf(address), { timeout: 20_000 }).toBe(200);
  });

  test('that the client stops reading are ended together with their snapshot', async () => {
    const { address, open } = await serve({ concurrent: 1, stalled: 200 });
    const socket = await askOnly(address);
    await expect.poll(open).toBe(1);
    await expect.poll(open).toBe(0);
    // The client receives an incomplete body.
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text.endsWith('\r\n0\r\n\r\n')).toBe(false);
    expect(await statusOf(address)).toBe(200);
  });

  test('end after the maximum duration although the client still reads, and say that they are incomplete', async () => {
    const { address, open } = await serve({ concurrent: 1, longest: 300 });
    const response = await fetch(`${address}/v1/suppressions/export`);
    await expect(response.arrayBuffer()).rejects.toThrow();
    await expect.poll(open).toBe(0);
  });

  test('pause behind each page for as long as it took, half a second at most', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    closing.push(() => vi.useRealTimers());
    const took = [40, 7, 3_000, 1];
    const pauses: number[] = [];
    const exports: Pick<StateReader, 'snapshot'> = {
      async *snapshot() {
        yield [row];
        for (const ms of took) {
          await new Promise((resolve) => setTimeout(resolve, ms));
          const given = performance.now();
          yield [row];
          pauses.push(performance.now() - given);
        }
      },
    };
    let ended = false;
    const response = apiOf(exports, {})
      .inject({ url: '/v1/suppressions/export' })
      .finally(() => (ended = true));
    while (!ended) {
      await vi.advanceTimersByTimeAsync(1);
      await new Promise(setImmediate);
    }
    expect((await response).body.trim().split('\n')).toHaveLength(1 + took.length);
    expect(pauses).toEqual(took.map((ms) => Math.min(ms, 500)));
  });

  test('are cut off soon after the service began to stop, so that it ends', async () => {
    const { api, address, open } = await serve({ stalled: 600_000, stopping: 1 });
    const response = await fetch(`${address}/v1/suppressions/export`);
    await api.close();
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect(open()).toBe(0);
  });

  test('are not run for HEAD', async () => {
    const { address, open } = await serve({ concurrent: 1 });
    expect((await fetch(`${address}/v1/suppressions/export`, { method: 'HEAD' })).status).toBe(405);
    expect(open()).toBe(0);
  });
});
