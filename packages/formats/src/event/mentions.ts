/**
 * Addresses that stand in a text of any kind, in any spelling that normalises to them: quoted local parts, domains in Unicode, percent
 * encoding of forms, quoted-printable of mails. Whole addresses only: `jacob@example.com` does not mention `cob@example.com`.
 */
import { normaliseAddress } from './address.ts';

/** UTF-16 code units on either side of an @ that are looked at: more is no address, in any spelling. */
const LOCAL_UNITS = 4 * 64;
const DOMAIN_UNITS = 4 * 255;
/** What no unquoted local part has, and what no domain has. */
// eslint-disable-next-line no-control-regex -- control characters end an address
const ENDS_LOCAL = /[\u0000-\u0020\u007f-\u00a0<>()[\],;:\\"@]/;
// eslint-disable-next-line no-control-regex -- control characters end an address
const ENDS_DOMAIN = /[\u0000-\u002c\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u00a0]/;
/** Scripts that put no space between words: an address may begin and end anywhere in such a text. */
const UNSPACED = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/;
const LEADING = /^['`/|{]+/;
const TRAILING = /[.-]+$/;

/** One @ of a text. Where the address begins and ends is not always certain, as in `recipient=alice@example.com`. */
interface Candidate {
  readonly locals: readonly string[];
  readonly domains: readonly string[];
}

/** All addresses that the text mentions, normalised. Undefined when there are too many for `most`. Takes time linear in the length of the text. */
export function addressesIn(text: string, most: number): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const { locals, domains } of candidates(text)) {
    for (const raw of domains.flatMap((domain) => locals.map((local) => `${local}@${domain}`))) {
      if (seen.has(raw)) continue;
      // What is no address counts, too: whoever wrote the text decides how much of it there is.
      if (seen.size >= 4 * most) return undefined;
      seen.add(raw);
      const normalised = normaliseAddress(raw);
      if (normalised.ok) found.add(normalised.address);
    }
  }
  return found.size > most ? undefined : found;
}

/** Does the text mention this address (normalised)? Normalises only what may be it, so it is cheap however many addresses there are. */
export function mentionsAddress(text: string, address: string): boolean {
  const wanted = address.slice(0, address.lastIndexOf('@'));
  for (const { locals, domains } of candidates(text)) {
    for (const local of locals) {
      if (local.normalize('NFC').toLowerCase().normalize('NFC') !== wanted) continue;
      for (const domain of domains) {
        const normalised = normaliseAddress(`${local}@${domain}`);
        if (normalised.ok && normalised.address === address) return true;
      }
    }
  }
  return false;
}

function* candidates(text: string): Generator<Candidate> {
  for (const form of formsOf(text)) {
    for (let at = form.indexOf('@'); at !== -1; at = form.indexOf('@', at + 1)) {
      const domains = domainsAfter(form, at);
      const locals = domains.length === 0 ? [] : localsBefore(form, at);
      if (locals.length > 0) yield { locals, domains };
    }
  }
}

/** The text, and what it says when it is encoded. */
function formsOf(text: string): readonly string[] {
  // Text in UTF-16 that was read as bytes.
  const plain = text.includes('\0') ? text.replaceAll('\0', '') : text;
  const forms = [plain];
  if (plain.includes('%40')) forms.push(decoded(plain, /(?:%[0-9a-f]{2})+/gi));
  if (plain.includes('=40')) forms.push(decoded(plain.replaceAll(/=\r?\n/g, ''), /(?:=[0-9a-f]{2})+/gi));
  return forms;
}

const utf8 = new TextDecoder();

function decoded(text: string, escapes: RegExp): string {
  return text.replaceAll(escapes, (run) => {
    const bytes = new Uint8Array(run.length / 3);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = Number.parseInt(run.slice(3 * index + 1, 3 * index + 3), 16);
    return utf8.decode(bytes);
  });
}

function domainsAfter(text: string, at: number): readonly string[] {
  let end = at + 1;
  const last = Math.min(text.length, end + DOMAIN_UNITS);
  while (end < last && !ENDS_DOMAIN.test(text[end] as string)) end += 1;
  const whole = text.slice(at + 1, end);
  const unspaced = whole.search(UNSPACED);
  return distinct([whole, unspaced === -1 ? whole : whole.slice(0, unspaced)].map((domain) => domain.replace(TRAILING, '')));
}

function localsBefore(text: string, at: number): readonly string[] {
  if (text[at - 1] === '"') return quotedBefore(text, at - 1);
  let start = at;
  let unspaced = at;
  const first = Math.max(0, at - LOCAL_UNITS);
  while (start > first && !ENDS_LOCAL.test(text[start - 1] as string)) {
    start -= 1;
    if (unspaced === at && UNSPACED.test(text[start] as string)) unspaced = start + 1;
  }
  const local = text.slice(start, at);
  const value = local.slice(Math.max(local.lastIndexOf('='), local.lastIndexOf('&')) + 1);
  return distinct([local, local.replace(LEADING, ''), value, text.slice(unspaced, at)]);
}

/** The content of the quoted string that ends here, unquoted. */
function quotedBefore(text: string, end: number): readonly string[] {
  const first = Math.max(0, end - LOCAL_UNITS);
  for (let start = end - 1; start >= first; start -= 1) {
    if (text[start] === '"') return distinct([text.slice(start + 1, end).replaceAll('\\', '')]);
  }
  return [];
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== '');
}
