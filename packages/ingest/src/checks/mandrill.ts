/**
 * Mandrill: HMAC-SHA1 of the registered URL and the sorted fields, concatenated as names and decoded values. It signs no time,
 * so a request can be replayed after its token has expired here; its events are then recognised as duplicates.
 */
import { createHmac } from 'node:crypto';
import type { Check } from './check.ts';
import { anySame, refused } from './check.ts';
import { formFields } from './form.ts';

/** The key of the request that tests the URL, before the webhook has a key of its own. */
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
    if (anySame(given, keys.map(sign))) return { kind: 'genuine', replayToken: { token: given, until: now + REMEMBERED } };
    const empty = fields.every(([name, value]) => name === 'mandrill_events' && value.trim() === '[]');
    if (empty && anySame(given, [sign(TEST_KEY)])) return { kind: 'genuine', replayToken: null, only: 'a test of the URL' };
    return refused('forged', 'the signature does not match this source, or its url is not the registered one');
  };
}
