/** Formats whose provider documents its signature need only a secret in the sources file. */
import { createHmac } from 'node:crypto';
import { readSourcesFile } from '@desist/contracts';
import { describe, expect, test } from 'vitest';
import { configureSources } from './configure.ts';
import type { WebhookSource } from './webhooks.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const AT = String(NOW / 1_000);
const KEY = 'the-signing-secret';
const BODY = '{"event":"x"}';
const hmac = (text: string, key: string | Buffer = KEY): Buffer => createHmac('sha256', key).update(text).digest();

function sourceOf(format: string, secret = KEY, check = 'hmac'): WebhookSource {
  const read = readSourcesFile(
    `version: 1\nsources:\n  main:\n    format: ${format}\n    webhook: { check: ${check}, secrets: env:KEY }\n`,
  );
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { webhooks } = configureSources(read.sources, {
    secret: () => secret,
    problem: (text) => {
      throw new Error(text);
    },
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    certificates: { key: async () => undefined, proven: () => undefined },
  });
  return webhooks[0]!;
}

const SIGNED: readonly (readonly [format: string, headers: Readonly<Record<string, string>>])[] = [
  ['mailersend', { signature: hmac(BODY).toString('hex') }],
  ['mailtrap', { 'mailtrap-signature': hmac(BODY).toString('hex') }],
  ['customerio', { 'x-cio-timestamp': AT, 'x-cio-signature': hmac(`v0:${AT}:${BODY}`).toString('hex') }],
  ['salesforce', { 'x-sfmc-ens-signature': hmac(BODY).toString('base64') }],
  ['lettermint', { 'x-lettermint-signature': `t=${AT},v1=${hmac(`${AT}.${BODY}`).toString('hex')}` }],
  ['hyvor', { 'x-signature': hmac(BODY).toString('hex') }],
];

describe('check: hmac', () => {
  test.each(SIGNED)('of %s needs the secret only', async (format, headers) => {
    const { check } = sourceOf(format);
    expect(await check({ headers, body: Buffer.from(BODY) }, NOW)).toMatchObject({ kind: 'genuine' });
    expect(await check({ headers, body: Buffer.from(`${BODY} `) }, NOW)).toMatchObject({ kind: 'refused', refusal: 'forged' });
    expect(await check({ headers: {}, body: Buffer.from(BODY) }, NOW)).toMatchObject({ kind: 'refused', refusal: 'unsigned' });
  });

  test('of sweego has a secret in base64', async () => {
    const key = Buffer.from('0123456789abcdef01234567');
    const { check } = sourceOf('sweego', key.toString('base64'));
    const headers = {
      'webhook-id': 'w-1',
      'webhook-timestamp': AT,
      'webhook-signature': hmac(`w-1.${AT}.${BODY}`, key).toString('base64'),
    };
    expect(await check({ headers, body: Buffer.from(BODY) }, NOW)).toMatchObject({ kind: 'genuine' });
    expect(await check({ headers: { ...headers, 'webhook-id': 'w-2' }, body: Buffer.from(BODY) }, NOW)).toMatchObject({ kind: 'refused' });
  });

  test('of customerio takes a first signature for as long as it is repeated', async () => {
    const { check } = sourceOf('customerio');
    const headers = Object.fromEntries(SIGNED)['customerio']!;
    const body = Buffer.from(BODY);
    expect(await check({ headers, body }, NOW + 6 * 86_400_000)).toMatchObject({ kind: 'genuine' });
    expect(await check({ headers, body }, NOW + 8 * 86_400_000)).toMatchObject({ kind: 'refused', refusal: 'stale' });
    const minutes = await sourceOf('lettermint').check({ headers: Object.fromEntries(SIGNED)['lettermint']!, body }, NOW + 6 * 60_000);
    expect(minutes).toMatchObject({ kind: 'refused', refusal: 'stale' });
  });
});

describe('Salesforce', () => {
  const asks = Buffer.from('{"callbackId":"c-1","verificationKey":"k-1"}');

  test('may ask for its verification where its signature is checked, and only there', async () => {
    expect(await sourceOf('salesforce').check({ headers: {}, body: asks }, NOW)).toMatchObject({ kind: 'genuine' });
    expect(await sourceOf('hyvor').check({ headers: {}, body: asks }, NOW)).toMatchObject({ kind: 'refused', refusal: 'unsigned' });
    expect(await sourceOf('salesforce', KEY, 'bearer').check({ headers: {}, body: asks }, NOW)).toMatchObject({ kind: 'refused' });
  });
});

test('ZeptoMail has a check of its own', async () => {
  const { check } = sourceOf('zeptomail', KEY, 'zeptomail');
  const signature = encodeURIComponent(hmac(BODY).toString('base64'));
  const headers = { 'producer-signature': `ts=1596109465823;s=${signature};s-algorithm=HmacSHA256` };
  expect(await check({ headers, body: Buffer.from(BODY) }, NOW)).toMatchObject({ kind: 'genuine' });
});
