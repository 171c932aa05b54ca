/** The feed of changes over real sockets: pages, streams, how many at once, and what becomes of those that are not read. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { asAddress, asTenant, DEFAULT_POLICY } from '@desist/domain';
import { FeedGapError, StoreError } from '@desist/pipeline';
import type { ChangeFeed, FedChange, FeedFilter, FeedPosition, StateReader } from '@desist/pipeline';
import { afterEach, describe, expect, test } from 'vitest';
import { newKey, parseKeys } from './keys.ts';
import { createApi } from './index.ts';
import type { ApiOptions } from './index.ts';

const detail = JSON.stringify({
  ...{ from: 'healthy', to: 'suppressed', allowance: null, cause: 'event', evidence: null, corrects: null, policy: 'p' },
  suppression: { scope: '*', reason: 'hard_bounce', since: 0, expiresAt: null },
});
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Feed extends ChangeFeed {
  /** Publishes in a partition. */
  publish(partition: number, ...addresses: readonly string[]): void;
  readonly filters: FeedFilter[];
  /** What every read rejects with. */
  fail: Error | undefined;
  /** Reads that were answered, and reads that failed. */
  reads: number;
  failed: number;
}

/** One partition after the other; no bounds of its own. */
function memoryFeed(partitions = 2, least = 0): Feed {
  const all = Array.from({ length: partitions }, (): FedChange[] => []);
  const ends = (): FeedPosition => all.map((own) => own.length);
  const feed: Feed = {
    filters: [],
    fail: undefined,
    reads: 0,
    failed: 0,
    publish(partition, ...addresses) {
      for (const address of addresses) {
        const sequence = (all[partition] as FedChange[]).length + 1;
        const times = { effectiveAt: 0, recordedAt: sequence };
        const change = {
          kind: 'recipient',
          incarnation: 0,
          partition,
          sequence,
          tenant: asTenant('default'),
          address: asAddress(address),
          version: sequence,
          type: 'suppressed',
        } as const;
        (all[partition] as FedChange[]).push({ ...change, ...times, detail });
      }
    },
    oldest: async () => all.map(() => least),
    last: async (count) => ends().map((end) => Math.max(0, end - count)),
    ends: async () => ends(),
    async read(filter, after, limit) {
      feed.filters.push(filter);
      if (feed.fail !== undefined) {
        feed.failed += 1;
        throw feed.fail;
      }
      feed.reads += 1;
      if (after.some((sequence) => sequence < least)) throw new FeedGapError('changes were deleted');
      const changes = all.flatMap((own, partition) => own.slice(after[partition] ?? 0)).slice(0, limit);
      const position = all.map((_, partition) => changes.findLast((one) => one.partition === partition)?.sequence ?? after[partition] ?? 0);
      return { changes, position, more: ends().some((end, partition) => end > (position[partition] ?? 0)) };
    },
  };
  return feed;
}

