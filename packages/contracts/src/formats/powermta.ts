/**
 * PowerMTA accounting files: CSV (RFC 4180) whose columns the header names, or the usual ones when a tailing tool has lost the
 * header; and the same rows as JSON objects, as such tools write them.
 */
import type { DeliveryEventType } from '@desist/domain';
import { csvFields, oddQuotes } from './csv.ts';
import type { DetectableFormat } from './detect.ts';
import { eventOf, ignored, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { LineFormat, LineReader, NormaliseContext, Normalised } from './format.ts';
import { textOf } from './json.ts';
import type { Fields } from './json.ts';
import { beginsAsJson, guarded, ignoredLine, LINE_LIMIT, lineFormat, NOTHING } from './lines.ts';
import { feedbackMeaning, isRedacted } from './mail/feedback.ts';
import { enhancedOf, replyCodes } from './reply.ts';

/** First column of a row; long names, where they are so configured. */
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
  /** Undefined: none was seen. */
  readonly columns: readonly string[] | undefined;
  /** The beginning of a row whose quotes are not closed yet: a line feed may stand in a quoted field. */
  readonly begun: string;
}

function open(context: NormaliseContext, state?: unknown): LineReader {
  let { columns, begun } = readState(state);

  function whole(row: string): readonly Normalised[] {
    const fields = csvFields(row);
    if (fields === undefined) return [problem('unreadable', 'no CSV row (RFC 4180)', row)];
    if (/^\s*#?\s*type\s*$/i.test(fields[0] ?? '')) {
      columns = fields.map((field) => field.replace('#', '').trim());
      return HEADER;
    }
    const named = columns === undefined ? withoutHeader(fields) : Object.fromEntries(columns.map((name, at) => [name, fields[at] ?? '']));
    return named === undefined
      ? [problem('invalid', 'no header was seen, and the columns are not the usual ones', row)]
      : [readRow(named, context, () => row)];
  }

  function push(line: string): readonly Normalised[] {
    if (begun === '' && line.startsWith('{')) return rows.normalise(Buffer.from(line), context);
    // A quote that is never closed must not swallow the rows behind it.
    const broken = begun !== '' && (ROW_BEGINS.test(line) || begun.length + line.length > LINE_LIMIT) ? [brokenRow(begun)] : NOTHING;
    if (broken.length > 0) begun = '';
    const row = begun === '' ? line : `${begun}\n${line}`;
    // What was begun has an odd number of quotes.
    begun = oddQuotes(line) === (begun === '') ? row : '';
    if (begun !== '') return broken;
    return broken.length === 0 ? whole(row) : [...broken, ...whole(row)];
  }

  return {
    push: (line) => (begun === '' ? guarded(line, push) : push(line.endsWith('\r') ? line.slice(0, -1) : line)),
    end() {
      const left = begun;
      begun = '';
      return left === '' ? NOTHING : [brokenRow(left)];
    },
    state: (): State => ({ version: VERSION, columns, begun }),
  };
}

const ROW_BEGINS = /^#?"?(?:type|d|b|t|tq|r|f|rb|rs)"?,/;

function brokenRow(row: string): Normalised {
  return problem('unreadable', 'no CSV row (RFC 4180): a quote is not closed', row);
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
/** Columns behind dsnAction in the usual order; before it stand orig, rcpt and orcpt. */
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

/** The usual columns stand around dsnAction, which one can know by its words; versions differ in the times before. */
function withoutHeader(fields: readonly string[]): Fields | undefined {
  const action = fields.findIndex((field) => ACTION.test(field));
  if (action < 5 || !Object.hasOwn(TYPES, fields[0] ?? '')) return undefined;
  const before = { type: fields[0], timeLogged: fields[1], orig: fields[action - 3], rcpt: fields[action - 2], orcpt: fields[action - 1] };
  return { ...before, ...Object.fromEntries(BEHIND_ACTION.map((name, at) => [name, fields[action + at] ?? ''])) };
}

// ------------------------------------------------------------------------------------------------------------- one row

/** Columns in any case: `dsnMTA` and `dsnMta` are both met. */
function readRow(given: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const row: Fields = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const word = textOf(row['type'])?.toLowerCase() ?? '';
  const kind = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
  if (kind === undefined) return problem('invalid', 'type: no record type that is known', raw());
  const recipient = recipientOf(row);
  // A whole queue that waits: no message and no recipient is named.
  if (kind === 'tq' && recipient === undefined) return ignored('a queue that waits');
  if (kind === 'f') return readFeedback(row, context, raw);
  const type = typeOf(kind, row);
  if (type === undefined) return problem('invalid', 'dsnAction: no action that is known', raw());
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
      return classOf(row) === '4' ? 'expired' : 'bounced';
    default:
      return remoteStatus(textOf(row['dsnaction'])?.toLowerCase());
  }
}

