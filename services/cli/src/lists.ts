/**
 * Suppression lists as others export them, recognised by their columns: a row becomes an address, a reason, a moment and what was
 * said. Columns as the providers document them; capital letters, blanks and underscores make no difference.
 */
import { parseTime } from '@desist/contracts';

export type ImportKind = 'bounce' | 'complaint' | 'unsubscribe' | 'other';

export interface ListRow {
  readonly address: string;
  readonly kind: ImportKind;
  /** `*`, or the stream that the source names. */
  readonly scope: string;
  /** ms; null: the row says nothing of it. */
  readonly at: number | null;
  readonly expiresAt: number | null;
  /** The SMTP reply, where the source has kept it. */
  readonly reply: string | null;
  /** Of the source, in its words. */
  readonly reason: string;
}

type Fields = ReadonlyMap<string, string>;

interface ListFormat {
  readonly name: string;
  /** All of these columns are there ... */
  readonly needs: readonly string[];
  /** ... and none of these. */
  readonly without?: readonly string[];
  readonly address: string;
  /** Undefined: the row is no suppression. */
  readonly read: (fields: Fields) => Partial<Omit<ListRow, 'address'>> | undefined;
}

const get = (fields: Fields, name: string): string => fields.get(name) ?? '';

/** By the words that a source uses for its reasons. */
function kindOf(text: string): ImportKind {
  const word = text.toLowerCase();
  if (/spam|complain|abuse/.test(word)) return 'complaint';
  if (/unsub|opt.?out/.test(word)) return 'unsubscribe';
  return /bounce|invalid|undeliverable/.test(word) ? 'bounce' : 'other';
}

const reasoned = (reasonColumn: string, timeColumn: string, more: (fields: Fields) => Partial<ListRow> = () => ({})) => {
  return (fields: Fields): Partial<ListRow> => {
    const reason = get(fields, reasonColumn);
    return { reason, kind: kindOf(reason), at: momentOf(get(fields, timeColumn)), ...more(fields) };
  };
};

/** The first that fits counts, so the ones with more particular columns come first. */
export const LIST_FORMATS: readonly ListFormat[] = [
  {
    name: 'desist',
    needs: ['address', 'scope', 'reason', 'since', 'expiresat'],
    address: 'address',
    read: (fields) => ({
      kind: DESIST_KINDS.get(get(fields, 'reason')) ?? 'other',
      reason: get(fields, 'reason'),
      scope: get(fields, 'scope') || '*',
      at: momentOf(get(fields, 'since')),
      expiresAt: momentOf(get(fields, 'expiresat')),
      reply: get(fields, 'reply') || null,
    }),
  },
  {
    name: 'postmark',
    needs: ['emailaddress', 'suppressionreason'],
    address: 'emailaddress',
    read: reasoned('suppressionreason', 'createdat'),
  },
  { name: 'ses', needs: ['emailaddress', 'reason'], address: 'emailaddress', read: reasoned('reason', 'lastupdatetime') },
  {
    name: 'sparkpost',
    needs: ['recipient', 'source', 'type'],
    address: 'recipient',
    read: reasoned('source', 'created', (fields) => ({ reply: replyIn(get(fields, 'description')) })),
  },
  {
    name: 'mandrill',
    needs: ['email', 'reason', 'detail'],
    address: 'email',
    read: reasoned('reason', 'createdat', (fields) => ({
      reply: replyIn(get(fields, 'detail')),
      expiresAt: momentOf(get(fields, 'expiresat')),
    })),
  },
  {
    name: 'mailgun-bounces',
    needs: ['address', 'code', 'error'],
    address: 'address',
    read: (fields) => ({
      kind: 'bounce',
      reason: 'bounces',
      at: momentOf(get(fields, 'createdat')),
      reply: replyIn(`${get(fields, 'code')} ${get(fields, 'error')}`),
    }),
  },
  {
    name: 'mailgun-unsubscribes',
    needs: ['address', 'tags', 'createdat'],
    address: 'address',
    read: (fields) => ({
      kind: 'unsubscribe',
      reason: `unsubscribes ${get(fields, 'tags')}`.trim(),
      at: momentOf(get(fields, 'createdat')),
    }),
  },
  {
    name: 'mailgun-complaints',
    needs: ['address', 'createdat'],
    address: 'address',
    read: (fields) => ({ kind: 'complaint', reason: 'complaints', at: momentOf(get(fields, 'createdat')) }),
  },
  {
    name: 'brevo',
    needs: ['email', 'blockedat'],
    address: 'email',
    read: (fields) => {
      const reason = get(fields, 'reason') || get(fields, 'reasoncode');
      return { reason, kind: kindOf(reason), at: momentOf(get(fields, 'blockedat')) };
    },
  },
  {
    name: 'mailjet',
    needs: ['email', 'isexcludedfromcampaigns'],
    address: 'email',
    read: (fields) => {
      const spam = isTrue(get(fields, 'isspamcomplaining'));
      const excluded = isTrue(get(fields, 'isexcludedfromcampaigns')) || get(fields, 'unsubscribedat') !== '';
      if (!spam && !excluded) return undefined;
      const at = momentOf(get(fields, 'unsubscribedat')) ?? momentOf(get(fields, 'exclusionfromcampaignsupdatedat'));
      return { kind: spam ? 'complaint' : 'unsubscribe', reason: spam ? 'spam complaint' : 'excluded from campaigns', at };
    },
  },
  {
    name: 'resend',
    needs: ['email', 'unsubscribed'],
    address: 'email',
    read: (fields) =>
      isTrue(get(fields, 'unsubscribed'))
        ? { kind: 'unsubscribe', reason: 'unsubscribed', at: momentOf(get(fields, 'createdat')) }
        : undefined,
  },
  {
    name: 'sendgrid-bounces',
    needs: ['email', 'created', 'reason'],
    address: 'email',
    read: (fields) => {
      const reason = get(fields, 'reason');
      return { kind: 'bounce', reason: reason.slice(0, 120) || 'bounce', at: momentOf(get(fields, 'created')), reply: replyIn(reason) };
    },
  },
  {
    name: 'sendgrid-spam-reports',
    needs: ['email', 'created', 'ip'],
    address: 'email',
    read: (fields) => ({ kind: 'complaint', reason: 'spam report', at: momentOf(get(fields, 'created')) }),
  },
  {
    name: 'sendgrid-unsubscribes',
    needs: ['email', 'created'],
    address: 'email',
    read: (fields) => ({ kind: 'unsubscribe', reason: 'global unsubscribe', at: momentOf(get(fields, 'created')) }),
  },
  { name: 'plain', needs: ['email'], address: 'email', read: reasoned('reason', 'createdat') },
  { name: 'plain', needs: ['address'], address: 'address', read: reasoned('reason', 'createdat') },
  { name: 'plain', needs: ['recipient'], address: 'recipient', read: reasoned('reason', 'createdat') },
  { name: 'plain', needs: ['emailaddress'], address: 'emailaddress', read: reasoned('reason', 'createdat') },
];

