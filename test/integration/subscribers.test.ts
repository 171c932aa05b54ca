/** The dispatcher on a real feed and a real store: erasure and retention meet a subscriber that has not got everything. */
import { asAddress, asTenant } from '@desist/domain';
import { createDispatcher, EVERY_TENANT } from '@desist/pipeline';
import type { HistoryRow, PartitionFeed, RecipientStore, SubscriberStore, WebhookAnswer, WebhookRequest } from '@desist/pipeline';
import { pruneHistory } from '@desist/runtime';
import { createChangeFeed, createStore, createSubscriberStore, keyedHash, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { AT, planFrom, row } from '../contract/store-suite.ts';
import { createDatabase } from '../support/servers/postgres.ts';

const admin = inject('databaseUrl');

describe.skipIf(admin === undefined)('delivery from a real feed', () => {
  let db: Database;
  let close: () => Promise<void>;
  let store: RecipientStore;
  let feed: PartitionFeed;
  let subscribers: SubscriberStore;
  const stopping = new AbortController();
  let sent: WebhookRequest[] = [];
  let answer: () => Pick<WebhookAnswer, 'status' | 'problem'> = () => ({ status: 204, problem: null });
  const logged: string[] = [];

  beforeAll(async () => {
    const { url, drop } = await createDatabase(admin ?? '');
    db = openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });
    await migrate(db);
    store = createStore(db, { hashOf: keyedHash(Buffer.from('key')) });
    feed = createChangeFeed(db);
    subscribers = createSubscriberStore(db);
    const log = (_: object, message: string): void => void logged.push(message);
    const dispatcher = createDispatcher({
      ...{ store: subscribers, feed, owner: 'me', logger: { debug: log, info: log, warn: log, error: log } },
      sender: { send: async (request) => (sent.push(request), { ...answer(), duration: 1 }) },
      encode: (change) => JSON.stringify({ place: change.sequence, who: change.kind === 'recipient' ? change.address : null }),
      time: {
        now: () => Date.now(),
        monotonic: () => performance.now(),
        sleep: async (ms, signal) => sleep(ms, undefined, { signal: signal as AbortSignal }).catch(() => undefined),
        yield: async () => undefined,
      },
      limits: { interval: 50, sweep: 50, refresh: 50 },
    });
    const running = dispatcher.run(stopping.signal);
    close = async () => {
      stopping.abort();
      await running;
      await db.close();
      await drop();
    };
  });
  afterEach(() => {
    sent = [];
    answer = () => ({ status: 204, problem: null });
  });
  afterAll(async () => close());

  const addressOf = (partition: number, sequence: number) => asAddress(`p${partition}-${sequence}@example.com`);

  /** Publishes changes, each of a recipient of its own. */
  async function publish(partition: number, count: number, recordedAt = AT): Promise<void> {
    const claim = await store.claim(partition, 'me');
    const tenant = asTenant('acme');
    const history = Array.from({ length: count }, (_, n): HistoryRow => {
      const sequence = claim.nextSequence + n;
      const values = { version: 1, type: 'suppressed', effectiveAt: AT, recordedAt, detail: '{}' };
      return { tenant, address: addressOf(partition, sequence), sequence, ...values };
    });
    const recipients = history.map(({ address }) => row(address, { tenant, partition }));
    await store.commit(planFrom(claim, { recipients, history, nextSequence: claim.nextSequence + count }));
  }

  async function erase(partition: number, sequence: number): Promise<void> {
    const who = { tenant: asTenant('acme'), address: addressOf(partition, sequence) };
    const erased = { ...who, version: 1, at: AT, blocks: [], whole: true, offset: 1, sequence };
    await store.commit(planFrom(await store.claim(partition, 'me'), { erased: [erased] }));
  }

  async function subscribe(id: string, batch: number | null): Promise<void> {
    const values = { tenant: EVERY_TENANT, url: 'https://x', types: null, description: null, createdBy: null, secret: 'whsec_AAAA' };
    expect(await subscribers.add({ ...values, id, batch }, await feed.ends())).toBe(true);
  }

  const places = (): readonly (readonly number[])[] =>
    sent.map(({ body }) => [JSON.parse(body) as { place: number } | { place: number }[]].flat().map(({ place }) => place));
  const until = async (check: () => unknown): Promise<void> => void (await vi.waitFor(check, { timeout: 20_000, interval: 20 }));

  test('what was erased before it was taken is not sent any more: the rest of the request is, under its id', async () => {
    await publish(0, 1);
    await subscribe('wh_batches', 10);
    answer = () => ({ status: 500, problem: 'no' });
    await publish(0, 3);
    await until(() => expect(places()).toEqual([[2, 3, 4]]));
    await erase(0, 3);
    await publish(0, 1);
    answer = () => ({ status: 204, problem: null });
    await subscribers.resume('wh_batches', await feed.oldest(), false);
    await until(() => expect(places()).toEqual([[2, 3, 4], [2, 4], [5]]));
    expect(sent[1]?.id).toBe(sent[0]?.id);
    await subscribers.remove('wh_batches');
  });

  test('a request of which everything was erased is passed over', async () => {
    await subscribe('wh_single', null);
    answer = () => ({ status: 500, problem: 'no' });
    await publish(1, 2);
    await until(() => expect(places()).toEqual([[1]]));
    await erase(1, 1);
    answer = () => ({ status: 204, problem: null });
    await subscribers.resume('wh_single', await feed.oldest(), false);
    await until(() => expect(places()).toEqual([[1], [2]]));
    expect(await subscribers.find('wh_single')).toMatchObject({ problem: null, failingSince: null });
    await subscribers.remove('wh_single');
  });

  test('changes that were deleted by age pause it loudly; skipped by an operator, the next request says so', async () => {
    await publish(2, 1);
    await subscribe('wh_late', null);
    expect(await subscribers.pause('wh_late')).toBe(true);
    await publish(2, 3, 10);
    await publish(2, 2);
    expect(await pruneHistory(db, 11)).toBe(3);
    expect(await subscribers.resume('wh_late', await feed.oldest(), false)).toBe('lost_changes');
    // One that fails meanwhile is found by its own next try.
    expect(await subscribers.resume('wh_late', [], false)).toBe('resumed');
    await until(async () => expect(await subscribers.find('wh_late')).toMatchObject({ state: 'paused', reason: 'lost_changes' }));
    expect(sent).toEqual([]);
    expect(logged.join()).toContain('it must read the list again');
    expect(await subscribers.resume('wh_late', await feed.oldest(), true)).toBe('resumed');
    await until(() => expect(places()).toEqual([[5], [6]]));
    expect(sent.map(({ headers }) => headers?.['desist-gap'])).toEqual(['true', undefined]);
    await subscribers.remove('wh_late');
  });

  test('a partition that is published in for the first time is delivered from its beginning', async () => {
    await subscribe('wh_new', null);
    await publish(7, 2);
    await until(() => expect(places()).toEqual([[1], [2]]));
    await subscribers.remove('wh_new');
  });
});
