/** Postal: an RSA signature (PKCS #1) of the raw body by the key that the installation also signs its mail with. It signs no time. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Check } from './check.ts';
import { refused } from './check.ts';

/** ms */
const REMEMBERED = 24 * 3_600_000;
/** Base64 of a signature by a key of 8,192 bits. */
const LONGEST = 1_400;

/** The public key as `p=` of the installation's DKIM record has it, or as PEM. Undefined when it is no RSA key. */
export function postalKey(text: string): KeyObject | undefined {
  try {
    const body = text.replaceAll(/-----[A-Z ]+-----|\s/g, '');
    const key = createPublicKey({ key: Buffer.from(body, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined;
  }
}

export function postalCheck(keys: readonly KeyObject[]): Check {
  return ({ headers, body }, now) => {
    // Older versions send the signature with SHA-1 only.
    const sha256 = headers['x-postal-signature-256'];
    const given = sha256 ?? headers['x-postal-signature'];
    if (given === undefined || given.length > LONGEST) return refused('unsigned', 'no X-Postal-Signature-256 or X-Postal-Signature');
    const signature = Buffer.from(given, 'base64');
    const algorithm = sha256 === undefined ? 'sha1' : 'sha256';
    if (!keys.some((key) => verifies(key, { algorithm, body, signature })))
      return refused('forged', 'the signature does not match this source');
    // From the body, because other base64 of the same signature would be another token.
    return { kind: 'genuine', replayToken: { token: createHash('sha256').update(body).digest('base64url'), until: now + REMEMBERED } };
  };
}

interface Signed {
  readonly algorithm: string;
  readonly body: Uint8Array;
  readonly signature: Buffer;
}

function verifies(key: KeyObject, { algorithm, body, signature }: Signed): boolean {
  try {
    return verify(algorithm, body, key, signature);
  } catch {
    return false;
  }
}
