import { createHmac } from 'node:crypto';
import { formatOf } from '@desist/formats';
import type { Format } from '@desist/formats';
import { mappingFormat, parsePath } from '@desist/formats/mapping';
import { LogError } from '@desist/pipeline';
import type { OutRecord } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { mailgunCheck } from './checks/mailgun.ts';
import { bearerCheck, noCheck } from './checks/shared.ts';
import { createIntake } from './intake.ts';
import { MOST_ELEMENTS } from './source.ts';
import { deferred, lines, logger, NOW } from './support.test-kit.ts';
import { createIngestMetrics } from './metrics.ts';
import { createNotices, MOST_NOTICES } from './notices.ts';
import { createWebhooks } from './webhooks.ts';
import type { WebhookSource } from './webhooks.ts';

const KEY = 'mailgun-key';
const MINUTES = 60_000;

function make(more: Partial<WebhookSource> = {}) {
  const appended: (OutRecord & { topic: string })[] = [];
  const state = { now: NOW, away: false, slow: Promise.resolve(undefined) };
  const metrics = createIngestMetrics();
  const notices = createNotices(() => state.now);
  const sink = {
    async append(topic: string, records: readonly OutRecord[]) {
      await state.slow;
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
    intake: createIntake({ sink, metrics, notices }),
    metrics,
    notices,
    time: { now: () => state.now },
    logger,
  });
  const post = (body: string, headers: Record<string, string> = {}) => webhooks.receive('main', { headers, body: Buffer.from(body) });
  return { webhooks, post, appended, state, metrics, notices };
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
  test('is stored and re-keyed by recipient, with tenant and stream of its source', async () => {
    const { post, appended, metrics } = make();
    expect(await post('line 1\nline 2\nignore this')).toEqual({ kind: 'stored', events: 2, ignored: 1, deadLetters: 0 });
    expect(appended.map(({ topic, key }) => [topic, key])).toEqual([
      ['deliveryEvents', 'acme/alice@example.com'],
      ['deliveryEvents', 'acme/alice@example.com'],
    ]);
    expect(JSON.parse(appended[0]!.value as string)).toMatchObject({ version: 1, id: 'line 1', tenant: 'acme', stream: 'news' });
    expect([...metrics.elements.values()]).toEqual([
      { format: 'canonical', outcome: 'event', count: 2 },
      { format: 'canonical', outcome: 'ignored', count: 1 },
    ]);
  });

  test('with one bad element makes that element a dead letter with its origin, and the request succeeds', async () => {
    const { post, appended, metrics } = make();
    expect(await post('line 1\nbad element\nline 2')).toEqual({ kind: 'stored', events: 2, ignored: 0, deadLetters: 1 });
    const letter = appended.find(({ topic }) => topic === 'deadLetters')!;
    expect(letter.headers).toEqual({ reason: 'invalid', detail: 'asked for', tenant: 'acme', source: 'main', format: 'canonical' });
    expect(Buffer.from(letter.value as Uint8Array).toString()).toBe('bad element');
    expect(metrics.deadLetters.get('invalid')).toBe(1);
  });

  test('without anything readable is refused, so that the provider shows it, and kept once', async () => {
    const { post, appended, metrics, notices } = make();
    for (let time = 0; time < 3; time += 1)
      expect(await post('broken one\nbroken two')).toMatchObject({ kind: 'refused', status: 400, refusal: 'unreadable' });
    expect(appended.map(({ topic, value }) => [topic, Buffer.from(value as Uint8Array).toString()])).toEqual([
      ['deadLetters', 'broken one\nbroken two'],
    ]);
    expect(metrics.refused.get('unreadable')).toBe(3);
    expect(notices.list().misdirected).toEqual([
      { path: '/v1/webhooks/canonical/main', problem: 'nothing in the body can be read as canonical', count: 3, lastAt: NOW },
    ]);
    // One element that can be read, and the rest are dead letters.
    expect(await post('broken one\nignore')).toMatchObject({ kind: 'stored', deadLetters: 1 });
  });

  test('that cannot be read is kept by a repeat if the log was away at first', async () => {
    const { post, appended, state } = make();
    state.away = true;
    expect(await post('broken one')).toMatchObject({ kind: 'refused' });
    state.away = false;
    expect(await post('broken one')).toMatchObject({ kind: 'refused' });
    expect(appended).toHaveLength(1);
  });

  test('of another provider is refused with that provider\u2019s name, and not taken for events that are to be ignored', async () => {
    const { post, appended, notices } = make({ format: formatOf('mailjet') as Format });
    const sendgrid = JSON.stringify([
      { event: 'open', email: 'a@example.com', timestamp: 1772359200, sg_event_id: 'e', sg_message_id: 'm' },
    ]);
    expect(await post(sendgrid)).toMatchObject({ kind: 'refused', status: 400, sender: 'sendgrid' });
    expect(appended).toMatchObject([{ topic: 'deadLetters', headers: { reason: 'unreadable', format: 'mailjet' } }]);
    expect(notices.list().misdirected[0]!.problem).toBe('nothing in the body can be read as mailjet; it looks like sendgrid');
  });

  test('for a source that does not exist, or has another format, is noted; at most a hundred paths, and none with what is no name', () => {
    const { webhooks, notices } = make();
    webhooks.misdirected('ses', 'main');
    webhooks.misdirected('canonical', 'a@example.com');
    expect(notices.list().misdirected.map(({ path, problem }) => [path, problem])).toEqual([
      ['/v1/webhooks/canonical/…', 'there is no such source'],
      ['/v1/webhooks/ses/main', 'the source main has the format canonical'],
    ]);
    for (let index = 0; index < 2 * MOST_NOTICES; index += 1) webhooks.misdirected('ses', `s${index}`);
    expect(notices.list().misdirected).toHaveLength(MOST_NOTICES);
    expect(notices.list().misdirected[0]!.path).toBe(`/v1/webhooks/ses/s${2 * MOST_NOTICES - 1}`);
  });

  test('counts words that nobody has described, by name', async () => {
    const mapping = { events: null, fields: {}, unit: 'auto', words: new Map() };
    const fields = { event: [parsePath('type')!], recipient: [parsePath('to')!], time: [parsePath('at')!] };
    const { post, notices } = make({ format: mappingFormat({ ...mapping, fields }) });
    expect(await post('[{"type":"new"},{"type":"new"},{"type":"other"}]')).toMatchObject({ kind: 'stored', ignored: 3 });
    expect(notices.list().unknownWords.map(({ source, format, word, count }) => [source, format, word, count])).toEqual([
      ['main', 'mapping', 'other', 1],
      ['main', 'mapping', 'new', 2],
    ]);
  });

  test('with too many elements is refused and not stored, whether they are a list, documents or recipients of one event', async () => {
    const nobody = '"bouncedRecipients":[';
    for (const [name, body] of [
      ['canonical', `[${'{},'.repeat(MOST_ELEMENTS)}{}]`],
      ['canonical', '{}\n'.repeat(MOST_ELEMENTS + 1)],
      ['mandrill', `mandrill_events=[${'{},'.repeat(MOST_ELEMENTS)}{}]`],
      ['ses', `{"eventType":"Bounce","bounce":{${nobody}${'{},'.repeat(MOST_ELEMENTS)}{}]}}`],
      ['postfix', 'x\n'.repeat(MOST_ELEMENTS + 1)],
    ] as const) {
      const { post, appended } = make({ format: formatOf(name) as Format });
      expect(await post(body), name).toMatchObject({ kind: 'refused', status: 413, refusal: 'too_large' });
      expect(appended).toEqual([]);
    }
  });

  test('makes one dead letter of recipients of one event that have the same problem, because each would carry the whole event', async () => {
    const { post, appended } = make({ format: formatOf('ses') as Format });
    const body = JSON.stringify({
      eventType: 'Bounce',
      mail: { timestamp: '2026-03-01T10:00:00Z' },
      bounce: { bouncedRecipients: Array.from({ length: 1_000 }, () => ({})) },
    });
    expect(await post(body)).toMatchObject({ kind: 'stored', deadLetters: 1 });
    expect(Buffer.from(appended[0]!.value as Uint8Array).toString()).toBe(body);
  });

  test('truncates a huge element to what a record can contain, and says so', async () => {
    const { post, appended } = make();
    await post(`line 1\nbad ${'x'.repeat(1_000_000)}`);
    const letter = appended.find(({ topic }) => topic === 'deadLetters')!;
    expect((letter.value as Uint8Array).length).toBe(768 * 1024);
    expect(letter.headers!['bytes']).toBe('1000004');
  });

  test('corrects or reports an event that is too large for the log or has no identity', async () => {
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

  test('makes a dead letter of the element if a format throws, not of the payload', async () => {
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

  test('of an unknown source is refused', async () => {
    const { webhooks } = make();
    expect(webhooks.has('canonical', 'main')).toBe(true);
    expect(webhooks.has('canonical', 'other')).toBe(false);
    expect(webhooks.has('ses', 'main')).toBe(false);
  });
});

describe('a signed request', () => {
  const check = mailgunCheck([KEY], 5 * MINUTES);

  test('is accepted once; a repeat is answered as stored until it would be stale', async () => {
    const { post, appended, state, metrics } = make({ check, open: false });
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'stored' });
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'acknowledged' });
    // Mailgun's signature does not cover the body: the same signature with other content is a replay, too.
    expect(await post(...signed('line 2'))).toMatchObject({ kind: 'acknowledged' });
    expect(appended).toHaveLength(1);
    state.now += 5 * MINUTES + 1;
    expect(await post(...signed('line 1'))).toMatchObject({ status: 403, refusal: 'stale' });
    expect(Object.fromEntries(metrics.refused)).toEqual({ stale: 1 });
  });

  test('repeated while the first is in progress gets the outcome of the first', async () => {
    const { post, appended, state } = make({ check, open: false });
    const slow = deferred<undefined>();
    state.slow = slow.promise;
    const both = [post(...signed('line 1')), post(...signed('line 1'))];
    slow.resolve(undefined);
    expect(await Promise.all(both)).toMatchObject([
      { kind: 'stored', events: 1 },
      { kind: 'stored', events: 1 },
    ]);
    expect(appended).toHaveLength(1);
  });

  test('repeated while the log is slow is not reported as stored if it is not', async () => {
    const { post, appended, state } = make({ check, open: false });
    const slow = deferred<undefined>();
    state.slow = slow.promise;
    const both = [post(...signed('line 1')), post(...signed('line 1'))];
    slow.reject(new LogError('unavailable', 'retries used up'));
    expect(await Promise.all(both)).toMatchObject([{ kind: 'again' }, { kind: 'again' }]);
    state.slow = Promise.resolve(undefined);
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'stored', events: 1 });
    expect(appended).toHaveLength(1);
  });

  test('can be repeated if the log did not store it', async () => {
    const { post, appended, state } = make({ check, open: false });
    state.away = true;
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'again' });
    state.away = false;
    expect(await post(...signed('line 1'))).toMatchObject({ kind: 'stored' });
    expect(appended).toHaveLength(1);
  });

  test('that is forged or unsigned stores nothing', async () => {
    const { post, appended, metrics } = make({ check, open: false });
    const [body, headers] = signed('line 1');
    expect(await post(body.replace('token-1', 'token-2'), headers)).toMatchObject({ status: 403, refusal: 'forged' });
    expect(await post('text=line+1', headers)).toMatchObject({ status: 401, refusal: 'unsigned' });
    expect(appended).toEqual([]);
    expect(Object.fromEntries(metrics.refused)).toEqual({ forged: 1, unsigned: 1 });
  });

  test('that its headers alone rule out is refused before the body is read', async () => {
    const { webhooks } = make({ check: bearerCheck(['token-123']), byHeaders: true, open: false });
    expect(await webhooks.admit('main', {})).toMatchObject({ status: 401 });
    expect(await webhooks.admit('main', { authorization: 'Bearer token-124' })).toMatchObject({ status: 403 });
    expect(await webhooks.admit('main', { authorization: 'Bearer token-123' })).toBeUndefined();
  });
});

describe('Event Grid', () => {
  const validation = JSON.stringify([{ eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent', data: { validationCode: 'code-1' } }]);
  const header = { 'aeg-event-type': 'SubscriptionValidation' };

  test('gets its code back from a source that is authenticated, and nothing is stored', async () => {
    const check = bearerCheck(['token-123']);
    const { post, appended } = make({ format: formatOf('azure') as Format, check, open: false });
    expect(await post(validation, { ...header, authorization: 'Bearer token-123' })).toMatchObject({ validationResponse: 'code-1' });
    expect(await post(validation, header)).toMatchObject({ kind: 'refused', refusal: 'unsigned' });
    expect(appended).toEqual([]);
  });

  test('is not answered by sources of other formats', async () => {
    const { post } = make({ format: formatOf('mailjet') as Format });
    expect(await post(validation, header)).not.toHaveProperty('validationResponse');
  });
});