const DESIST_KINDS: ReadonlyMap<string, ImportKind> = new Map([
  ['hard_bounce', 'bounce'],
  ['complaint', 'complaint'],
  ['unsubscribe', 'unsubscribe'],
]);

export function columnName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** By the columns; undefined when no known list has them. */
export function formatOf(columns: Iterable<string>): ListFormat | undefined {
  const there = new Set(columns);
  return LIST_FORMATS.find(({ needs, without = [] }) => needs.every((name) => there.has(name)) && !without.some((name) => there.has(name)));
}

/** Undefined: the row names nobody who is suppressed. */
export function readRow(format: ListFormat, fields: Fields): ListRow | undefined {
  const read = format.read(fields);
  if (read === undefined) return undefined;
  return {
    kind: 'other',
    scope: '*',
    at: null,
    expiresAt: null,
    reply: null,
    reason: '',
    ...read,
    address: get(fields, format.address).trim(),
  };
}

/** A record of JSON as columns: inner objects are named by their path. */
export function fieldsOf(record: Readonly<Record<string, unknown>>, prefix = ''): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(record)) {
    const column = prefix + columnName(name);
    if (value === null || value === undefined) fields.set(column, '');
    else if (Array.isArray(value)) fields.set(column, value.join(' '));
    else if (typeof value === 'object')
      for (const [inner, text] of fieldsOf(value as Record<string, unknown>, column)) fields.set(inner, text);
    else fields.set(column, String(value as string | number | boolean));
  }
  return fields;
}

/** What reads as a reply: three digits of a bounce or deferral first. */
function replyIn(text: string): string | null {
  const trimmed = text.trim();
  return /^[45]\d\d[ -]/.test(trimmed) ? trimmed : null;
}

function isTrue(text: string): boolean {
  return /^(true|1|yes|t)$/i.test(text.trim());
}

/** RFC 3339, seconds or milliseconds since the epoch, `2026-03-01 10:00:00` (UTC), or the date of a mail header. */
export function momentOf(text: string): number | null {
  const given = text.trim();
  if (given === '') return null;
  if (/^\d{9,11}(\.\d+)?$/.test(given)) return Math.round(Number(given) * 1_000);
  if (/^\d{12,14}$/.test(given)) return Number(given);
  const spelt =
    parseTime(given.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?: ?(?:UTC|Z))?$/, '$1T$2Z')) ?? parseTime(`${given}T00:00:00Z`);
  if (spelt !== undefined) return spelt;
  // With the zone in it: without one it would be read as this machine's time.
  const mail = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} [\d:]{8} (?:[A-Z]{1,4}|[+-]\d{4})$/.test(given)
    ? Date.parse(given)
    : Number.NaN;
  const zone = /^(\d{4}-\d\d-\d\d)[T ]([\d:.]{8,15}) ?(?:(Z|UTC)|([+-]\d\d)(?::?(\d\d))?)$/.exec(given);
  const offset = zone?.[4] === undefined ? 'Z' : `${zone[4]}:${zone[5] ?? '00'}`;
  const zoned = zone === null ? undefined : parseTime(`${String(zone[1])}T${String(zone[2])}${offset}`);
  return Number.isFinite(mail) ? mail : (zoned ?? null);
}
