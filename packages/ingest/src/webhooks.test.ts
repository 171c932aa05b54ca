import { createHmac } from 'node:crypto';
import { LogError } from '@desist/pipeline';
import type { OutRecord } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { mailgunCheck } from './checks/mailgun.ts';
import { bearerCheck, noCheck } from './checks/shared.ts';
import { createIntake } from './intake.ts';
import { createOnce } from './once.ts';
import { lines, logger, NOW } from './support.test-kit.ts';
import { createIngestTally } from './tally.ts';
import { createWebhooks } from './webhooks.ts';
import type { WebhookSource } from './webhooks.ts';

const KEY = 'mailgun-key';
const MINUTES = 60_000;

function make(more: Partial<WebhookSource> = {}) {
  const appended: (OutRecord & { topic: string })[] = [];
  const state = { now: NOW, away: false };
  const tally = createIngestTally();
  const sink = {
    async append(topic: string, records: readonly OutRecord[]) {
      if (state.away) throw new LogError('unavailable', 'no broker');
      appended.push(...records.map((record) => ({ topic, ...record })));
      return [];
    },
  };
  const source: WebhookSource = {
    name: 'main',
    format: lines,
    tenant: 'acme',
    stream: 'news',
    check: noCheck,
    byHeaders: false,
    open: true,
    ...more,
  };
  const webhooks = createWebhooks({
    sources: [source],
    intake: createIntake({ sink, tally }),
    tally,
    time: { now: () => state.now },
    logger,
  });
  const post = (body: string, headers: Record<string, string> = {}) => webhooks.receive('main', { headers, body: Buffer.from(body) });
  return { webhooks, post, appended, state, tally };
}

