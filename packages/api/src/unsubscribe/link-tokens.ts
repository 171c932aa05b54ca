/**
 * Tokens of unsubscribe links. A token seals tenant, stream, address and end, so that nothing is stored, nobody can read an address in a link, and
 * nobody can make one for somebody else.
 *
 *   version (1 byte) | which secret (4) | salt (16) | AES-256-GCM of the content, padded | tag (16)        in base64url
 *
 * Each token has a key of its own, derived (HKDF-SHA-256) from the secret and the salt: there is no limit of tokens per secret, and no nonce that
 * could repeat. What stands before the ciphertext is authenticated with it.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { asAddress, asTenant } from '@desist/domain';
import type { Address, Tenant } from '@desist/domain';

const VERSION = 1;
const SECRET_ID = 4;
const SALT = 16;
const TAG = 16;
const HEAD = 1 + SECRET_ID + SALT;
const CIPHER = 'aes-256-gcm';
/** The key is used once. */
const NONCE = Buffer.alloc(12);
/** Contents are padded to a multiple of so many bytes: the length of a link does not tell the length of the address. */
const BLOCK = 128;
/** Characters of the longest token that is looked at. The longest address has 320 characters. */
export const LONGEST_TOKEN = 2_048;

export interface LinkContent {
  readonly tenant: Tenant;
  readonly stream: string;
  readonly address: Address;
  /** ms */
  readonly expiresAt: number;
}

/** `forged`: not one of ours, cut, changed, or of a secret that is not configured any more. */
export type OpenedLink = { readonly kind: 'valid' | 'expired'; readonly content: LinkContent } | { readonly kind: 'forged' };

export interface LinkTokens {
  seal(content: LinkContent): string;
  /** `now`: ms */
  open(token: string, now: number): OpenedLink;
}

/** `secrets`: the first one seals, all of them open. */
export function createLinkTokens(secrets: readonly [string, ...string[]]): LinkTokens {
  const byId = new Map(secrets.map((secret) => [idOf(secret), secret]));
  const [newest] = secrets;
  return {
    seal({ tenant, stream, address, expiresAt }) {
      const head = Buffer.concat([Buffer.from([VERSION]), Buffer.from(idOf(newest), 'hex'), randomBytes(SALT)]);
      const cipher = createCipheriv(CIPHER, keyOf(newest, head), NONCE, { authTagLength: TAG }).setAAD(head);
      const sealed = Buffer.concat([cipher.update(padded(JSON.stringify([tenant, stream, address, expiresAt]))), cipher.final()]);
      return Buffer.concat([head, sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open(token, now) {
      const bytes = token.length > LONGEST_TOKEN ? undefined : Buffer.from(token, 'base64url');
      // One way to write a token: what a decoder would ignore is not ours.
      if (bytes === undefined || bytes.length <= HEAD + TAG || bytes[0] !== VERSION || bytes.toString('base64url') !== token) return FORGED;
      const head = bytes.subarray(0, HEAD);
      const secret = byId.get(head.subarray(1, 1 + SECRET_ID).toString('hex'));
      if (secret === undefined) return FORGED;
      const decipher = createDecipheriv(CIPHER, keyOf(secret, head), NONCE, { authTagLength: TAG }).setAAD(head);
      decipher.setAuthTag(bytes.subarray(-TAG));
      let text: string;
      try {
        text = Buffer.concat([decipher.update(bytes.subarray(HEAD, -TAG)), decipher.final()]).toString('utf8');
      } catch {
        return FORGED;
      }
      const [tenant, stream, address, expiresAt] = JSON.parse(text) as [string, string, string, number];
      const content = { tenant: asTenant(tenant), stream, address: asAddress(address), expiresAt };
      return { kind: expiresAt > now ? 'valid' : 'expired', content };
    },
  };
}

const FORGED: OpenedLink = { kind: 'forged' };

function idOf(secret: string): string {
  return createHash('sha256')
    .update('desist unsubscribe secret ')
    .update(secret)
    .digest('hex')
    .slice(0, SECRET_ID * 2);
}

function keyOf(secret: string, head: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, head.subarray(1 + SECRET_ID), `desist unsubscribe link ${VERSION}`, 32));
}

/** Spaces behind JSON are no part of it. */
function padded(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([bytes, Buffer.alloc(BLOCK - (bytes.length % BLOCK), ' ')]);
}
