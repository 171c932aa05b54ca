/**
 * Reads suppression lists of providers, recognised by their columns: a row becomes an address, a reason, a time and the reply.
 * The columns are those that the providers document; case, blanks and underscores are ignored. A list is read as what it is or not at all:
 * two formats that fit are an error, and neither contacts nor delivery events are suppressions.
 */
import { bareAddress } from '../draft.ts';
import type { Remedy } from './refusal.ts';
import type { ImportKind } from './words.ts';
import { isFalse, isOver, isTrue, kindOf, momentOf, replyIn, scopeOf, stateOf } from './words.ts';

export interface ListRow {
  readonly address: string;
  /** Null: the list names no tenant. */
  readonly tenant: string | null;
  readonly kind: ImportKind;
  /** `*`, or the stream that the source names. */
  readonly scope: string;
  /** ms; null: the row has no time. */
  readonly at: number | null;
  readonly expiresAt: number | null;
  /** The SMTP reply, if the list contains it. */
  readonly reply: string | null;
  /** The reason in the source's own words. */
  readonly reason: string;
  /** Of our own export only: who made the entry, why, and what it came from. */
  readonly by?: string;
  readonly note?: string;
  readonly source?: string;
  /** Of a domain: also for the domains below it. */
  readonly subdomains?: boolean;
  /** The list has failures of one message among its rows, which were the sender's trouble. */
  readonly mixed?: true;
  /** The row has a time that could not be read. */
  readonly timeless?: true;
}

/** Why a row is no suppression. */
export interface Kept {
  readonly kept: string;
  /** If it was read. */
  readonly address?: string;
}

type Fields = ReadonlyMap<string, string>;
type Told = Partial<Omit<ListRow, 'address'>>;

export interface ListFormat {
  readonly name: string;
  /** Columns that must all be present, ... */
  readonly needs: readonly string[];
  /** ... and, of a list with common columns, all that there may be besides. */
  readonly only?: readonly string[];
  /** Whether the first row is one of this format, if the columns alone do not say so. */
  readonly fits?: (fields: Fields) => boolean;
  /** The list names the message that led to each row, and is a list all the same. */
  readonly namesMessages?: true;
  readonly address: string;
  readonly read: (fields: Fields) => Told | Kept;
}

/** Columns of delivery events, which also name recipients, most of whom received their mail. */
export const EVENT_COLUMNS: readonly string[] = [
  ...['event', 'eventtype', 'eventname', 'occurredat', 'recordtype', 'notificationtype', 'sttext', 'msystype'],
  ...['messageid', 'sgmessageid', 'sgeventid', 'smtpid', 'subject', 'deliveredat', 'openedat', 'opens', 'clicks'],
];

/** Columns of contacts that say that they agreed to mail. Without a column that says who left, nobody in such a list is suppressed. */
const CONSENT_COLUMNS =
  /^(?:optin(?:time|ip|date|at)?|optedin(?:at)?|confirm(?:ed)?(?:time|ip|at)|doubleoptin|subscribed(?:at|on|date)?|subscribetime|issubscribed|consent\w{0,30}|\w{0,20}consent|accepts?(?:email|sms)?marketing|marketing(?:optin|consent|permission|status)|emailmarketing\w{0,20}|memberrating|newsletter|gdpr\w{0,20}|emailpermissionstatus|permission\w{0,10}|receives?emails?)$/;

const get = (fields: Fields, name: string): string => fields.get(name) ?? '';

const given = <K extends string>(name: K, text: string): { readonly [N in K]?: string } => {
  return (text === '' ? {} : { [name]: unprotected(text) }) as { readonly [N in K]?: string };
};

function first(fields: Fields, names: readonly string[]): string {
  return names.map((name) => get(fields, name)).find((text) => text !== '') ?? '';
}

/** The time of the first column that has one. */
function timed(fields: Fields, ...names: readonly string[]): Pick<ListRow, 'at'> & { readonly timeless?: true } {
  const given = first(fields, names);
  const at = momentOf(given);
  return given !== '' && at === null ? { at, timeless: true } : { at };
}

const reasoned = (reasonColumn: string, timeColumns: readonly string[], more: (fields: Fields) => Told = () => ({})) => {
  return (fields: Fields): Told => {
    const reason = get(fields, reasonColumn);
    return { reason, kind: kindOf(reason), ...timed(fields, ...timeColumns), ...more(fields) };
  };
};

const always = (kind: ImportKind, reason: string, ...timeColumns: readonly string[]) => {
  return (fields: Fields): Told => ({ kind, reason, ...timed(fields, ...timeColumns) });
};

