/** Every signature: as the vendor documents it, forged, stale, and while a secret is replaced. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { certificateOf } from '../certificate.test-kit.ts';
import type { Check, Checked, WebhookRequest } from './check.ts';
import { hmacCheck, hmacKey } from './hmac.ts';
import type { HmacOptions } from './hmac.ts';
import { mailgunCheck } from './mailgun.ts';
import { mandrillCheck } from './mandrill.ts';
import { postalCheck, postalKey } from './postal.ts';
import { sendgridCheck, sendgridKey } from './sendgrid.ts';
import { basicCheck, bearerCheck, headerCheck } from './shared.ts';
import { createCertificates, MOST_CANDIDATES, MOST_PROVEN } from './certificates.ts';
import { snsCheck } from './sns.ts';
import { withVerification } from './salesforce.ts';
import { svixCheck, svixKey } from './svix.ts';
import { zeptomailCheck } from './zeptomail.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const MINUTES = 60_000;

const request = (headers: Record<string, string>, body: string | Uint8Array = ''): WebhookRequest => ({
  headers,
  body: typeof body === 'string' ? Buffer.from(body) : body,
});
const said = (checked: Checked): string => (checked.kind === 'refused' ? checked.refusal : checked.kind);
const verdict = async (check: Check, one: WebhookRequest, now = NOW): Promise<string> => said(await check(one, now));

describe('SendGrid', () => {
  // The example of sendgrid-nodejs, sendgrid-python and the other libraries of the vendor (MIT).
  const KEY =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==';
  const OTHER =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==';
  const SIGNATURE = 'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=';
  const PAYLOAD = `${JSON.stringify([
    {
      email: 'hello@world.com',
      event: 'dropped',
      reason: 'Bounced Address',
      sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
      sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
      'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
      timestamp: 1600112492,
    },
  ])}\r\n`;
  const AT = 1600112502_000;
  const headers = (signature = SIGNATURE, timestamp = '1600112502'): Record<string, string> => ({
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  });
  const keys = (...texts: string[]) => texts.map((text) => sendgridKey(text)!);
  const check = sendgridCheck(keys(KEY), 5 * MINUTES);

  test('accepts the vendor’s example', async () => {
    expect(await verdict(check, request(headers(), PAYLOAD), AT)).toBe('genuine');
    expect(await verdict(sendgridCheck(keys(OTHER, KEY), 5 * MINUTES), request(headers(), PAYLOAD), AT)).toBe('genuine');
  });

  test('refuses another key, a changed byte, another time, and a missing signature', async () => {
    expect(await verdict(sendgridCheck(keys(OTHER), 5 * MINUTES), request(headers(), PAYLOAD), AT)).toBe('forged');
    expect(await verdict(check, request(headers(), PAYLOAD.trimEnd()), AT)).toBe('forged');
    expect(await verdict(check, request(headers(SIGNATURE, '1600112503'), PAYLOAD), AT)).toBe('forged');
    expect(await verdict(check, request(headers('bm8='), PAYLOAD), AT)).toBe('forged');
    expect(await verdict(check, request({}, PAYLOAD), AT)).toBe('unsigned');
  });

  test('accepts times within five minutes in both directions', async () => {
    for (const [off, wanted] of [
      [5 * MINUTES, 'genuine'],
      [5 * MINUTES + 1, 'stale'],
      [-5 * MINUTES, 'genuine'],
      [-5 * MINUTES - 1, 'stale'],
    ] as const) {
      expect(await verdict(check, request(headers(), PAYLOAD), AT + off)).toBe(wanted);
    }
  });

  test('a second signature of the same message has the same replay token', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const own = sendgridCheck([publicKey], 5 * MINUTES);
    const body = '[]';
    const token = (): Checked | Promise<Checked> =>
      own(
        request(headers(sign('sha256', Buffer.from(`${NOW / 1_000}${body}`), privateKey).toString('base64'), String(NOW / 1_000)), body),
        NOW,
      );
    expect(await token()).toEqual(await token());
  });

  test('refuses a key that is not on P-256', () => {
    expect(sendgridKey('nonsense')).toBeUndefined();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' });
    expect(sendgridKey(rsa.toString('base64'))).toBeUndefined();
  });
});

describe('Svix', () => {
  // The example of docs.svix.com, "verifying payloads manually".
  const vector = {
    secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    body: '{"event_type":"ping","data":{"success":true}}',
    id: 'msg_loFOjxBNrRLzqYUf',
    timestamp: '1731705121',
    signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  };
  const AT = 1731705121_000;
  const NEW = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = (more: Record<string, string> = {}) => ({
    'svix-id': vector.id,
    'svix-timestamp': vector.timestamp,
    'svix-signature': vector.signature,
    ...more,
  });
  const check = svixCheck([svixKey(vector.secret)!], 5 * MINUTES);

  test('accepts the vendor’s example, alone and among other signatures, under both header names', async () => {
    expect(await verdict(check, request(headers(), vector.body), AT)).toBe('genuine');
    const among = { 'svix-signature': `v1a,xyz v1,bm90IHRoaXM= ${vector.signature}` };
    expect(await verdict(check, request(headers(among), vector.body), AT)).toBe('genuine');
    const standard = { 'webhook-id': vector.id, 'webhook-timestamp': vector.timestamp, 'webhook-signature': vector.signature };
    expect(await verdict(check, request(standard, vector.body), AT)).toBe('genuine');
  });

  test('accepts two secrets at the same time', async () => {
    expect(await verdict(svixCheck([svixKey(NEW)!, svixKey(vector.secret)!], 5 * MINUTES), request(headers(), vector.body), AT)).toBe(
      'genuine',
    );
    expect(await verdict(svixCheck([svixKey(NEW)!], 5 * MINUTES), request(headers(), vector.body), AT)).toBe('forged');
  });

  test('the signature covers id, time and body', async () => {
    expect(await verdict(check, request(headers({ 'svix-id': 'msg_other' }), vector.body), AT)).toBe('forged');
    expect(await verdict(check, request(headers({ 'svix-timestamp': '1731705122' }), vector.body), AT)).toBe('forged');
    expect(await verdict(check, request(headers(), `${vector.body} `), AT)).toBe('forged');
    expect(await verdict(check, request(headers({ 'svix-signature': vector.signature.replace('v1,', 'v2,') }), vector.body), AT)).toBe(
      'forged',
    );
    expect(await verdict(check, request(headers(), vector.body), AT + 6 * MINUTES)).toBe('stale');
    expect(await verdict(check, request({ 'svix-id': vector.id }, vector.body), AT)).toBe('unsigned');
  });

  test('requires secrets of at least 16 bytes in base64', () => {
    expect(svixKey('whsec_kurz')).toBeUndefined();
    expect(svixKey('whsec_!!!')).toBeUndefined();
  });
});

describe('Mailgun', () => {
  const KEY = 'key-0123456789abcdef';
  const signed = (key = KEY, timestamp = String(NOW / 1_000), token = 'a'.repeat(50)) => ({
    timestamp,
    token,
    signature: createHmac('sha256', key)
      .update(timestamp + token)
      .digest('hex'),
  });
  const json = (signature: object): WebhookRequest =>
    request({ 'content-type': 'application/json' }, JSON.stringify({ signature, 'event-data': { event: 'delivered' } }));
  const check = mailgunCheck([KEY], 5 * MINUTES);

  test('reads the signature from a JSON body, an urlencoded form and a multipart form', async () => {
    expect(await verdict(check, json(signed()))).toBe('genuine');
    const fields = Object.entries(signed());
    const form = new URLSearchParams([['event', 'delivered'], ...fields]).toString();
    expect(await verdict(check, request({ 'content-type': 'application/x-www-form-urlencoded' }, form))).toBe('genuine');
    const parts = [...fields, ['event', 'delivered']].map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    expect(await verdict(check, request({ 'content-type': 'multipart/form-data; boundary=b' }, `${parts.join('')}--b--\r\n`))).toBe(
      'genuine',
    );
  });

  test("the replay token is Mailgun's token", async () => {
    expect(await check(json(signed()), NOW)).toMatchObject({ replayToken: { token: 'a'.repeat(50), until: NOW + 5 * MINUTES } });
  });

  test('accepts two keys at the same time; refuses forged, stale and unsigned requests', async () => {
    expect(await verdict(mailgunCheck(['another-key', KEY], 5 * MINUTES), json(signed()))).toBe('genuine');
    expect(await verdict(check, json(signed('wrong')))).toBe('forged');
    expect(await verdict(check, json({ ...signed(), token: 'b'.repeat(50) }))).toBe('forged');
    expect(await verdict(check, json(signed()), NOW + 5 * MINUTES + 1)).toBe('stale');
    expect(await verdict(check, json({}))).toBe('unsigned');
    expect(await verdict(check, request({ 'content-type': 'application/json' }, 'no json'))).toBe('unsigned');
    expect(await verdict(check, request({ 'content-type': 'multipart/form-data' }, 'no boundary'))).toBe('unsigned');
  });
});

describe('Mandrill', () => {
  const KEY = 'mandrill-webhook-key';
  const URL = 'https://desist.example.com/v1/webhooks/mandrill/main';
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
  const post = (body: string, signature?: string): WebhookRequest =>
    request(
      { 'content-type': 'application/x-www-form-urlencoded', ...(signature === undefined ? {} : { 'x-mandrill-signature': signature }) },
      body,
    );
  const signatureOf = (text: string, key = KEY): string => createHmac('sha1', key).update(text).digest('base64');
  const check = mandrillCheck([KEY], URL);
  // A field with what forms encode: blanks, plus signs, escaped slashes, letters beyond ASCII.
  const events = '[{"event":"send","url":"http:\\/\\/example.com","note":"a + b ü"}]';

  test('signs the URL and the sorted, decoded fields', async () => {
    const body = form({ mandrill_events: events, extra: 'first' });
    expect(await verdict(check, post(body, signatureOf(`${URL}extrafirstmandrill_events${events}`)))).toBe('genuine');
    expect(
      await verdict(mandrillCheck(['new-key-12', KEY], URL), post(body, signatureOf(`${URL}extrafirstmandrill_events${events}`))),
    ).toBe('genuine');
  });

  test('its replay token is kept for a day', async () => {
    const signature = signatureOf(`${URL}mandrill_events${events}`);
    expect(await check(post(form({ mandrill_events: events }), signature), NOW)).toMatchObject({
      replayToken: { token: signature, until: NOW + 24 * 60 * MINUTES },
    });
  });

  test('refuses another URL, key or field', async () => {
    const body = form({ mandrill_events: events });
    const good = signatureOf(`${URL}mandrill_events${events}`);
    expect(await verdict(mandrillCheck([KEY], `${URL}/`), post(body, good))).toBe('forged');
    expect(await verdict(mandrillCheck(['other'], URL), post(body, good))).toBe('forged');
    expect(await verdict(check, post(`${body}&more=1`, good))).toBe('forged');
    expect(await verdict(check, post(body))).toBe('unsigned');
  });

  test('the test request for the URL has its own key and no events', async () => {
    const empty = form({ mandrill_events: '[]' });
    expect(await check(post(empty, signatureOf(`${URL}mandrill_events[]`, 'test-webhook')), NOW)).toMatchObject({
      kind: 'genuine',
      only: 'a test of the URL',
    });
    const full = form({ mandrill_events: events });
    expect(await verdict(check, post(full, signatureOf(`${URL}mandrill_events${events}`, 'test-webhook')))).toBe('forged');
  });
});

describe('shared secrets', () => {
  test('accepts basic authentication', async () => {
    const check = basicCheck(['desist:first secret', 'desist:second']);
    const basic = (text: string) => request({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    expect(await verdict(check, basic('desist:first secret'))).toBe('genuine');
    expect(await verdict(check, basic('desist:second'))).toBe('genuine');
    expect(await verdict(check, basic('desist:third'))).toBe('forged');
    expect(await verdict(check, basic('desist:second '))).toBe('forged');
    expect(await verdict(check, request({}))).toBe('unsigned');
    expect(await verdict(check, request({ authorization: 'Bearer second' }))).toBe('unsigned');
  });

  test('accepts a bearer token and a header', async () => {
    expect(await verdict(bearerCheck(['token-123']), request({ authorization: 'bearer token-123' }))).toBe('genuine');
    expect(await verdict(bearerCheck(['token-123']), request({ authorization: 'Bearer token-124' }))).toBe('forged');
    expect(await verdict(headerCheck('x-token', ['a-secret-1']), request({ 'x-token': 'a-secret-1' }))).toBe('genuine');
    expect(await verdict(headerCheck('x-token', ['a-secret-1']), request({ 'x-token': 'a-secret-' }))).toBe('forged');
    expect(await verdict(headerCheck('x-token', ['a-secret-1']), request({ 'x-tokem': 'a-secret-1' }))).toBe('unsigned');
  });
});

describe('SNS', () => {
  const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ses-events';
  const HOST = 'https://sns.eu-west-1.amazonaws.com';
  const CERTIFICATE = `${HOST}/SimpleNotificationService-0123456789abcdef.pem`;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = certificateOf(publicKey, privateKey, new Date(NOW - 86_400_000), new Date(NOW + 86_400_000));

  function make(served: Record<string, string> = { [CERTIFICATE]: pem }, topics: readonly string[] = [TOPIC]) {
    const asked: string[] = [];
    const fetch = async (url: string): Promise<string> => {
      asked.push(url);
      const page = served[url];
      if (page === undefined) throw new Error('status 404');
      return page;
    };
    const check = snsCheck({ topics, tolerance: 120 * MINUTES, certificates: createCertificates(fetch), fetch });
    return { check, asked };
  }

  const NAMES = {
    Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
    SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  };
  type Fields = Record<string, string>;
  function envelope(more: Fields = {}, version = '2', signer = privateKey): Fields {
    const fields: Fields = {
      Type: 'Notification',
      MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
      TopicArn: TOPIC,
      Message: '{"eventType":"Delivery"}',
      Timestamp: '2026-03-01T11:59:30.000Z',
      SignatureVersion: version,
      SigningCertURL: CERTIFICATE,
      ...more,
    };
    const names = fields['Type'] === 'Notification' ? NAMES.Notification : NAMES.SubscriptionConfirmation;
    const text = names.map((name) => (fields[name] === undefined ? '' : `${name}\n${fields[name]}\n`)).join('');
    return { ...fields, Signature: sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), signer).toString('base64') };
  }
  const post = (fields: Fields): WebhookRequest => request({ 'content-type': 'text/plain; charset=UTF-8' }, JSON.stringify(fields));

  test('accepts both signature versions, with and without a subject; fetches the certificate once', async () => {
    const { check, asked } = make();
    expect(await verdict(check, post(envelope({}, '1')))).toBe('genuine');
    expect(await verdict(check, post(envelope({ Subject: 'Amazon SES' })))).toBe('genuine');
    expect(asked).toEqual([CERTIFICATE]);
    expect(await check(post(envelope()), NOW)).toMatchObject({ replayToken: { token: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324' } });
  });

  test('refuses changed content, another signer, and a version that does not match', async () => {
    const { check } = make();
    expect(await verdict(check, post({ ...envelope(), Message: '{}' }))).toBe('forged');
    expect(await verdict(check, post({ ...envelope(), Subject: 'added' }))).toBe('forged');
    expect(await verdict(check, post({ ...envelope({}, '1'), SignatureVersion: '2' }))).toBe('forged');
    expect(await verdict(check, post({ ...envelope(), SignatureVersion: '3' }))).toBe('forged');
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(await verdict(check, post(envelope({}, '2', other)))).toBe('forged');
  });

  test('never fetches a certificate from another host', async () => {
    const { check, asked } = make();
    for (const url of [
      'https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem',
      'https://evil.example/SimpleNotificationService-0123456789abcdef.pem',
      'https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      'https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem',
      'https://user@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      `${HOST}/other/SimpleNotificationService-0123456789abcdef.pem`,
      `${HOST}/SimpleNotificationService-0123456789abcdef.pem/../evil.pem`,
      `${HOST}/SimpleNotificationService-0123456789abcdef.pem?again=1`,
      `${HOST}/simplenotificationservice-0123456789abcdef.pem`,
      'not a url',
    ]) {
      expect(await verdict(check, post(envelope({ SigningCertURL: url }))), url).toBe('forged');
    }
    expect(asked).toEqual([]);
  });

  test('refuses another topic, a stale message, and a body without an envelope', async () => {
    const { check, asked } = make();
    expect(await verdict(check, post(envelope({ TopicArn: `${TOPIC}-other` })))).toBe('unknown_topic');
    expect(await verdict(check, post(envelope()), NOW + 121 * MINUTES)).toBe('stale');
    expect(await verdict(check, request({}, '{"eventType":"Delivery"}'))).toBe('unsigned');
    expect(await verdict(check, request({}, 'no json'))).toBe('unsigned');
    expect(asked).toEqual([]);
  });

  test('decides nothing without the certificate, and refuses an expired certificate', async () => {
    const { check, asked } = make({});
    expect(await verdict(check, post(envelope()))).toBe('undecided');
    expect(await verdict(check, post(envelope()))).toBe('undecided');
    // The failure is cached for a while.
    expect(asked).toHaveLength(1);
    expect(await verdict(check, post(envelope()), NOW + MINUTES)).toBe('undecided');
    expect(asked).toHaveLength(2);
    const ended = certificateOf(publicKey, privateKey, new Date(NOW - 2 * 86_400_000), new Date(NOW - 86_400_000));
    expect(await verdict(make({ [CERTIFICATE]: ended }).check, post(envelope()))).toBe('undecided');
    expect(await verdict(make({ [CERTIFICATE]: 'no certificate' }).check, post(envelope()))).toBe('undecided');
  });

  test('a sender that knows a topic’s name cannot evict a certificate that is in use', async () => {
    const OTHER_TOPIC = 'arn:aws:sns:us-east-1:123456789012:ses-events';
    const certificates: Record<string, string> = { [CERTIFICATE]: pem };
    const named = (n: number, host = HOST): string => `${host}/SimpleNotificationService-${n.toString(16).padStart(8, '0')}.pem`;
    for (let n = 0; n < MOST_CANDIDATES + MOST_PROVEN; n += 1) certificates[named(n)] = pem;
    const { check, asked } = make(certificates, [TOPIC, OTHER_TOPIC]);
    expect(await verdict(check, post(envelope()))).toBe('genuine');
    // URLs that exist, URLs that do not, and URLs at another region's host.
    for (let n = 0; n < 10 * MOST_CANDIDATES; n += 1) {
      const forged = { ...envelope({ SigningCertURL: named(n) }), Signature: 'bm8=' };
      expect(['forged', 'undecided']).toContain(await verdict(check, post(forged)));
      const elsewhere = { ...envelope({ TopicArn: OTHER_TOPIC, SigningCertURL: named(n, 'https://sns.us-east-1.amazonaws.com') }) };
      expect(await verdict(check, post(elsewhere))).toBe('undecided');
    }
    // Not fetched again, even after a day: it is valid as long as the certificate says.
    expect(await verdict(check, post(envelope()))).toBe('genuine');
    expect(asked.filter((url) => url === CERTIFICATE)).toHaveLength(1);
  });

  test('evicts the certificate that was used least recently', async () => {
    const named = (n: number): string => `${HOST}/SimpleNotificationService-${String(n).padStart(8, '0')}.pem`;
    const served = Object.fromEntries(Array.from({ length: MOST_PROVEN + 1 }, (_, n) => [named(n), pem]));
    const { check, asked } = make({ [CERTIFICATE]: pem, ...served });
    const use = (url: string) => verdict(check, post(envelope({ SigningCertURL: url })));
    for (let n = 0; n < MOST_PROVEN; n += 1) expect(await use(named(n))).toBe('genuine');
    await use(named(0));
    await use(named(MOST_PROVEN));
    const before = asked.length;
    await use(named(0));
    expect(asked).toHaveLength(before);
    await use(named(1));
    expect(asked).toHaveLength(before + 1);
  });

  test('confirms a subscription only for the source’s topics, at the topic’s host, and after checking the signature', async () => {
    const subscribe = `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=abc`;
    const confirmation = (more: Fields = {}): Fields =>
      envelope({ Type: 'SubscriptionConfirmation', Token: 'abc', SubscribeURL: subscribe, ...more });
    const { check, asked } = make({ [CERTIFICATE]: pem, [subscribe]: '<ConfirmSubscriptionResponse/>' });
    expect(await check(post(confirmation()), NOW)).toMatchObject({ kind: 'genuine', only: 'a subscription that is now confirmed' });
    expect(asked).toEqual([CERTIFICATE, subscribe]);
    expect(await verdict(check, post(confirmation({ TopicArn: `${TOPIC}-other` })))).toBe('unknown_topic');
    expect(await verdict(check, post(confirmation({ SubscribeURL: 'https://evil.example/?Action=ConfirmSubscription' })))).toBe('forged');
    expect(await verdict(check, post({ ...confirmation(), Token: 'other' }))).toBe('forged');
    expect(asked).toHaveLength(2);
    expect(await verdict(make({ [CERTIFICATE]: pem }).check, post(confirmation()))).toBe('undecided');
  });
});

describe('an HMAC of the provider\u2019s own making', () => {
  const KEY = Buffer.from('a-secret-of-the-source');
  const BODY = '{"event":"bounce"}';
  const PLAIN: HmacOptions = {
    ...{ header: 'x-signature', signature: '{signature}', timestamp: null, template: [{ kind: 'body' }] },
    ...{ algorithm: 'sha256', encoding: 'hex', keys: [KEY], tolerance: 5 * MINUTES },
  };
  const TIMED: HmacOptions = {
    ...PLAIN,
    signature: 't={timestamp},v1={signature}',
    template: [{ kind: 'text', text: 'v0:' }, { kind: 'timestamp' }, { kind: 'text', text: '.' }, { kind: 'body' }],
  };
  const digest = (text: string, algorithm = 'sha256', encoding: 'hex' | 'base64' | 'base64url' = 'hex'): string =>
    createHmac(algorithm, KEY).update(text).digest(encoding);
  const timed = (at = NOW, body = BODY): Record<string, string> => ({
    'x-signature': `t=${at / 1_000},v1=${digest(`v0:${at / 1_000}.${body}`)}`,
  });

  test('is accepted in every encoding and algorithm', async () => {
    for (const algorithm of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const check = hmacCheck({ ...PLAIN, algorithm, encoding });
        expect(await verdict(check, request({ 'x-signature': digest(BODY, algorithm, encoding) }, BODY))).toBe('genuine');
        expect(await verdict(check, request({ 'x-signature': digest(`${BODY} `, algorithm, encoding) }, BODY))).toBe('forged');
      }
    }
    expect(await verdict(hmacCheck(PLAIN), request({ 'x-signature': digest(BODY).toUpperCase() }, BODY))).toBe('genuine');
  });

  test('is found where the sources file says, and covers what its template says', async () => {
    const prefixed = hmacCheck({ ...PLAIN, signature: 'sha256={signature}' });
    expect(await verdict(prefixed, request({ 'x-signature': `sha256=${digest(BODY)}` }, BODY))).toBe('genuine');
    expect(await verdict(prefixed, request({ 'x-signature': digest(BODY) }, BODY))).toBe('unsigned');
    expect(await verdict(prefixed, request({}, BODY))).toBe('unsigned');
    const withId = hmacCheck({ ...PLAIN, template: [{ kind: 'header', name: 'x-id' }, { kind: 'body' }] });
    expect(await verdict(withId, request({ 'x-id': '7', 'x-signature': digest(`7${BODY}`) }, BODY))).toBe('genuine');
    expect(await verdict(withId, request({ 'x-id': '8', 'x-signature': digest(`7${BODY}`) }, BODY))).toBe('forged');
    const ofTwo = hmacCheck({ ...PLAIN, keys: [Buffer.from('the-one-before'), KEY] });
    expect(await verdict(ofTwo, request({ 'x-signature': digest(BODY) }, BODY))).toBe('genuine');
  });

  test('with a time is accepted within the tolerance only, and once', async () => {
    const check = hmacCheck(TIMED);
    expect(await check(request(timed(), BODY), NOW)).toMatchObject({ kind: 'genuine', replayToken: { until: NOW + 5 * MINUTES } });
    expect(await verdict(check, request(timed(NOW - 5 * MINUTES), BODY))).toBe('genuine');
    expect(await verdict(check, request(timed(NOW - 5 * MINUTES - 1_000), BODY))).toBe('stale');
    expect(await verdict(check, request(timed(NOW + 5 * MINUTES + 1_000), BODY))).toBe('stale');
    // Another time with the signature of this one.
    expect(await verdict(check, request({ 'x-signature': timed()['x-signature']!.replace('t=', 't=1') }, BODY))).toBe('forged');
    const inHeader = hmacCheck({ ...TIMED, signature: '{signature}', timestamp: 'x-time' });
    for (const time of [String(NOW / 1_000), String(NOW), '2026-03-01T12:00:00Z']) {
      expect(await verdict(inHeader, request({ 'x-time': time, 'x-signature': digest(`v0:${time}.${BODY}`) }, BODY))).toBe('genuine');
    }
    expect(await verdict(inHeader, request({ 'x-time': 'now', 'x-signature': digest(`v0:now.${BODY}`) }, BODY))).toBe('forged');
    expect(await verdict(inHeader, request({ 'x-signature': digest(`v0:.${BODY}`) }, BODY))).toBe('unsigned');
  });

  test('without a time has a token of its signature, so that a repeat stores nothing', async () => {
    const signature = digest(BODY);
    expect(await hmacCheck(PLAIN)(request({ 'x-signature': signature }, BODY), NOW)).toEqual({
      kind: 'genuine',
      replayToken: { token: signature, until: NOW + 24 * 60 * MINUTES },
    });
  });

  test('takes a secret as text, hexadecimal digits or base64', () => {
    expect(hmacKey('a-secret', 'text')).toEqual(Buffer.from('a-secret'));
    expect(hmacKey('00ff00ff00ff00ff', 'hex')).toEqual(Buffer.from('00ff00ff00ff00ff', 'hex'));
    expect(hmacKey('a-secret-!', 'hex')).toBeUndefined();
    expect(hmacKey(KEY.toString('base64'), 'base64')).toEqual(KEY);
    expect(hmacKey('a secret', 'base64')).toBeUndefined();
  });
});

describe('Postal', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const check = postalCheck([postalKey(text)!]);
  const BODY = '{"event":"MessageSent"}';
  const signed = (algorithm: string, body = BODY): string => sign(algorithm, Buffer.from(body), privateKey).toString('base64');

  test('signs the raw body, in newer versions with SHA-256', async () => {
    expect(await verdict(check, request({ 'x-postal-signature-256': signed('sha256') }, BODY))).toBe('genuine');
    expect(await verdict(check, request({ 'x-postal-signature': signed('sha1') }, BODY))).toBe('genuine');
    expect(await verdict(check, request({ 'x-postal-signature-256': signed('sha1') }, BODY))).toBe('forged');
    expect(await verdict(check, request({ 'x-postal-signature-256': signed('sha256') }, `${BODY} `))).toBe('forged');
    expect(await verdict(check, request({ 'x-postal-signature-256': 'bm8=', 'x-postal-signature': signed('sha1') }, BODY))).toBe('forged');
    expect(await verdict(check, request({}, BODY))).toBe('unsigned');
  });

  test('has an RSA key, alone or as PEM', () => {
    expect(postalKey(publicKey.export({ format: 'pem', type: 'spki' }).toString())).toBeDefined();
    expect(postalKey('nonsense')).toBeUndefined();
    const { publicKey: other } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    expect(postalKey(other.export({ format: 'der', type: 'spki' }).toString('base64'))).toBeUndefined();
  });
});

describe('ZeptoMail', () => {
  const check = zeptomailCheck(['new-key-12', 'the-key-12']);
  const JSON_BODY = '{"event_name":["hardbounce"],"event_message":[]}';
  const signatureOf = (text: string, key = 'the-key-12'): string => createHmac('sha256', key).update(text).digest('base64');
  const header = (signature: string): Record<string, string> => ({
    'producer-signature': `ts=1596109465823;s=${encodeURIComponent(signature)};s-algorithm=HmacSHA256`,
  });

  test('signs JSON as it is, and in a form the value of the field', async () => {
    const form = new URLSearchParams({ data: JSON_BODY }).toString();
    expect(await verdict(check, request(header(signatureOf(JSON_BODY)), JSON_BODY))).toBe('genuine');
    expect(await verdict(check, request(header(signatureOf(JSON_BODY)), form))).toBe('genuine');
    const whole = encodeURIComponent(header(signatureOf(JSON_BODY))['producer-signature']!);
    expect(await verdict(check, request({ 'producer-signature': whole }, JSON_BODY))).toBe('genuine');
    expect(await verdict(check, request(header(signatureOf(form)), form))).toBe('forged');
  });

  test('refuses another key, a changed byte, a missing and a broken signature', async () => {
    expect(await verdict(check, request(header(signatureOf(JSON_BODY, 'other-key-1')), JSON_BODY))).toBe('forged');
    expect(await verdict(check, request(header(signatureOf(JSON_BODY)), `${JSON_BODY} `))).toBe('forged');
    expect(await verdict(check, request(header(signatureOf(JSON_BODY))))).toBe('forged');
    expect(await verdict(check, request({}, JSON_BODY))).toBe('unsigned');
    expect(await verdict(check, request({ 'producer-signature': 's=%E0%A4%A' }, JSON_BODY))).toBe('unsigned');
    expect(await verdict(check, request({ 'producer-signature': 'ts=1;s-algorithm=HmacSHA256' }, JSON_BODY))).toBe('unsigned');
  });
});

describe('Salesforce', () => {
  const check = withVerification(
    hmacCheck({
      ...{ header: 'x-sfmc-ens-signature', signature: '{signature}', timestamp: null, template: [{ kind: 'body' }] },
      ...{ algorithm: 'sha256', encoding: 'base64', keys: [Buffer.from('the-key-12')], tolerance: 5 * MINUTES },
    }),
  );
  const asks = (more: object = {}): string => JSON.stringify({ callbackId: 'c-1', verificationKey: 'k-1', ...more });

  test('asks unsigned whether the URL wants events, and is told to whom the key belongs', async () => {
    const checked = await check(request({}, asks()), NOW);
    expect(checked).toMatchObject({ kind: 'genuine', replayToken: null });
    expect(checked).toHaveProperty('only', expect.stringMatching(/c-1 .*k-1$/));
  });

  test.each([
    ['events beside it', asks({ info: {} })],
    ['an array', `[${asks()}]`],
    ['a key that is no key', asks({ verificationKey: 'k\n1' })],
    ['a missing key', '{"callbackId":"c-1"}'],
    ['null', 'null'],
    ['a long body', asks() + ' '.repeat(5_000)],
  ])('and in no other way: %s', async (_what, body) => {
    expect(await verdict(check, request({}, body))).toBe('unsigned');
  });

  test('signs everything else', async () => {
    expect(await verdict(check, request({ 'x-sfmc-ens-signature': 'bm8=' }, asks()))).toBe('forged');
  });
});
