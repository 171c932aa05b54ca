/** The words of suppression lists: reasons, states, scopes, and times in the forms that people export. */
import { NAME, parseTime } from '../event/index.ts';

export type ImportKind = 'bounce' | 'complaint' | 'unsubscribe' | 'other';

/** Classifies the source's reason by its words. A reply that speaks of spam is no complaint of the recipient. */
export function kindOf(text: string): ImportKind {
  const word = text.toLowerCase().replaceAll(/[_-]/g, ' ');
  if (
    /complain|\babuse\b|^spam$|spam ?report|(?:marked|flagged|reported) ?(?:this |it )?as ?spam|flaggedasspam|feedback loop|^fbl$/.test(
      word,
    )
  )
    return 'complaint';
  if (/unsub|opt(?:ed)? ?.?out|list unsubscribe/.test(word)) return 'unsubscribe';
  return /bounce|invalid|undeliverable|cleaned|no such (?:user|mailbox)|unknown user|does ?n.t exist/.test(word) || replyIn(text) !== null
    ? 'bounce'
    : 'other';
}

/** What the state of a contact means. Undefined: the word is not known. */
export function stateOf(text: string): ImportKind | 'contact' | undefined {
  const word = text.toLowerCase().replaceAll(/[^a-z]/g, '');
  if (
    /^(?:subscribed|active|enabled|confirmed|optedin|optin|pending|unconfirmed|nonsubscribed|notsubscribed|neversubscribed|transactional|engaged|inactive|stale|new|valid|deliverable|ok|imported|archived|deleted|)$/.test(
      word,
    )
  )
    return 'contact';
  if (/^(?:unsubscribed?|optedout|optout|removed|globallyunsubscribed|revoked)$/.test(word)) return 'unsubscribe';
  if (/^(?:cleaned|bounced|bounce|hardbounced?|hard|invalid|undeliverable|nonexistent)$/.test(word)) return 'bounce';
  if (/^(?:complained|complaint|spam|spamcomplaint|abuse|reportedspam|markedasspam)$/.test(word)) return 'complaint';
  if (/^(?:blocklisted|blacklisted|blocked|suppressed|disabled|donotcontact|donotemail|donotmail|banned)$/.test(word)) return 'other';
  return undefined;
}

/** True for the state of an entry of a suppression list that no longer applies. */
export function isOver(text: string): boolean {
  return /^(?:inactive|expired|removed|deleted|released|resolved|disabled|cancelled|canceled)$/i.test(text.trim());
}

/** `*` for everything; otherwise the name of a stream, made of the source's words if they are none. Undefined: it cannot be made. */
export function scopeOf(text: string): string | undefined {
  const given = text.trim().replace(/^stream:/i, '');
  if (/^(?:|\*|all|any|everything|global|account|default scope)$/i.test(given)) return '*';
  if (NAME.test(given)) return given;
  const name = given
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 64);
  return NAME.test(name) ? name : undefined;
}

/** The text if it is a reply: it begins with a 4xx or 5xx code, which some write twice or with a colon. */
export function replyIn(text: string): string | null {
  const trimmed = text.trim();
  if (!/^[45]\d\d(?:[ :-]|$)/.test(trimmed) || trimmed.length < 4) return null;
  return trimmed.replace(/^([45]\d\d): (?:\1[ -])?/, '$1 ');
}

export function isTrue(text: string): boolean {
  return /^(?:true|1|yes|t|y|x)$/i.test(text.trim());
}

export function isFalse(text: string): boolean {
  return /^(?:|false|0|no|f|n|null|none)$/i.test(text.trim());
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** As the console of SES and other web pages write it: `October 1, 2024, 10:00 (UTC+02:00)`. */
const SPELT =
  /^([A-Z][a-z]{2,8}) (\d{1,2}),? (\d{4}),?(?: (?:at )?(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AP]M))?)? ?\(?(?:UTC|GMT)?([+-]\d\d:?\d\d)?\)?$/i;

/**
 * RFC 3339, seconds or milliseconds since the epoch, `2026-03-01 10:00:00` (UTC without a zone), the date of a mail header, or a date with
 * the month as a word. Null for anything else: a date of numbers alone does not say which one is the month.
 */
export function momentOf(text: string): number | null {
  const given = text.trim();
  if (given === '') return null;
  if (/^\d{9,11}(?:\.\d+)?$/.test(given)) return Math.round(Number(given) * 1_000);
  if (/^\d{12,14}$/.test(given)) return Number(given);
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d(?:\.\d+)?) ?(?:(Z|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)?)?$/.exec(given);
  if (iso !== null) {
    const [, day = '', clock = '00:00:00', , hours, minutes = '00'] = iso;
    return parseTime(`${day}T${clock}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`) ?? null;
  }
  // Only with a zone, because without one `Date.parse` would use this machine's.
  if (/^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} [\d:]{8} (?:[A-Z]{1,4}|[+-]\d{4})$/.test(given)) {
    const mail = Date.parse(given);
    return Number.isFinite(mail) ? mail : null;
  }
  const spelt = SPELT.exec(given);
  return spelt === null ? null : speltMoment(spelt);
}

function speltMoment(match: RegExpExecArray): number | null {
  const [, month = '', day = '', year = '', hour = '0', minute = '00', second = '00', half, offset] = match;
  const number = MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1;
  if (number === 0) return null;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  const two = (value: number | string): string => String(value).padStart(2, '0');
  const zone = offset === undefined ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(-2)}`;
  return parseTime(`${year}-${two(number)}-${two(day)}T${two(hours)}:${minute}:${second}${zone}`) ?? null;
}
