/**
 * Exchange message tracking (Microsoft Learn, "Message tracking"): the log files (`#Fields: date-time,..`) and what
 * `Get-MessageTrackingLog | Export-Csv` writes. One event per recipient of a SEND, DELIVER, DEFER or FAIL.
 */
import type { DeliveryEventType } from '@desist/domain';
import { csvFields, oddQuotes } from './csv.ts';
import { eventOf, problem } from './draft.ts';
import type { LineReader, NormaliseContext, Normalised } from './format.ts';
import { isObject } from './json.ts';
import { anyLine, checkedLine, ignoredLine, lineFormat, NO_DELIVERY, NOTHING, OWN_BOUNCE } from './lines.ts';
import { replyCodes } from './reply.ts';

const COMMENT = ignoredLine('a comment');
const HEADER = ignoredLine('the names of the columns');
const HAND_OVER = ignoredLine('handed over to a server of the same organization');

const FIELDS = /^\uFEFF?#Fields:\s*(.+)$/i;
const EXPORTED = /^\uFEFF?"?(?:[A-Za-z]{1,40}"?[,;]"?){0,60}EventId"?[,;]/;

export const exchange = lineFormat({
  name: 'exchange',
  looksLike: (sample) =>
    anyLine(
      sample,
      /^\uFEFF?#Log-type:\s*Message Tracking Log|^\uFEFF?#Fields:\s*date-time,(?=[^]*\bevent-id,)[^]*\brecipient-status\b/i,
    ) || anyLine(sample, /^(?=[^]{0,2000}\bEventId\b)(?=[^]{0,2000}\bRecipientStatus\b)\uFEFF?"?[A-Za-z]{2,40}"?[,;]/),
  open,
});

interface State {
  columns: readonly string[] | undefined;
  /** The start of a row whose quoted field contains a line feed. */
  open: string;
}

/** Characters that are kept of a row in several lines. */
const ROW_LIMIT = 64 * 1024;

function open(context: NormaliseContext, given?: unknown): LineReader {
  const kept = isObject(given) ? given : {};
  const columns: unknown = kept['columns'];
  const state: State = {
    columns: Array.isArray(columns) && columns.every((one) => typeof one === 'string') ? (columns as string[]) : undefined,
    open: typeof kept['open'] === 'string' ? kept['open'] : '',
  };
  return {
    push: (line) => checkedLine(line, (whole) => readLine(whole, state, context)),
    end() {
      const rest = state.open;
      state.open = '';
      return rest === '' ? NOTHING : [problem('unreadable', 'a quoted field is not closed', rest)];
    },
    state: () => ({ columns: state.columns ?? null, open: state.open }),
  };
}