/** A template may leave out when the event was; then it is known when its mail came in. */
function timeOf(row: Fields): readonly [string, unknown] {
  const logged = row['timelogged'];
  return logged === undefined && row['timequeued'] !== undefined ? ['timeQueued', row['timequeued']] : ['timeLogged', logged];
}

/** A status that came back by mail. */
function remoteStatus(action: string | undefined): DeliveryEventType | undefined {
  if (action === 'delayed') return 'deferred';
  if (action === 'failed') return 'bounced';
  return action === 'delivered' || action === 'relayed' || action === 'expanded' ? 'delivered' : undefined;
}

/** The queue's time ran out: class 4, or "delivery time expired" with whatever class (RFC 3463: X.4.7). */
function gaveUp(row: Fields): boolean {
  return textOf(row['bouncecat']) === 'message-expired' && (classOf(row) !== '5' || /^\s*5\.4\.7\b/.test(textOf(row['dsnstatus']) ?? ''));
}

function classOf(row: Fields): string | undefined {
  const enhanced = enhancedOf(row['dsnstatus']);
  if (enhanced !== undefined) return enhanced[0];
  const said = replyCodes(textOf(row['dsndiag']) ?? '');
  return said.enhanced?.[0] ?? (said.code === undefined ? undefined : String(said.code)[0]);
}

function permanenceOf(row: Fields): boolean | undefined {
  const digit = classOf(row);
  return digit === '5' ? true : digit === '4' ? false : undefined;
}

/** `rcpt`; where a template leaves it out, the original recipient: `rfc822;user@example.com`. */
function recipientOf(row: Fields): string | undefined {
  return textOf(row['rcpt']) ?? textOf(row['orcpt'])?.replace(/^[A-Za-z0-9-]{1,20};\s*/, '');
}

/** The envelope's id; otherwise that of the header, where a template has it. */
function messageIdOf(row: Fields): string | undefined {
  return textOf(row['envid']) ?? textOf(row['header_message-id']);
}

/** The To of a mail to several names none for certain. */
function onlyAddress(to: unknown): string | undefined {
  const text = textOf(to);
  return text?.split('@').length === 2 ? text : undefined;
}

/** `mx.example.net (192.0.2.9)` */
function hostOf(row: Fields): string | undefined {
  return /^\s*(?:dns;\s*)?([^\s();]{1,255})/.exec(textOf(row['dsnmta']) ?? '')?.[1] ?? textOf(row['dlvdestinationip']);
}

/** The mail's own header fields are columns: `header_X-Desist-Tenant`. */
function headersOf(row: Fields): Fields {
  const column = (name: string): unknown => row[name] ?? row[`header_${name}`] ?? row[`header_x-${name.replace('_', '-')}`];
  return { desist_tenant: column('desist_tenant'), desist_stream: column('desist_stream') };
}

/** Microsoft's reports name the recipient in a header field of the mail; templates without `rcpt` have the mail's To. */
function readFeedback(row: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const type = feedbackMeaning(textOf(row['feedbacktype']) ?? textOf(row['feedback-type']) ?? 'abuse');
  if (type === undefined) return problem('invalid', 'feedbackType: not known', raw());
  if (type === 'ignored') return ignored('a report that is no complaint');
  const recipient = recipientOf(row) ?? textOf(row['header_x-hmxmroriginalrecipient']) ?? onlyAddress(row['header_to']);
  if (recipient === undefined || isRedacted(recipient)) {
    return problem('no_recipient', `${type}: the report names no recipient`, raw());
  }
  const identity = ['f', row['orig'], row['jobid'], row['envid'], row['header_message-id'], row['reporteddomain']];
  const messageId = messageIdOf(row);
  const time = timeOf(row);
  return eventOf('powermta', { type, recipient, time, identity, messageId, metadata: headersOf(row) }, context, raw);
}