function failed(reply: string, code: string, fields: Fields, ...timeColumns: readonly string[]): Told {
  const text = replyIn(reply) ?? replyIn(`${code} ${reply}`);
  return { kind: 'bounce', reason: reply.slice(0, 120) || 'bounce', ...timed(fields, ...timeColumns), reply: text };
}

export const LIST_FORMATS: readonly ListFormat[] = [
  {
    name: 'desist',
    needs: ['address', 'scope', 'reason', 'since', 'expiresat'],
    address: 'address',
    read: (fields) => ({
      kind: DESIST_KINDS.get(get(fields, 'reason')) ?? 'other',
      reason: get(fields, 'reason'),
      scope: get(fields, 'scope') || '*',
      ...timed(fields, 'since'),
      expiresAt: momentOf(get(fields, 'expiresat')),
      reply: get(fields, 'reply') || null,
      ...given('by', get(fields, 'createdby')),
      ...given('note', get(fields, 'note')),
      ...given('source', get(fields, 'source')),
    }),
  },
  {
    name: 'postmark',
    needs: ['emailaddress', 'suppressionreason', 'origin'],
    address: 'emailaddress',
    read: reasoned('suppressionreason', ['createdat']),
  },
  {
    name: 'postmark-bounces',
    needs: ['email', 'bouncedat', 'inactive'],
    namesMessages: true,
    address: 'email',
    read: (fields) =>
      isTrue(get(fields, 'inactive'))
        ? {
            kind: kindOf(get(fields, 'type')),
            reason: get(fields, 'type'),
            reply: replyIn(get(fields, 'details')),
            ...timed(fields, 'bouncedat'),
          }
        : { kept: 'a bounce that did not suppress at the source' },
  },
  {
    name: 'ses',
    needs: ['emailaddress', 'reason'],
    only: ['lastupdatetime', 'dateadded', 'attributesmessageid', 'attributesfeedbackid'],
    fits: (fields) => /^(?:bounce|complaint)$/i.test(get(fields, 'reason')),
    address: 'emailaddress',
    read: reasoned('reason', ['lastupdatetime', 'dateadded']),
  },
  {
    name: 'sparkpost',
    needs: ['recipient', 'source', 'type'],
    address: 'recipient',
    read: reasoned('source', ['created', 'updated'], (fields) => {
      const kind = kindOf(get(fields, 'source'));
      // A mailbox that does not exist, and a complaint, are about all mail; only who left is about one kind of it.
      const isOfOne = kind === 'unsubscribe' || kind === 'other';
      return { reply: replyIn(get(fields, 'description')), scope: isOfOne ? (scopeOf(get(fields, 'type')) ?? '*') : '*' };
    }),
  },
  {
    name: 'mandrill',
    needs: ['email', 'reason', 'detail'],
    address: 'email',
    read: (fields) =>
      isTrue(get(fields, 'expired'))
        ? { kept: 'expired at the source' }
        : reasoned('reason', ['createdat', 'created', 'lasteventat', 'lastevent'], (own) => ({
            reply: replyIn(get(own, 'detail')),
            expiresAt: momentOf(first(own, ['expiresat', 'expires'])),
          }))(fields),
  },
  {
    name: 'mailgun-bounces',
    needs: ['address', 'code', 'error'],
    address: 'address',
    read: (fields) => ({ ...failed(get(fields, 'error'), get(fields, 'code'), fields, 'createdat'), reason: 'bounces' }),
  },
  {
    name: 'mailgun-unsubscribes',
    needs: ['address', 'tags', 'createdat'],
    address: 'address',
    read: (fields) => {
      const tags = get(fields, 'tags')
        .replaceAll(/[[\]"']/g, '')
        .trim();
      // One tag is one kind of mail. Several make several scopes, for which a row has no room: the widest is taken.
      const scope = /\s|,/.test(tags) ? '*' : (scopeOf(tags) ?? '*');
      return { kind: 'unsubscribe', scope, reason: `unsubscribes ${tags}`.trim(), ...timed(fields, 'createdat') };
    },
  },
  {
    name: 'mailgun-complaints',
    needs: ['address', 'createdat'],
    only: ['count'],
    // The columns are everybody's; the form of the time is Mailgun's.
    fits: (fields) => /^[A-Z][a-z]{2}, \d/.test(get(fields, 'createdat')),
    address: 'address',
    read: always('complaint', 'complaints', 'createdat'),
  },
  {
    name: 'brevo',
    needs: ['email', 'blockedat'],
    address: 'email',
    read: (fields) => {
      const reason = get(fields, 'reason') || get(fields, 'reasoncode');
      return { reason, kind: kindOf(reason), ...timed(fields, 'blockedat') };
    },
  },
  {
    name: 'mailjet',
    needs: ['email', 'isexcludedfromcampaigns'],
    address: 'email',
    read: (fields) => {
      const spam = isTrue(get(fields, 'isspamcomplaining'));
      const excluded = isTrue(get(fields, 'isexcludedfromcampaigns')) || get(fields, 'unsubscribedat') !== '';
      if (!spam && !excluded) return { kept: 'a contact' };
      return {
        kind: spam ? 'complaint' : 'unsubscribe',
        reason: spam ? 'spam complaint' : 'excluded from campaigns',
        ...timed(fields, 'unsubscribedat', 'exclusionfromcampaignsupdatedat'),
      };
    },
  },
  {
    name: 'resend',
    needs: ['id', 'email', 'createdat', 'unsubscribed'],
    address: 'email',
    read: (fields) =>
      isTrue(get(fields, 'unsubscribed'))
        ? { kind: 'unsubscribe', reason: 'unsubscribed', ...timed(fields, 'createdat') }
        : { kept: 'a contact' },
  },
  {
    name: 'mailersend',
    needs: ['recipientemail', 'recipientid', 'createdat'],
    address: 'recipientemail',
    read: reasoned('reason', ['createdat']),
  },
  {
    name: 'telnyx',
    needs: ['to', 'from', 'reason', 'source', 'scope', 'status'],
    address: 'to',
    read: (fields) =>
      isOver(get(fields, 'status'))
        ? { kept: 'no longer active at the source' }
        : reasoned('reason', ['createdat'], (own) => ({
            expiresAt: momentOf(get(own, 'expiresat')),
            ...groupScope(own, get(own, 'reason')),
          }))(fields),
  },
  {
    name: 'mautic',
    needs: ['email', 'dateadded', 'reason', 'channel'],
    address: 'email',
    read: (fields) => {
      if (get(fields, 'channel').toLowerCase() !== 'email') return { kept: `of the channel ${get(fields, 'channel').slice(0, 40)}` };
      const kind = MAUTIC_KINDS.get(get(fields, 'reason'));
      if (kind === undefined) return { kept: 'a contactable contact' };
      const comments = get(fields, 'comments');
      return { kind, reason: comments.slice(0, 120), reply: replyIn(comments), ...timed(fields, 'dateadded') };
    },
  },
  {
    name: 'sendgrid-groups',
    needs: ['email', 'groupid'],
    only: ['groupname', 'createdat', 'created', 'id'],
    address: 'email',
    read: (fields) => ({
      kind: 'unsubscribe',
      reason: `group ${first(fields, ['groupname', 'groupid'])}`,
      ...timed(fields, 'createdat', 'created'),
      ...groupScope(fields, 'unsubscribe'),
    }),
  },
  {
    // Bounces, blocks and invalid addresses have the same columns: the reply of each row decides.
    name: 'sendgrid-bounces',
    needs: ['email', 'created', 'reason'],
    only: ['status', 'type', 'classification'],
    address: 'email',
    read: (fields) => ({ ...failed(get(fields, 'reason'), '', fields, 'created'), mixed: true }),
  },
  {
    name: 'sendgrid-spam-reports',
    needs: ['email', 'created', 'ip'],
    only: [],
    address: 'email',
    read: always('complaint', 'spam report', 'created'),
  },
  {
    name: 'sendgrid-unsubscribes',
    needs: ['email', 'created'],
    only: [],
    fits: (fields) => /^\d{9,11}$/.test(get(fields, 'created')),
    address: 'email',
    read: always('unsubscribe', 'global unsubscribe', 'created'),
  },
  {
    name: 'mailchimp-unsubscribed',
    needs: ['emailaddress', 'unsubtime'],
    address: 'emailaddress',
    read: (fields) => ({
      kind: kindOf(get(fields, 'unsubreason')) === 'complaint' ? 'complaint' : 'unsubscribe',
      reason: get(fields, 'unsubreason') || 'unsubscribed',
      ...timed(fields, 'unsubtime'),
    }),
  },
  {
    name: 'mailchimp-cleaned',
    needs: ['emailaddress', 'cleantime'],
    address: 'emailaddress',
    read: always('bounce', 'cleaned', 'cleantime'),
  },
];

const DESIST_KINDS: ReadonlyMap<string, ImportKind> = new Map([
  ['hard_bounce', 'bounce'],
  ['complaint', 'complaint'],
  ['unsubscribe', 'unsubscribe'],
]);

const MAUTIC_KINDS: ReadonlyMap<string, ImportKind> = new Map([
  ['1', 'unsubscribe'],
  ['2', 'bounce'],
  ['3', 'other'],
]);

/** An unsubscribe from a group is one from its mail only. The stream is named like the group. */
function groupScope(fields: Fields, reason: string): Pick<ListRow, 'scope'> {
  const id = get(fields, 'groupid');
  const group = get(fields, 'groupname') || (id === '' ? '' : `group-${id}`);
  return { scope: kindOf(reason) === 'unsubscribe' && group !== '' ? (scopeOf(group) ?? '*') : '*' };
}

// ------------------------------------------------------------------------------------------------ any other table

const ADDRESS_COLUMNS = [
  'email',
  'address',
  'emailaddress',
  'recipient',
  'mail',
  'recipientemail',
  'recipientaddress',
  'contactemail',
  'useremail',
  'customeremail',
  'subscriberemail',
  'rcptto',
  'rcpt',
];
const REASON_COLUMNS = ['reason', 'suppressionreason', 'reasoncode', 'bouncetype', 'type', 'category'];
const REPLY_COLUMNS = [
  'reply',
  'response',
  'error',
  'diagnostic',
  'diagnosticcode',
  'detail',
  'details',
  'description',
  'comments',
  'comment',
  'reason',
];
const STATE_COLUMNS = [
  'status',
  'state',
  'subscriptionstatus',
  'emailstatus',
  'subscriberstatus',
  'contactstatus',
  'emailmarketingstatus',
  'memberstatus',
];
const TIME_COLUMNS = [
  'since',
  'suppressedat',
  'unsubscribedat',
  'bouncedat',
  'complainedat',
  'blockedat',
  'createdat',
  'created',
  'dateadded',
  'addedat',
  'added',
  'date',
  'timestamp',
  'time',
  'updatedat',
  'updated',
];
const SCOPE_COLUMNS = ['scope', 'stream', 'messagestream', 'groupname', 'groupid', 'topic', 'topicname', 'listname', 'list', 'listid'];
const OPT_OUT =
  /^(?:is|has)?(?:unsubscribed(?:at|on|date|time|fromall(?:email)?)?|opt(?:ed)?out(?:at|date|time|ofemail)?|emailoptout|donotemail|donotcontact|blacklisted|blocklisted|emailblacklisted|emailblocklisted|suppressed|isoptout)$/;

/** Any table with one column of addresses. */
function plain(address: string, columns: ReadonlySet<string>): ListFormat {
  const optOuts = [...columns].filter((name) => OPT_OUT.test(name));
  const hasReason = REASON_COLUMNS.some((name) => columns.has(name));
  return {
    name: 'plain',
    needs: [address],
    address,
    read(fields) {
      if (isTrue(get(fields, 'expired'))) return { kept: 'expired at the source' };
      const common = {
        ...timed(fields, ...TIME_COLUMNS),
        expiresAt: momentOf(first(fields, ['expiresat', 'expires', 'keepuntil', 'until'])),
        reply: REPLY_COLUMNS.map((name) => replyIn(get(fields, name))).find((text) => text !== null) ?? null,
      };
      const state = first(fields, STATE_COLUMNS);
      const reason = first(fields, REASON_COLUMNS);
      if (optOuts.length > 0) {
        const column = optOuts.find((name) => !isFalse(get(fields, name)));
        if (column === undefined && (reason === '' || !hasReason)) return { kept: 'a contact' };
        if (column !== undefined) return { ...common, kind: 'unsubscribe', reason: reason || column, ...scoped(fields, 'unsubscribe') };
      }
      const hasState = STATE_COLUMNS.some((name) => columns.has(name));
      if (hasState && hasReason && isOver(state)) return { kept: 'no longer active at the source' };
      if (hasState && !hasReason) {
        const meaning = stateOf(state);
        if (meaning === undefined) return { kept: `of the state ${state.slice(0, 40)}, which is not known` };
        if (meaning === 'contact') return { kept: `a contact (${state.slice(0, 40) || 'no state'})` };
        return { ...common, kind: meaning, reason: state, ...scoped(fields, meaning) };
      }
      const kind = kindOf(reason);
      return { ...common, kind, reason, ...scoped(fields, kind) };
    },
  };
}

/** A scope is kept as the source has it. Lists and groups narrow an unsubscribe; a mailbox that does not exist is gone for all of them. */
function scoped(fields: Fields, kind: ImportKind): Pick<ListRow, 'scope'> {
  const explicit = first(fields, ['scope', 'stream']);
  const given = explicit !== '' || kind === 'bounce' || kind === 'complaint' ? explicit : first(fields, SCOPE_COLUMNS);
  return { scope: scopeOf(given) ?? '*' };
}

export function columnName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** What a table with these columns and this first row is, or why it is not read. */
export type Recognised = { readonly format: ListFormat } | { readonly problem: string; readonly remedy: Remedy };

export function recognise(columns: Iterable<string>, row: Fields = new Map()): Recognised {
  const there = new Set(columns);
  const fitting = LIST_FORMATS.filter(
    ({ needs, only, fits }) =>
      needs.every((name) => there.has(name)) &&
      (only === undefined || [...there].every((name) => name === '' || name === 'tenant' || needs.includes(name) || only.includes(name))) &&
      (fits === undefined || row.size === 0 || fits(row)),
  );
  // A format that needs all the columns of another one is the more specific one.
  const specific = fitting.filter((one) => !fitting.some((other) => other !== one && contains(other.needs, one.needs)));
  const [format, second] = specific;
  const event = EVENT_COLUMNS.find((name) => there.has(name));
  if (event !== undefined && format?.namesMessages !== true)
    return { problem: `these are columns of events (${event}), not of a suppression list`, remedy: 'take_every_row' };
  if (second !== undefined && format !== undefined)
    return { problem: `these columns are those of ${specific.map(({ name }) => name).join(' and of ')}`, remedy: 'choose_format' };
  if (format !== undefined) return { format };
  return recognisePlain(there);
}

function recognisePlain(there: ReadonlySet<string>): Recognised {
  const addresses = ADDRESS_COLUMNS.filter((name) => there.has(name));
  const [address, other] = addresses;
  if (address === undefined)
    return {
      problem: `no known list format has these columns (${[...there].join(', ').slice(0, 200)})`,
      remedy: 'name_addresses',
    };
  if (other !== undefined) return { problem: `addresses may be in ${addresses.join(' or in ')}`, remedy: 'choose_addresses' };
  const consent = [...there].find((name) => CONSENT_COLUMNS.test(name));
  const tellsWhoLeft = [...there].some((name) => OPT_OUT.test(name) || STATE_COLUMNS.includes(name));
  if (consent !== undefined && !tellsWhoLeft)
    return {
      problem: `these are contacts who may have agreed to mail (${consent}), not a suppression list`,
      remedy: 'take_every_row',
    };
  return { format: plain(address, there) };
}

function contains(all: readonly string[], some: readonly string[]): boolean {
  return all.length > some.length && some.every((name) => all.includes(name));
}

/** What a column can be named as. */
export const COLUMN_NAMES = ['address', 'reason', 'since', 'scope', 'tenant', 'reply', 'expires'] as const;
export type ColumnNames = ReadonlyMap<(typeof COLUMN_NAMES)[number], string>;

export function chosenFormat(columns: ColumnNames): ListFormat {
  const at = (fields: Fields, name: (typeof COLUMN_NAMES)[number]): string => get(fields, columns.get(name) ?? '');
  return {
    name: 'columns',
    needs: [...columns.values()],
    address: columns.get('address') ?? '',
    read(fields) {
      const reason = at(fields, 'reason');
      const since = at(fields, 'since');
      const moment = momentOf(since);
      return {
        kind: kindOf(reason),
        reason: reason.slice(0, 120),
        at: moment,
        ...(since !== '' && moment === null ? { timeless: true } : {}),
        scope: scopeOf(at(fields, 'scope')) ?? '*',
        tenant: at(fields, 'tenant') || null,
        reply: replyIn(at(fields, 'reply')) ?? replyIn(reason),
        expiresAt: momentOf(at(fields, 'expires')),
      };
    },
  };
}

export function readRow(format: ListFormat, fields: Fields): ListRow | Kept {
  const read = format.read(fields);
  if ('kept' in read) return read;
  return {
    kind: 'other',
    tenant: get(fields, 'tenant') || null,
    scope: '*',
    at: null,
    expiresAt: null,
    reply: null,
    reason: '',
    ...read,
    ...(isTrue(get(fields, 'subdomains')) ? { subdomains: true } : {}),
    address: addressOf(get(fields, format.address)),
  };
}

/** Without the apostrophe with which our own export protects what a spreadsheet would evaluate. */
function unprotected(text: string): string {
  return text.replace(/^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/, '');
}

/** Without a display name, a dot at the end, and that apostrophe. */
function addressOf(text: string): string {
  const unescaped = unprotected(text.trim());
  return (unescaped.includes('<') ? (bareAddress(unescaped) ?? unescaped) : unescaped).replace(/\.$/, '');
}

/** Flattens a JSON object to columns; members of inner objects are named by their path. */
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
