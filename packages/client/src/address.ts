/**
 * Canonical form of an address, as ingest writes it: domain in ASCII (UTS 46), everything lower-cased, local part in NFC. This is a copy,
 * because this package depends on no other package of the project; a property test compares it with the original.
 */
import { domainToASCII } from 'node:url';

export type NormalisedAddress =
  { readonly ok: true; readonly address: string; readonly domain: string } | { readonly ok: false; readonly problem: string };

/** Limits of RFC 5321 section 4.5.3.1, in octets. */
const LOCAL_LIMIT = 64;
const DOMAIN_LIMIT = 255;
/** Maximum UTF-16 code units per octet of a limit before normalisation. NFC can compose three code points into one letter. */
const UNITS_PER_OCTET = 4;

const PLAIN = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0020\u007f-\u00a0<>()[\],;:\\"]/u;
/** Characters at which a URL parser ends the host, or which it decodes. They are invalid in a domain. */
const NO_DOMAIN = /[/?#@%|^]/;
/** Domains that only need lower-casing. A URL's host parser would read some of them as IPv4 addresses. */
const ASCII_DOMAIN = /^[A-Za-z0-9._-]+$/;
const encoder = new TextEncoder();

/** True if an ASCII address is already in canonical form. This fast path covers nearly all addresses. */
export function isPlainAddress(text: string): boolean {
  return PLAIN.test(text) && text.length - text.lastIndexOf('@') - 1 <= DOMAIN_LIMIT;
}

export function normaliseAddress(text: string): NormalisedAddress {
  const at = text.lastIndexOf('@');
  if (isPlainAddress(text)) return { ok: true, address: text, domain: text.slice(at + 1) };
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

/** Canonical form of an address, or of `@` and a domain: what an entry of the list may be about. */
export function normaliseRecipient(text: string): NormalisedAddress {
  if (!text.startsWith('@') || text.includes('@', 1)) return normaliseAddress(text);
  if (text.length > UNITS_PER_OCTET * DOMAIN_LIMIT) return refused('the domain is longer than 255 octets');
  return withDomain('', text.slice(1));
}

/**
 * The entries that may concern an address besides its own: of its domain (`@mail.example.com`), and of each domain above. At most as many as
 * the domain has labels.
 */
export function domainEntriesOf(address: string): readonly string[] {
  const found: string[] = [];
  for (let at = address.startsWith('@') ? address.indexOf('.') : address.lastIndexOf('@'); at !== -1; at = address.indexOf('.', at + 1)) {
    const next = address[at + 1];
    if (next !== undefined && next !== '.') found.push(`@${address.slice(at + 1)}`);
  }
  return found;
}

/** `local` is canonical, `given` is of bounded length. */
function withDomain(local: string, given: string): NormalisedAddress {
  if (FORBIDDEN.test(given) || NO_DOMAIN.test(given)) return refused('the domain has a character that is not allowed in domains');
  const domain = (ASCII_DOMAIN.test(given) ? given : domainToASCII(given)).toLowerCase().replace(/\.$/, '');
  if (domain.length > DOMAIN_LIMIT) return refused('the domain is longer than 255 octets');
  if (domain === '' || domain.startsWith('.')) return refused('the domain is not valid');
  return { ok: true, address: `${local}@${domain}`, domain };
}

function refused(problem: string): NormalisedAddress {
  return { ok: false, problem };
}
