/**
 * Mailgun: HMAC-SHA256 of timestamp and token in the body. The signature does not cover the rest of the body, so anybody who
 * has seen one could send anything with it. Therefore each token is accepted only once.
 */
import { createHmac } from 'node:crypto';
import type { Check, WebhookRequest } from './check.ts';
import { anySame, isFresh, refused, secondsOf, STALE } from './check.ts';
import { formFields } from './form.ts';

/** Largest JSON body that is parsed before the signature is checked, bytes: one event with its sender's variables. */
const JSON_LIMIT = 1024 * 1024;

interface Signature {
  readonly timestamp: string;
  readonly token: string;
  readonly signature: string;
}

export function mailgunCheck(keys: readonly string[], tolerance: number): Check {
  return async (request, now) => {
    const signed = await signatureOf(request);
    if (signed === undefined) return refused('unsigned', 'no signature with timestamp and token in the body');
    const { timestamp, token, signature } = signed;
    const signedAt = secondsOf(timestamp);
    const wanted = keys.map((key) =>
      createHmac('sha256', key)
        .update(timestamp + token)
        .digest('hex'),
    );
    if (signedAt === undefined || !anySame(signature.toLowerCase(), wanted))
      return refused('forged', 'the signature does not match this source');
    if (!isFresh(signedAt, now, tolerance)) return refused('stale', STALE);
    return { kind: 'genuine', replayToken: { token, until: signedAt + tolerance } };
  };
}

async function signatureOf({ headers, body }: WebhookRequest): Promise<Signature | undefined> {
  const fields = await formFields(body, headers['content-type'] ?? '');
  // Legacy webhooks send the three values as form fields.
  return complete(fields === undefined ? objectOf(body) : new Map(fields));
}

function objectOf(body: Uint8Array): ReadonlyMap<string, unknown> {
  if (body.byteLength > JSON_LIMIT) return new Map();
  try {
    const json = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as { signature?: object } | null;
    const signature = json?.signature;
    return typeof signature === 'object' && signature !== null ? new Map(Object.entries(signature)) : new Map();
  } catch {
    return new Map();
  }
}

function complete(fields: ReadonlyMap<string, unknown>): Signature | undefined {
  // Some webhooks send the timestamp as a number.
  const given = ['timestamp', 'token', 'signature'].map((name) => {
    const value = fields.get(name);
    return typeof value === 'number' ? String(value) : typeof value === 'string' && value.length <= 256 ? value : '';
  });
  const [timestamp = '', token = '', signature = ''] = given;
  return given.includes('') ? undefined : { timestamp, token, signature };
}
