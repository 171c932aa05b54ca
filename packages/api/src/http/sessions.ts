/**
 * Sign-in of people at the console: the API key, sealed into a cookie. The service stores nothing, and every process that knows the key opens
 * the cookie, because the sealing key is derived from the key's hash. Whoever reads a cookie has no API key; it ends after `SESSION_LENGTH`, and
 * with its key.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { MARK_BYTES, markOf } from '../key-directory.ts';
import type { KeyDirectory } from '../key-directory.ts';
import { hashOfKey } from '../keys.ts';

export const SESSION_COOKIE = 'desist_session';
/** ms */
export const SESSION_LENGTH = 12 * 60 * 60 * 1_000;

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;
/** Characters of the longest cookie that is opened: a key has about 50. */
const LONGEST = 512;

export interface Sessions {
  /** The cookie's value for this key. `now`: ms */
  seal(key: string, now: number): string;
  /** The key in the cookie. Undefined: the cookie is not one of ours, or it has ended, or its key has. `now`: ms */
  open(cookie: string, now: number): string | undefined;
}

export function createSessions(keys: Pick<KeyDirectory, 'marked'>): Sessions {
  return {
    seal(key, now) {
      const hash = hashOfKey(key);
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(CIPHER, secretOf(hash), nonce, { authTagLength: TAG });
      const sealed = Buffer.concat([cipher.update(`${now + SESSION_LENGTH} ${key}`, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from(markOf(hash), 'base64url'), nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(cookie, now) {
      if (cookie.length > LONGEST) return undefined;
      const bytes = Buffer.from(cookie, 'base64url');
      if (bytes.length <= MARK_BYTES + NONCE + TAG) return undefined;
      const hash = keys.marked(bytes.subarray(0, MARK_BYTES).toString('base64url'), now);
      if (hash === undefined) return undefined;
      const rest = bytes.subarray(MARK_BYTES);
      const decipher = createDecipheriv(CIPHER, secretOf(hash), rest.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAuthTag(rest.subarray(NONCE, NONCE + TAG));
      let text: string;
      try {
        text = Buffer.concat([decipher.update(rest.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
      const [expires = '', key = ''] = text.split(' ', 2);
      return Number(expires) > now ? key : undefined;
    },
  };
}

function secretOf(hash: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', hash, '', 'desist console session', 32));
}
