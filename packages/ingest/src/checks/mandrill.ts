/**
 * Mandrill: HMAC-SHA1 of the URL as it is registered and of the sorted fields, name and decoded value one behind the other. It
 * signs no time: what is remembered of a request is forgotten some day, and then it may come again and bring the same events.
 */
import { createHmac } from 'node:crypto';
import type { Check } from './check.ts';
import { anySame, refused } from './check.ts';
import { formFields } from './form.ts';

/** What it signs the post with that tries the URL out, before the webhook has a key. */
const TEST_KEY = 'test-webhook';
/** ms */
const REMEMBERED = 24 * 3_600_000;

export function mandrillCheck(keys: readonly string[], url: string): Check {
  return async ({ headers, body }, now) => {
    const given = headers['x-mandrill-signature'];
    if (given === undefined) return refused('unsigned', 'no X-Mandrill-Signature');
    const fields = (await formFields(body, headers['content-type'] ?? '')) ?? [];
    const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const signed = url + sorted.map(([name, value]) => name + value).join('');
    const sign = (key: string): string => createHmac('sha1', key).update(signed).digest('base64');
    if (anySame(given, keys.map(sign))) return { kind: 'genuine', once: { token: given, until: now + REMEMBERED } };
    const empty = fields.every(([name, value]) => name === 'mandrill_events' && value.trim() === '[]');
    if (empty && anySame(given, [sign(TEST_KEY)])) return { kind: 'genuine', once: null, only: 'a trial of the URL' };
    return refused('forged', 'the signature is not of this source, or its url is not the one that is registered');
  };
}