async function serve(
  feed: ChangeFeed,
  more: Partial<ApiOptions> = {},
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const quiet = (): void => undefined;
  const api = createApi({
    reader: {} as StateReader,
    changes: feed,
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => 0 },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    ...more,
    streamLimits: { interval: 5, ...more.streamLimits },
  });
  closing.push(() => api.close());
  const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${address}/v1/changes`, close: () => api.close() };
}

interface Page {
  readonly items: readonly { readonly recipient: string; readonly sequence: object }[];
  readonly cursor: string;
  readonly more: boolean;
}
const page = async (url: string): Promise<Page> => (await (await fetch(url)).json()) as Page;
const recipients = ({ items }: Page): readonly string[] => items.map(({ recipient }) => recipient);

interface Sent {
  readonly id: string | undefined;
  readonly recipient: string | undefined;
}

/** The events of a stream, as the standard reads them. */
async function* eventsOf(url: string, headers: Record<string, string> = {}): AsyncGenerator<Sent> {
  const stop = new AbortController();
  try {
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: stop.signal });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    let text = '';
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fieldOf = (name: string): string | undefined => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
        const data = fieldOf('data');
        yield { id: fieldOf('id'), recipient: data === undefined ? undefined : (JSON.parse(data) as { recipient: string }).recipient };
      }
    }
  } finally {
    stop.abort();
  }
}

async function take(events: AsyncGenerator<Sent>, count: number): Promise<readonly Sent[]> {
  const taken: Sent[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    if (next.value.recipient !== undefined) taken.push(next.value);
  }
  return taken;
}

describe('GET /v1/changes', () => {
  test('goes on behind its cursor, over all partitions, with the changes as they were published', async () => {
    const feed = memoryFeed();
    feed.publish(0, 'a@b.c', 'b@b.c');
    feed.publish(1, 'c@b.c');
    const { url } = await serve(feed);
    const first = await page(`${url}?limit=2`);
    expect([recipients(first), first.more]).toEqual([['a@b.c', 'b@b.c'], true]);
    expect(first.items[1]).toMatchObject({ type: 'suppressed', sequence: { partition: 0, number: 2 }, recipientVersion: 2 });
    const second = await page(`${url}?limit=2&after=${first.cursor}`);
    expect([recipients(second), second.more]).toEqual([['c@b.c'], false]);
    feed.publish(0, 'd@b.c');
    expect(recipients(await page(`${url}?after=${second.cursor}`))).toEqual(['d@b.c']);
    expect(recipients(await page(`${url}?last=1`))).toEqual(['d@b.c', 'c@b.c']);
    expect(recipients(await page(`${url}?last=0`))).toEqual([]);
  });

  test('asks for the tenants of the key and for the types, and refuses types that do not exist', async () => {
    const feed = memoryFeed();
    const { key, line } = newKey('r', ['reader'], ['acme']);
    const { url } = await serve(feed, { keys: parseKeys(line).keys });
    const headers = { authorization: `Bearer ${key}` };
    await fetch(`${url}?types=suppressed,incident_opened`, { headers });
    expect(feed.filters).toEqual([{ tenants: ['acme'], types: ['suppressed', 'incident_opened'] }]);
    expect((await fetch(`${url}?tenant=other`, { headers })).status).toBe(403);
    const wrong = await fetch(`${url}?types=suppressed,zork`, { headers });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { detail: expect.stringContaining('soft_bounced') as string }]);
  });

  test.each([
    'x',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('[-1]').toString('base64url'),
    Buffer.from('["1"]').toString('base64url'),
  ])('a cursor that no answer gave is 400, also as the id of an event (%s)', async (cursor) => {
    const { url } = await serve(memoryFeed());
    expect((await fetch(`${url}?after=${cursor}`)).status).toBe(400);
    expect((await fetch(url, { headers: { accept: 'text/event-stream', 'last-event-id': cursor } })).status).toBe(400);
  });

  test('a gap is 410, in a page and before a stream', async () => {
    const { url } = await serve(memoryFeed(1, 5));
    const cursor = Buffer.from('[4]').toString('base64url');
    const gone = await fetch(`${url}?after=${cursor}`);
    expect([gone.status, await gone.json()]).toMatchObject([410, { detail: expect.stringContaining('last=0') as string }]);
    expect((await fetch(`${url}?after=${cursor}`, { headers: { accept: 'text/event-stream' } })).status).toBe(410);
  });
});

describe('a stream of changes', () => {
  test('has what is there, then what is published, and goes on behind any of its events', async () => {
    const feed = memoryFeed();
    feed.publish(0, 'a@b.c', 'b@b.c');
    feed.publish(1, 'c@b.c');
    const { url } = await serve(feed);
    const events = eventsOf(url);
    const [first, second] = await take(events, 3);
    feed.publish(1, 'd@b.c');
    expect(await take(events, 1)).toMatchObject([{ recipient: 'd@b.c' }]);
    await events.return(undefined);
    for (const [from, wanted] of [
      [first, ['b@b.c', 'c@b.c', 'd@b.c']],
      [second, ['c@b.c', 'd@b.c']],
    ] as const) {
      const again = eventsOf(`${url}?last=0`, { 'last-event-id': from?.id ?? '' });
      expect((await take(again, wanted.length)).map(({ recipient }) => recipient)).toEqual(wanted);
      await again.return(undefined);
    }
  });

  test('that is quiet says so, with the id of what was read', async () => {
    const { url } = await serve(memoryFeed(), { streamLimits: { keepAlive: 10 } });
    const events = eventsOf(url);
    await events.next();
    const { value } = (await events.next()) as { readonly value: Sent };
    expect(value).toEqual({ id: Buffer.from('[0,0]').toString('base64url'), recipient: undefined });
    await events.return(undefined);
  });

  test('ends after the longest time: its reader asks again', async () => {
    const { url } = await serve(memoryFeed(), { streamLimits: { keepAlive: 10, longest: 30 } });
    const response = await fetch(url, { headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toContain('retry:');
  });

  test('waits while the database is away, and goes on', async () => {
    const feed = memoryFeed();
    const { url } = await serve(feed);
    const events = eventsOf(url);
    await events.next();
    feed.fail = new StoreError('unavailable', 'away');
    feed.publish(0, 'a@b.c');
    await expect.poll(() => feed.failed).toBeGreaterThan(0);
    feed.fail = undefined;
    expect(await take(events, 1)).toMatchObject([{ recipient: 'a@b.c' }]);
    await events.return(undefined);
  });

  test('beyond the bound is 429, and one that ended makes room', async () => {
    const { url } = await serve(memoryFeed(), { streamLimits: { concurrent: 1, keepAlive: 10 } });
    const events = eventsOf(url);
    await events.next();
    const refused = await fetch(url, { headers: { accept: 'text/event-stream' } });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    await events.return(undefined);
    const statusOf = async (): Promise<number> => {
      const response = await fetch(url, { headers: { accept: 'text/event-stream' } });
      await response.body?.cancel();
      return response.status;
    };
    await expect.poll(statusOf, { timeout: 30_000 }).toBe(200);
  });

  test('ends when the service stops, at once and whole', async () => {
    const { url, close } = await serve(memoryFeed());
    const response = await fetch(url, { headers: { accept: 'text/event-stream' } });
    const text = response.text();
    await close();
    expect(await text).toBe('retry: 3000\n\n');
  });

  test('of which nothing is taken is ended, and read no further than its buffers reach', async () => {
    const feed = memoryFeed(1);
    feed.publish(0, ...Array.from({ length: 100_000 }, (_, n) => `${'x'.repeat(60)}${n}@b.c`));
    const { url } = await serve(feed, { streamLimits: { concurrent: 1, stalled: 100 } });
    const socket = await askOnly(url);
    await expect.poll(() => feed.reads).toBeGreaterThan(1);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      // It is ended by the service; what the socket still has must be taken for it to close.
      setTimeout(() => socket.resume(), 200);
    });
    // All of it would be a thousand pages of 100.
    expect(feed.reads).toBeLessThan(500);
  });

  test('is not opened by HEAD', async () => {
    const { url } = await serve(memoryFeed());
    expect((await fetch(url, { method: 'HEAD', headers: { accept: 'text/event-stream' } })).status).toBe(405);
  });
});

/** Asks for a stream, and reads nothing of the answer. */
async function askOnly(url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  closing.unshift(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.pause();
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n\r\n`);
  return socket;
}