function readLine(given: string, state: State, context: NormaliseContext): readonly Normalised[] {
  const line = state.open === '' ? given : `${state.open}\n${given}`;
  state.open = '';
  const fields = FIELDS.exec(line)?.[1];
  if (fields !== undefined) {
    state.columns = fields.split(',').map(columnName);
    return HEADER;
  }
  if (/^\uFEFF?#/.test(line)) return COMMENT;
  if (EXPORTED.test(line)) {
    state.columns = (csvFields(comma(line).replace(/^\uFEFF/, '')) ?? []).map(columnName);
    return HEADER;
  }
  if (oddQuotes(line)) {
    if (line.length > ROW_LIMIT) return [problem('too_large', 'a quoted field is not closed', line.slice(0, ROW_LIMIT))];
    state.open = line;
    return NOTHING;
  }
  const row = csvFields(line);
  if (row === undefined) return [problem('unreadable', 'not CSV', line)];
  if (state.columns === undefined) return [problem('invalid', 'the line with the names of the columns (#Fields) is missing', line)];
  return readRow(new Map(state.columns.map((name, index) => [name, row[index] ?? ''])), line, context);
}

/** An export with semicolons, as some cultures write it. Only its header tells. */
function comma(line: string): string {
  return line.includes(',') ? line : line.replaceAll(';', ',');
}

/** Names of the log file and of the export, as one: `event-id` and `EventId`. */
function columnName(text: string): string {
  const name = text
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
  return SAME.get(name) ?? name;
}

const SAME: ReadonlyMap<string, string> = new Map([
  ['timestamp', 'datetime'],
  ['recipients', 'recipientaddress'],
  ['sender', 'senderaddress'],
]);

type Row = ReadonlyMap<string, string>;

function readRow(row: Row, line: string, context: NormaliseContext): readonly Normalised[] {
  const get = (name: string): string => row.get(name)?.trim() ?? '';
  const type = typeOf(get('eventid').toUpperCase(), get('source').toUpperCase());
  if (type === undefined) return NO_DELIVERY;
  const sender = get('senderaddress');
  if (sender === '<>' || get('returnpath') === '<>') return OWN_BOUNCE;
  if (get('eventid').toUpperCase() === 'SEND' && /intra-organization/i.test(get('connectorid'))) return HAND_OVER;
  const recipients = get('recipientaddress')
    .split(/[;|]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (recipients.length === 0) return [problem('no_recipient', `${type}: recipient-address is empty`, line)];
  const replies = repliesOf(get('recipientstatus'), recipients.length);
  const messageId = get('messageid');
  return recipients.map((recipient, index) => {
    const { text, host } = replies?.[index] ?? { text: undefined, host: undefined };
    const codes = replyCodes(text ?? '');
    const event: DeliveryEventType = type === 'bounced' && isExpiry(text, codes.enhanced) ? 'expired' : type;
    const draft = {
      type: event,
      recipient,
      time: ['date-time', get('datetime')] as const,
      identity: [get('internalmessageid'), messageId, get('eventid'), get('source'), text],
      messageId,
      text,
      remoteHost: host ?? (type === 'delivered' && get('source').toUpperCase() === 'SMTP' ? get('serverhostname') || undefined : undefined),
      permanent: event === 'bounced' ? codes.enhanced?.[0] !== '4' : undefined,
    };
    return eventOf('exchange', draft, context, () => line);
  });
}

/** Undefined: the event is no outcome of a delivery. What an agent or a rule of this server drops was refused by the sender itself. */
function typeOf(event: string, source: string): 'delivered' | 'deferred' | 'bounced' | 'rejected' | undefined {
  switch (event) {
    case 'SEND':
      return source === 'SMTP' ? 'delivered' : undefined;
    case 'DELIVER':
      return 'delivered';
    case 'DEFER':
      return source === 'AGENT' ? undefined : 'deferred';
    case 'FAIL':
      return source === 'AGENT' || source === 'ADMIN' ? 'rejected' : 'bounced';
    default:
      return undefined;
  }
}

function isExpiry(text: string | undefined, enhanced: string | undefined): boolean {
  return enhanced === '4.4.7' || /QUEUE\.Expired/i.test(text ?? '');
}

interface Reply {
  readonly text: string | undefined;
  readonly host: string | undefined;
}

/** The status of each recipient. Undefined if the text cannot be divided among them with certainty. */
function repliesOf(status: string, recipients: number): readonly Reply[] | undefined {
  if (status === '') return undefined;
  const detailed = status.startsWith('[{') ? status.split(/(?<=\}\]);/) : [status];
  const pieces =
    recipients === 1 ? [status] : detailed.length === recipients ? detailed : status.split(/;(?=\s*'?(?:smtp;\s*)?[245]\d\d[ -])/);
  return pieces.length === recipients ? pieces.map(replyOf) : undefined;
}

/** `[{LRT=..};{LED=550 5.1.1 ..};{FQDN=mx.example.com};{IP=..}]`, or the reply itself. */
function replyOf(piece: string): Reply {
  const detail = /\{LED=([^]*?)\}(?:;\{|\]|$)/.exec(piece)?.[1];
  const host = /\{FQDN=([^{}]{1,255})\}/.exec(piece)?.[1];
  const text = (detail ?? piece)
    .trim()
    .replace(/^'([^]*)'$/, '$1')
    .trim();
  return { text: text === '' ? undefined : text, host };
}
