/**
 * Sessions of people who signed in at an identity provider. As for keys, the service stores nothing: the cookie holds who they are and which
 * line lets them in, sealed with a key that is derived from the client's secret. It ends after `SESSION_LENGTH`, and with its line. A second
 * cookie holds what must come back from the provider, for as long as a sign-in may take.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Caller } from '../http/access.ts';
import { SESSION_LENGTH } from '../http/sessions.ts';
import type { Grant } from './grants.ts';
import { grantOf, nameOf } from './grants.ts';
import type { Claims, IdentityProvider, SignInChecks } from './identity-provider.ts';

export interface PeopleOptions {
  readonly provider: IdentityProvider;
  readonly grants: readonly Grant[];
  /** Of the client at the provider, which also seals cookies: all processes have the same. */
  readonly secret: string;
}

/** Between the way to the provider and back. */
export interface PendingSignIn {
  readonly checks: SignInChecks;
  /** Where somebody wanted to go. */
  readonly to: string;
}

export interface People {
  readonly provider: IdentityProvider;
  /** The caller that somebody is; undefined: no line lets them in. */
  callerOf(claims: Claims): Caller | undefined;
  /** The cookie of who has signed in. `now`: ms */
  seal(claims: Claims, now: number): string;
  /** Who has signed in. Undefined: the cookie is not one of these, or has ended, or its line has. `now`: ms */
  open(cookie: string, now: number): Caller | undefined;
  sealPending(pending: PendingSignIn, now: number): string;
  openPending(cookie: string, now: number): PendingSignIn | undefined;
}

export const PENDING_COOKIE = 'desist_sign_in';
/** ms. Somebody may have to look for a second factor. */
export const PENDING_LENGTH = 15 * 60_000;

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;
/** Characters of the longest cookie that is opened. */
const LONGEST = 4_096;

interface Session {
  readonly sub: string;
  readonly name: string;
  readonly claim: string;
  readonly value: string;
}

export function createPeople({ provider, grants, secret }: PeopleOptions): People {
  const keyFor = (purpose: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, provider.issuer, `desist ${purpose}`, 32));
  const sessions = sealer<Session>(keyFor('session of a person'), SESSION_LENGTH);
  const pendings = sealer<PendingSignIn>(keyFor('pending sign-in'), PENDING_LENGTH);

  function callerIn({ sub, name, claim, value }: Session): Caller | undefined {
    const grant = grants.find((one) => one.claim === claim && one.value === value);
    if (grant === undefined) return undefined;
    const hash = createHash('sha256').update(secret).update('\0').update(sub).digest('hex');
    return { id: `person:${sub}`, name, roles: grant.roles, tenants: grant.tenants, hash, isPerson: true };
  }

  function sessionOf(claims: Claims): Session | undefined {
    const grant = grantOf(grants, claims);
    return grant === undefined ? undefined : { sub: claims.sub, name: nameOf(claims), claim: grant.claim, value: grant.value };
  }

  return {
    provider,
    callerOf(claims) {
      const session = sessionOf(claims);
      return session === undefined ? undefined : callerIn(session);
    },
    seal(claims, now) {
      const session = sessionOf(claims);
      if (session === undefined) throw new RangeError('no line lets this person in');
      return sessions.seal(session, now);
    },
    open(cookie, now) {
      const session = sessions.open(cookie, now);
      return session === undefined ? undefined : callerIn(session);
    },
    sealPending: (pending, now) => pendings.seal(pending, now),
    openPending: (cookie, now) => pendings.open(cookie, now),
  };
}

interface Sealer<T> {
  seal(value: T, now: number): string;
  open(cookie: string, now: number): T | undefined;
}

/** With a beginning that no cookie of a key has: `.` is no letter of base64url. */
function sealer<T>(key: Uint8Array, length: number): Sealer<T> {
  return {
    seal(value, now) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG });
      const sealed = Buffer.concat([cipher.update(JSON.stringify({ endsAt: now + length, value }), 'utf8'), cipher.final()]);
      return `.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    open(cookie, now) {
      if (!cookie.startsWith('.') || cookie.length > LONGEST) return undefined;
      const bytes = Buffer.from(cookie.slice(1), 'base64url');
      if (bytes.length <= NONCE + TAG) return undefined;
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      let text: string;
      try {
        text = Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
      const { endsAt, value } = JSON.parse(text) as { readonly endsAt: number; readonly value: T };
      return endsAt > now ? value : undefined;
    },
  };
}
