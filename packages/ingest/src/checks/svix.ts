/** Standard Webhooks, as Svix sends them for Resend: HMAC-SHA256 of id, time and raw body. */
import { createHmac } from 'node:crypto';
import type { Check } from './check.ts';
import { anySame, isFresh, refused, secondsOf, STALE } from './check.ts';

const MOST_SIGNATURES = 16;

/** The key after `whsec_`; undefined when the text is no such secret. */
export function svixKey(text: string): Buffer | undefined {
  const body = text.replace(/^whsec_/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined;
  const key = Buffer.from(body, 'base64');
  return key.length >= 16 ? key : undefined;
}

export function svixCheck(keys: readonly Buffer[], tolerance: number): Check {
  return ({ headers, body }, now) => {
    const id = headers['svix-id'] ?? headers['webhook-id'];
    const timestamp = headers['svix-timestamp'] ?? headers['webhook-timestamp'];
    const given = headers['svix-signature'] ?? headers['webhook-signature'];
    if (id === undefined || timestamp === undefined || given === undefined)
      return refused('unsigned', 'no svix-id, svix-timestamp and svix-signature');
    const signedAt = secondsOf(timestamp);
    const wanted = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'));
    // Svix sends several signatures while a secret is replaced.
    const signatures = given.split(' ').slice(0, MOST_SIGNATURES);
    const good = signatures.map((one) => one.startsWith('v1,') && anySame(one.slice(3), wanted)).some(Boolean);
    if (signedAt === undefined || !good) return refused('forged', 'the signature does not match this source');
    if (!isFresh(signedAt, now, tolerance)) return refused('stale', STALE);
    // A manual resend keeps the id and has a new time. It is a new request whose events are duplicates.
    return { kind: 'genuine', replayToken: { token: `${id}.${timestamp}`, until: signedAt + tolerance } };
  };
}
