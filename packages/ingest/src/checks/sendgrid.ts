/** SendGrid's signed event webhook: ECDSA (P-256, SHA-256) of the timestamp header followed by the raw body. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Check } from './check.ts';
import { isFresh, refused, secondsOf, STALE } from './check.ts';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';

/** The key as the console shows it: base64 of DER. Undefined when it is no key on P-256. */
export function sendgridKey(text: string): KeyObject | undefined {
  try {
    const body = text.replaceAll(/-----[A-Z ]+-----|\s/g, '');
    const key = createPublicKey({ key: Buffer.from(body, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

export function sendgridCheck(keys: readonly KeyObject[], tolerance: number): Check {
  return ({ headers, body }, now) => {
    const signature = headers[SIGNATURE];
    const timestamp = headers[TIMESTAMP];
    const signedAt = secondsOf(timestamp);
    if (signature === undefined || timestamp === undefined) return refused('unsigned', 'no signature headers of the event webhook');
    if (signedAt === undefined) return refused('forged', 'the timestamp of the signature is invalid');
    const signed = Buffer.concat([Buffer.from(timestamp), body]);
    const bytes = Buffer.from(signature, 'base64');
    if (!keys.some((key) => verifies(key, signed, bytes))) return refused('forged', 'the signature does not match this source');
    if (!isFresh(signedAt, now, tolerance)) return refused('stale', STALE);
    // Derived from the message and not from the signature: from one ECDSA signature anybody can compute a second valid one.
    return { kind: 'genuine', replayToken: { token: `${timestamp}.${hash(signed)}`, until: signedAt + tolerance } };
  };
}

function verifies(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  try {
    return verify('sha256', signed, key, signature);
  } catch {
    return false;
  }
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
