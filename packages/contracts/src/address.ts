/** The one spelling of an address: domain in ASCII (UTS 46), everything lower-cased, local part NFC; `+tag` and dots stay. */
import { domainToASCII } from 'node:url';

export type NormalisedAddress =
  { readonly ok: true; readonly address: string; readonly domain: string } | { readonly ok: false; readonly problem: string };

/** Limits of RFC 5321 section 4.5.3.1, in octets. */
const LOCAL_LIMIT = 64;
const DOMAIN_LIMIT = 255;

const PLAIN = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0020\u007f-\u00a0<>()[\],;:\\"]/u;
/** What a URL would end the host at, or decode: in a domain it is a mistake. */
const NO_DOMAIN = /[/?#@%|^]/;
/** Lower case is all that these need; a URL's host parser would take some of them for an IPv4 address. */
const ASCII_DOMAIN = /^[A-Za-z0-9._-]+$/;
const encoder = new TextEncoder();

/** An address in its one spelling already, of the usual letters: nearly all are. */
export function isPlainAddress(text: string): boolean {
  return PLAIN.test(text) && text.length - text.lastIndexOf('@') - 1 <= DOMAIN_LIMIT;
}

export function normaliseAddress(text: string): NormalisedAddress {
  const at = text.lastIndexOf('@');
  if (isPlainAddress(text)) return { ok: true, address: text, domain: text.slice(at + 1) };
  if (at <= 0) return refused('no local part and domain around an @');
  const local = text.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC');
  if (FORBIDDEN.test(local) || local.includes('@')) return refused('the local part has a space, a control character or a quote');
  if (!local.isWellFormed()) return refused('the local part is no valid Unicode');
  if (encoder.encode(local).length > LOCAL_LIMIT) return refused('the local part is longer than 64 octets');
  const given = text.slice(at + 1);
  if (FORBIDDEN.test(given) || NO_DOMAIN.test(given)) return refused('the domain has a character that no domain has');
  const domain = (ASCII_DOMAIN.test(given) ? given : domainToASCII(given)).toLowerCase().replace(/\.$/, '');
  if (domain === '' || domain.length > DOMAIN_LIMIT || domain.startsWith('.')) return refused('the domain is not valid');
  return { ok: true, address: `${local}@${domain}`, domain };
}

function refused(problem: string): NormalisedAddress {
  return { ok: false, problem };
}
