/** Canonical form of an email address: domain in ASCII (UTS 46), everything lower case, local part NFC. `+tag` and dots are kept. */

import { asAddress } from '@desist/domain';
import type { Address } from '@desist/domain';

export type NormalisedAddress =
  { readonly ok: true; readonly address: Address; readonly domain: string } | { readonly ok: false; readonly problem: string };

/** Limits of RFC 5321 section 4.5.3.1, in octets. */
const LOCAL_LIMIT = 64;
const DOMAIN_LIMIT = 255;
/** Maximum UTF-16 code units per octet of a limit before normalisation. NFC can compose three code points into one letter. */
const UNITS_PER_OCTET = 4;

const PLAIN = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0020\u007f-\u00a0<>()[\],;:\\"]/u;
/** Characters that end the host in a URL or that a URL parser decodes. They are invalid in a domain. */
const NO_DOMAIN = /[/?#@%|^]/;
/** ASCII domains, which are only lower-cased. The URL host parser would read some of them as IPv4 addresses. */
const ASCII_DOMAIN = /^[A-Za-z0-9._-]+$/;
const encoder = new TextEncoder();

/** True if the address is already canonical ASCII. This is the fast path for nearly all addresses. */
export function isPlainAddress(text: string): boolean {
  return PLAIN.test(text) && text.length - text.lastIndexOf('@') - 1 <= DOMAIN_LIMIT;
}

export function normaliseAddress(text: string): NormalisedAddress {
  const at = text.lastIndexOf('@');
  if (isPlainAddress(text)) return { ok: true, address: asAddress(text), domain: text.slice(at + 1) };
  if (at <= 0) return refused('no local part and domain around an @');
  // Normalisation takes quadratic time in the length of a run of combining marks, so overlong input is rejected first.
  if (at > UNITS_PER_OCTET * LOCAL_LIMIT) return refused('the local part is longer than 64 octets');
  if (text.length - at > UNITS_PER_OCTET * DOMAIN_LIMIT) return refused('the domain is longer than 255 octets');
  const local = text.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC');
  if (FORBIDDEN.test(local) || local.includes('@')) return refused('the local part has a space, a control character or a quote');
  if (!local.isWellFormed()) return refused('the local part is not valid Unicode');
  if (encoder.encode(local).length > LOCAL_LIMIT) return refused('the local part is longer than 64 octets');
  return withDomain(local, text.slice(at + 1));
}

/**
 * Canonical form of what an entry of the list may be about: an address, or `@` and a domain, in ASCII and lower case and without the dot at
 * its end, as in addresses.
 */
export function normaliseRecipient(text: string): NormalisedAddress {
  if (!text.startsWith('@') || text.includes('@', 1)) return normaliseAddress(text);
  if (text.length > UNITS_PER_OCTET * DOMAIN_LIMIT) return refused('the domain is longer than 255 octets');
  return withDomain('', text.slice(1));
}

/** `local` is canonical, `given` is of bounded length. */
function withDomain(local: string, given: string): NormalisedAddress {
  if (FORBIDDEN.test(given) || NO_DOMAIN.test(given)) return refused('the domain has a character that is not allowed in domains');
  const domain = (ASCII_DOMAIN.test(given) ? given : domainToASCII(given)).toLowerCase().replace(/\.$/, '');
  if (domain.length > DOMAIN_LIMIT) return refused('the domain is longer than 255 octets');
  if (domain === '' || domain.startsWith('.')) return refused('the domain is not valid');
  return { ok: true, address: asAddress(`${local}@${domain}`), domain };
}

/**
 * Converts a domain to ASCII by UTS 46, as browsers do. Returns an empty string if it is not a valid domain. The caller has already
 * rejected characters that end the host in a URL.
 */
function domainToASCII(domain: string): string {
  return URL.parse(`http://${domain}`)?.hostname ?? '';
}

function refused(problem: string): NormalisedAddress {
  return { ok: false, problem };
}
