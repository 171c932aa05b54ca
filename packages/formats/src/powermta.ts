/**
 * PowerMTA accounting files: CSV (RFC 4180) with columns named by the header, or the default columns if a tailing tool has lost the
 * header. Also the same rows as JSON objects, which such tools write.
 */
import type { DeliveryEventType } from '@desist/domain';
import { csvFields, oddQuotes } from './csv.ts';
import type { DetectableFormat } from './detect.ts';
import { eventOf, ignored, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { LineFormat, LineReader, NormaliseContext, Normalised } from './format.ts';
import { textOf } from './json.ts';
import type { Fields } from './json.ts';
import { beginsAsJson, checkedLine, ignoredLine, LINE_LIMIT, lineFormat, NOTHING } from './lines.ts';
import { feedbackMeaning, isRedacted } from './mail/feedback.ts';
import { classOf, enhancedOf, replyCodes } from './reply.ts';

/** Record types by the first column of a row, with the long names that can be configured. */
const TYPES: Readonly<Record<string, string>> = {
  d: 'd',
  delivery: 'd',
  delivered: 'd',
  b: 'b',
  bounce: 'b',
  bounced: 'b',
  t: 't',
  transient: 't',
  tq: 'tq',
  'transient-queue': 'tq',
  r: 'r',
  received: 'r',
  receipt: 'r',
  f: 'f',
  feedback: 'f',
  'feedback-loop': 'f',
  rb: 'rb',
  'remote-bounce': 'rb',
  rs: 'rs',
  'remote-status': 'rs',
};

const encoder = new TextEncoder();
const HEADER = ignoredLine('the header');
const looksLikeRow = /^(?:#?type,|"type",|(?:d|b|t|tq|r|f|rb|rs),(?:\d{4}-\d\d-\d\d |\d{9,13},))/m;

const rows = elementFormat({ name: 'powermta', looksLike: () => false, read: readRow });
const files = lineFormat({ name: 'powermta', looksLike: () => false, open });

export const powermta: LineFormat & DetectableFormat = {
  name: 'powermta',
  looksLike: ({ text, first }) => looksLikeRow.test(text) || ('type' in first && 'timeLogged' in first),
  open,
  normalise: (payload, context) => (beginsAsJson(payload) ? rows : files).normalise(payload, context),
};

// ------------------------------------------------------------------------------------------------------------ the file

const VERSION = 1;

interface State {
  readonly version: typeof VERSION;
  /** Columns of the header; undefined if no header was read. */
  readonly columns: readonly string[] | undefined;
  /** The start of a row with an open quote: a quoted field can contain line feeds. */
  readonly begun: string;
}

function open(context: NormaliseContext, state?: unknown): LineReader {
  let { columns, begun: partialRow } = readState(state);

  function whole(row: string): readonly Normalised[] {
    const fields = csvFields(row);
    if (fields === undefined) return [problem('unreadable', 'not a CSV row (RFC 4180)', row)];
    if (/^\s*#?\s*type\s*$/i.test(fields[0] ?? '')) {
      columns = fields.map((field) => field.replace('#', '').trim());
      return HEADER;
    }
    const named = columns === undefined ? withoutHeader(fields) : Object.fromEntries(columns.map((name, at) => [name, fields[at] ?? '']));
    return named === undefined
      ? [problem('invalid', 'no header was read, and the columns are not the usual ones', row)]
      : [readRow(named, context, () => row)];
  }

  function push(line: string): readonly Normalised[] {
    if (partialRow === '' && line.startsWith('{')) return rows.normalise(encoder.encode(line), context);
    // An unclosed quote must not absorb the rows after it.
    const broken =
      partialRow !== '' && (ROW_BEGINS.test(line) || partialRow.length + line.length > LINE_LIMIT) ? [brokenRow(partialRow)] : NOTHING;
    if (broken.length > 0) partialRow = '';
    const row = partialRow === '' ? line : `${partialRow}\n${line}`;
    // The incomplete row has an odd number of quotes.
    partialRow = oddQuotes(line) === (partialRow === '') ? row : '';
    if (partialRow !== '') return broken;
    return broken.length === 0 ? whole(row) : [...broken, ...whole(row)];
  }

  return {
    push: (line) => (partialRow === '' ? checkedLine(line, push) : push(line.endsWith('\r') ? line.slice(0, -1) : line)),
    end() {
      const left = partialRow;
      partialRow = '';
      return left === '' ? NOTHING : [brokenRow(left)];
    },
    state: (): State => ({ version: VERSION, columns, begun: partialRow }),
  };
}

const ROW_BEGINS = /^#?"?(?:type|d|b|t|tq|r|f|rb|rs)"?,/;

function brokenRow(row: string): Normalised {
  return problem('unreadable', 'not a CSV row (RFC 4180): a quote is not closed', row);
}

function readState(state: unknown): Pick<State, 'columns' | 'begun'> {
  const none = { columns: undefined, begun: '' };
  if (typeof state !== 'object' || state === null) return none;
  const { version, columns, begun } = state as { readonly [name in keyof State]?: unknown };
  if (version !== VERSION || typeof begun !== 'string' || begun.length > LINE_LIMIT) return none;
  if (columns === undefined || columns === null) return { columns: undefined, begun };
  const known = Array.isArray(columns) && columns.every((name) => typeof name === 'string');
  return known ? { columns: columns as string[], begun } : none;
}

const ACTION = /^(?:failed|delayed|relayed|delivered|expanded)$/;
/** Columns from dsnAction on, in the default order. Before it are orig, rcpt and orcpt. */
const BEHIND_ACTION = [
  'dsnAction',
  'dsnStatus',
  'dsnDiag',
  'dsnMta',
  'bounceCat',
  'srcType',
  'srcMta',
  'dlvType',
  'dlvSourceIp',
  'dlvDestinationIp',
  'dlvEsmtpAvailable',
  'dlvSize',
  'vmta',
  'jobId',
  'envId',
  'queue',
  'vmtaPool',
];

/**
 * Assigns the default columns by position relative to dsnAction, which is recognised by its values. Versions differ in the time
 * columns before it.
 */
function withoutHeader(fields: readonly string[]): Fields | undefined {
  const action = fields.findIndex((field) => ACTION.test(field));
  if (action < 5 || !Object.hasOwn(TYPES, fields[0] ?? '')) return undefined;
  const before = { type: fields[0], timeLogged: fields[1], orig: fields[action - 3], rcpt: fields[action - 2], orcpt: fields[action - 1] };
  return { ...before, ...Object.fromEntries(BEHIND_ACTION.map((name, at) => [name, fields[action + at] ?? ''])) };
}

// ------------------------------------------------------------------------------------------------------------- one row

/** Reads one row. Column names are case-insensitive: both `dsnMTA` and `dsnMta` occur. */
function readRow(given: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const row: Fields = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const word = textOf(row['type'])?.toLowerCase() ?? '';
  const kind = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
  if (kind === undefined) return problem('invalid', 'type: not a known record type', raw());
  const recipient = recipientOf(row);
  // A deferral of a whole queue, without message and recipient.
  if (kind === 'tq' && recipient === undefined) return ignored('a record of a waiting queue');
  if (kind === 'f') return readFeedback(row, context, raw);
  const type = typeOf(kind, row);
  if (type === undefined) return problem('invalid', 'dsnAction: not a known action', raw());
  const text = textOf(row['dsndiag']);
  const draft = {
    type,
    recipient,
    time: timeOf(row),
    identity: [kind, row['orig'], row['jobid'], row['envid'], row['dsnstatus'], text],
    messageId: messageIdOf(row),
    enhanced: row['dsnstatus'],
    text,
    remoteHost: hostOf(row),
    permanent: type === 'bounced' ? permanenceOf(row) : undefined,
    // Without a pool, the virtual MTA is the route.
    pool: textOf(row['vmtapool']) ?? textOf(row['vmta']),
    metadata: headersOf(row),
  };
  return eventOf('powermta', draft, context, raw);
}

function typeOf(kind: string, row: Fields): DeliveryEventType | undefined {
  switch (kind) {
    case 'd':
      return 'delivered';
    case 'r':
      return 'accepted';
    case 't':
    case 'tq':
      return 'deferred';
    case 'b':
      return gaveUp(row) ? 'expired' : 'bounced';
    case 'rb':
      return rowClass(row) === '4' ? 'expired' : 'bounced';
    default:
      return remoteStatus(textOf(row['dsnaction'])?.toLowerCase());
  }
}

/** Time of the event. If the template omits it, the time when the mail was queued. */
function timeOf(row: Fields): readonly [string, unknown] {
  const logged = row['timelogged'];
  return logged === undefined && row['timequeued'] !== undefined ? ['timeQueued', row['timequeued']] : ['timeLogged', logged];
}

/** Type of a status report received by mail. */
function remoteStatus(action: string | undefined): DeliveryEventType | undefined {
  if (action === 'delayed') return 'deferred';
  if (action === 'failed') return 'bounced';
  return action === 'delivered' || action === 'relayed' || action === 'expanded' ? 'delivered' : undefined;
}

/**
 * True if the queue lifetime expired: bounce category message-expired with any class but 5. Status 5.4.7 also counts: X.4.7 means
 * "delivery time expired" (RFC 3463).
 */
function gaveUp(row: Fields): boolean {
  return textOf(row['bouncecat']) === 'message-expired' && (rowClass(row) !== '5' || /^\s*5\.4\.7\b/.test(textOf(row['dsnstatus']) ?? ''));
}

function rowClass(row: Fields): string | undefined {
  const enhanced = enhancedOf(row['dsnstatus']);
  if (enhanced !== undefined) return enhanced[0];
  return classOf(replyCodes(textOf(row['dsndiag']) ?? ''));
}

function permanenceOf(row: Fields): boolean | undefined {
  const digit = rowClass(row);
  return digit === '5' ? true : digit === '4' ? false : undefined;
}

/** `rcpt`, or the original recipient if the template omits it: `rfc822;user@example.com`. */
function recipientOf(row: Fields): string | undefined {
  return textOf(row['rcpt']) ?? textOf(row['orcpt'])?.replace(/^[A-Za-z0-9-]{1,20};\s*/, '');
}

/** The envelope id, or the header's Message-ID if the template has that column. */
function messageIdOf(row: Fields): string | undefined {
  return textOf(row['envid']) ?? textOf(row['header_message-id']);
}

/** Returns the To address only if it is the only one. With several, the recipient is uncertain. */
function onlyAddress(to: unknown): string | undefined {
  const text = textOf(to);
  return text?.split('@').length === 2 ? text : undefined;
}

/** Parses the host of `mx.example.net (192.0.2.9)`. */
function hostOf(row: Fields): string | undefined {
  return /^\s*(?:dns;\s*)?([^\s();]{1,255})/.exec(textOf(row['dsnmta']) ?? '')?.[1] ?? textOf(row['dlvdestinationip']);
}

/** Metadata from the mail's header fields, which are columns: `header_X-Desist-Tenant`. */
function headersOf(row: Fields): Fields {
  const column = (name: string): unknown => row[name] ?? row[`header_${name}`] ?? row[`header_x-${name.replace('_', '-')}`];
  return { desist_tenant: column('desist_tenant'), desist_stream: column('desist_stream') };
}

/** Microsoft's reports put the recipient in a header field of the mail. Templates without `rcpt` have the mail's To. */
function readFeedback(row: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const type = feedbackMeaning(textOf(row['feedbacktype']) ?? textOf(row['feedback-type']) ?? 'abuse');
  if (type === undefined) return problem('invalid', 'feedbackType: not known', raw());
  if (type === 'ignored') return ignored('a report that is not a complaint');
  const recipient = recipientOf(row) ?? textOf(row['header_x-hmxmroriginalrecipient']) ?? onlyAddress(row['header_to']);
  if (recipient === undefined || isRedacted(recipient)) {
    return problem('no_recipient', `${type}: the report names no recipient`, raw());
  }
  const identity = ['f', row['orig'], row['jobid'], row['envid'], row['header_message-id'], row['reporteddomain']];
  const messageId = messageIdOf(row);
  const time = timeOf(row);
  return eventOf('powermta', { type, recipient, time, identity, messageId, metadata: headersOf(row) }, context, raw);
}