/** Body and signature together: `lines` is what the format reads of it. */
function signed(text: string, at = NOW, token = 'token-1') {
  const timestamp = String(at / 1_000);
  const signature = createHmac('sha256', KEY)
    .update(timestamp + token)
    .digest('hex');
  return [
    new URLSearchParams({ timestamp, token, signature, text }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded' },
  ] as const;
}

describe('a webhook', () => {
  test('is stored, re-keyed by recipient, with tenant and stream of its source', async () => {
    const { post, appended, tally } = make();
    expect(await post('line 1\nline 2\nignore this')).toEqual({ kind: 'stored', events: 2, ignored: 1, deadLetters: 0 });
    expect(appended.map(({ topic, key }) => [topic, key])).toEqual([
      ['deliveryEvents', 'acme/alice@example.com'],
      ['deliveryEvents', 'acme/alice@example.com'],
    ]);
    expect(JSON.parse(appended[0]!.value as string)).toMatchObject({ version: 1, id: 'line 1', tenant: 'acme', stream: 'news' });
    expect([...tally.elements.values()]).toEqual([
      { format: 'canonical', outcome: 'event', count: 2 },
      { format: 'canonical', outcome: 'ignored', count: 1 },
    ]);
  });

  test('a bad element is a dead letter alone, with where it came from, and the request is done', async () => {
    const { post, appended, tally } = make();
    expect(await post('line 1\nbad element\nline 2')).toEqual({ kind: 'stored', events: 2, ignored: 0, deadLetters: 1 });
    const letter = appended.find(({ topic }) => topic === 'deadLetters')!;
    expect(letter.headers).toEqual({ reason: 'invalid', detail: 'asked for', source: 'main', format: 'canonical' });
    expect(Buffer.from(letter.value as Uint8Array).toString()).toBe('bad element');
    expect(tally.deadLetters.get('invalid')).toBe(1);
  });

  test('of which nothing can be read is refused: the provider keeps it', async () => {
    const { post, appended, tally } = make();
    expect(await post('broken one\nbroken two')).toMatchObject({ kind: 'refused', status: 400, refusal: 'unreadable' });
    expect(appended).toEqual([]);
    expect(tally.refused.get('unreadable')).toBe(1);
    // One element that can be read, and the rest are dead letters.
    expect(await post('broken one\nignore')).toMatchObject({ kind: 'stored', deadLetters: 1 });
  });

  test('a huge element is cut to what a record holds, and says so', async () => {
    const { post, appended } = make();
    await post(`line 1\nbad ${'x'.repeat(1_000_000)}`);
    const letter = appended.find(({ topic }) => topic === 'deadLetters')!;
    expect((letter.value as Uint8Array).length).toBe(768 * 1024);
    expect(letter.headers!['bytes']).toBe('1000004');
  });

  test('an event too large for the log, or without an identity, is put right or told', async () => {
    const odd = {
      ...lines,
      normalise: () => [
        { kind: 'event', event: { id: '', tenant: 'acme', stream: 's', recipient: 'Bob@Example.com', type: 'bounced', occurredAt: NOW } },
      ],
    } as never;
    const { post, appended } = make({ format: odd });
    await post('x');
    await post('x');
    const [first, second] = appended.map(({ key, value }) => [key, (JSON.parse(value as string) as { id: string }).id]);
    expect(first![0]).toBe('acme/bob@example.com');
    expect(first![1]).not.toBe('');
    expect(second).toEqual(first);
  });

  test('a format that throws costs a dead letter, not the payload', async () => {
    const throwing = {
      ...lines,
      normalise: () => {
        throw new TypeError('alice@example.com');
      },
    } as never;
    const { post, appended } = make({ format: throwing });
    expect(await post('whatever')).toMatchObject({ kind: 'stored', deadLetters: 1 });
    expect(appended[0]!.headers).toMatchObject({ reason: 'invalid', detail: 'the format failed: TypeError' });
  });

  test('an unknown source', async () => {
    const { webhooks } = make();
    expect(webhooks.has('canonical', 'main')).toBe(true);
    expect(webhooks.has('canonical', 'other')).toBe(false);
    expect(webhooks.has('ses', 'main')).toBe(false);
  });
});

describe('a signed request', () => {
  const check = mailgunCheck([KEY], 5 * MINUTES);

  test('is taken once; a repeat is refused and counted, until it would be stale', async () => {
    const { post, appended, state, tally } = make({ check, open: false });
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'stored' });
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'refused', status: 409, refusal: 'replayed' });
    // Mailgun's signature does not cover the body: the same one with other content is a replay, too.
    expect(await post(...signed('line 2'))).toMatchObject({ status: 409 });
    expect(appended).toHaveLength(1);
    state.now += 5 * MINUTES + 1;
    expect(await post(...signed('line 1'))).toMatchObject({ status: 403, refusal: 'stale' });
    expect(Object.fromEntries(tally.refused)).toEqual({ replayed: 2, stale: 1 });
  });

  test('may come again when the log did not take it', async () => {
    const { post, appended, state } = make({ check, open: false });
    state.away = true;
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'again' });
    state.away = false;
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'stored' });
    expect(appended).toHaveLength(1);
  });

  test('that is forged or unsigned stores nothing', async () => {
    const { post, appended, tally } = make({ check, open: false });
    const [body, headers] = signed('line 1');
    expect(await post(body.replace('token-1', 'token-2'), headers)).toMatchObject({ status: 403, refusal: 'forged' });
    expect(await post('text=line+1', headers)).toMatchObject({ status: 401, refusal: 'unsigned' });
    expect(appended).toEqual([]);
    expect(Object.fromEntries(tally.refused)).toEqual({ forged: 1, unsigned: 1 });
  });

  test('by its headers alone it is refused before the body is read', async () => {
    const { webhooks } = make({ check: bearerCheck(['token-123']), byHeaders: true, open: false });
    expect(await webhooks.admit('main', {})).toMatchObject({ status: 401 });
    expect(await webhooks.admit('main', { authorization: 'Bearer token-124' })).toMatchObject({ status: 403 });
    expect(await webhooks.admit('main', { authorization: 'Bearer token-123' })).toBeUndefined();
  });
});

describe('the memory of signatures', () => {
  test('forgets what would be stale anyway, and never grows beyond its bound', () => {
    const once = createOnce(3);
    expect(once.claim('a', 10, 0)).toBe(true);
    expect(once.claim('a', 10, 10)).toBe(false);
    expect(once.claim('b', 30, 11)).toBe(true);
    expect(once.size()).toBe(1);
    for (const token of ['c', 'd', 'e']) once.claim(token, 30, 12);
    expect(once.size()).toBe(3);
    expect(once.claim('b', 30, 12)).toBe(true);
    once.release('b');
    expect(once.claim('b', 30, 12)).toBe(true);
  });
});
