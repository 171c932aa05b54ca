/**
 * Haraka has no event stream of its own. This format reads what plugins write from the hooks delivered, deferred and bounce (lines of
 * an outbound logger, webhook bodies), and the NOTICE lines of Haraka's own log, as text or JSON.
 */
import type { DeliveryEventType } from '@desist/domain';
import { bareLine } from './carrier.ts';
import type { DetectableFormat } from './detect.ts';
import { eventOf, ignored, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { LineFormat, LineReader, NormaliseContext, Normalised } from './format.ts';
import { countOf, fieldsOf, idOf, listOf, parseJson, textOf, isObject } from './json.ts';
import type { Fields } from './json.ts';
import { anyLine, beginsAsJson, lineFormat, NO_DELIVERY, OTHER_PROGRAM, statelessReader } from './lines.ts';
import { classOf, codeOf, enhancedOf, replyCodes } from './reply.ts';
import { syslogLine, syslogMoment } from './syslog.ts';
import type { Moment } from './time.ts';

const TYPES: Readonly<Record<string, DeliveryEventType>> = {
  delivered: 'delivered',
  deferred: 'deferred',
  bounced: 'bounced',
  bounce: 'bounced',
};

const elements = elementFormat({ name: 'haraka', looksLike: () => false, read });
const log = lineFormat({ name: 'haraka', looksLike: () => false, open });

const LOG_LINE = /\[(?:NOTICE|INFO|WARN|ERROR|CRIT|DEBUG|PROTOCOL|DATA)\] \[[\w.-]{1,80}\] \[/;
const UUID = /^[\dA-F]{8}-(?:[\dA-F]{4}-){3}[\dA-F]{12}(?:\.\d{1,9}){0,2}$/i;

export const haraka: LineFormat & DetectableFormat = {
  name: 'haraka',
  looksLike: (sample) => isRecord(sample.first) || anyLine(sample, LOG_LINE),
  open,
  normalise: (payload, context) => (beginsAsJson(payload) ? elements : log).normalise(payload, context),
};

function open(context: NormaliseContext): LineReader {
  return statelessReader((line) => readLine(line, context));
}

function isRecord(first: Fields): boolean {
  if ('job_id' in first && 'type' in first && ('queue_time' in first || first['name'] === 'outbound_logger')) return true;
  if ('queue_id' in first && 'event' in first && 'to' in first) return true;
  return 'level' in first && 'source' in first && 'message' in first && UUID.test(textOf(first['uuid']) ?? '');
}

// ------------------------------------------------------------------------------------------------------------ log lines

const LINE = /^(?:(\d{4}-\d\d-\d\d[T ]\S{8,30}) )?\[([A-Z]{1,10})\] \[([^\]\s]{1,80})\] \[([^\]]{1,80})\] (.*)$/s;

function readLine(line: string, context: NormaliseContext): readonly Normalised[] {
  if (line.startsWith('{')) {
    const element = parseJson(line);
    const found = isObject(element) ? read(element, context, () => line) : problem('unreadable', 'not JSON', line);
    return Array.isArray(found) ? (found as readonly Normalised[]) : [found as Normalised];
  }
  const bare = LINE.test(line) ? line : bareLine(line);
  const head = LINE.test(bare) ? undefined : syslogLine(line);
  const match = LINE.exec(head?.message ?? bare);
  if (match === null) return head === undefined ? [problem('unreadable', 'not a line of a Haraka log', line)] : OTHER_PROGRAM;
  const [, time, , uuid, , message] = match as unknown as [string, string | undefined, string, string, string, string];
  const recipient = recipientLine(message);
  if (recipient === undefined) return NO_DELIVERY;
  const moment: Moment | undefined = time === undefined && head !== undefined ? syslogMoment(head.time, context) : undefined;
  return [
    eventOf(
      'haraka',
      { ...recipient, time: moment ?? ['time', time], messageId: uuid, identity: [uuid, recipient.text] },
      context,
      () => line,
    ),
  ];
}

const RECIPIENT_LINE = /^recipient <([^>]{1,320})> (rejected|deferred): (.*)$/s;

/**
 * Reads a recipient line. The lines "bouncing mail" and "delivered file" are skipped: they repeat the outcome without a reason, or
 * name no recipient.
 */
function recipientLine(message: string): Pick<Draft, 'type' | 'recipient' | 'text' | 'phase' | 'permanent'> | undefined {
  const match = RECIPIENT_LINE.exec(message);
  if (match === null) return undefined;
  const [, recipient, what, text] = match as unknown as [string, string, string, string];
  const bounced = what === 'rejected';
  return {
    type: bounced ? 'bounced' : 'deferred',
    recipient,
    text,
    phase: 'rcpt',
    permanent: bounced ? permanenceOf(replyCodes(text)) : undefined,
  };
}

// ------------------------------------------------------------------------------------------------------ plugins' records

function read(record: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const name = textOf(record['event']) ?? textOf(record['type']);
  if (name === undefined) return readLogRecord(record, context, raw);
  const type = Object.hasOwn(TYPES, name.toLowerCase()) ? TYPES[name.toLowerCase()] : undefined;
  if (type === undefined)
    return /^(?:queued|test|open|click)$/i.test(name) ? ignored(`event: ${name}`) : problem('invalid', 'event: not known', raw());
  const draft = draftOf(record, type);
  const recipients = listOf(record['recipient'] ?? record['rcpt'] ?? record['to'] ?? record['rcpt_to']);
  const named = recipients.length === 0 ? [undefined] : recipients;
  // The hooks report one outcome per mail and domain. With several recipients it need not apply to each.
  const certain = named.length > 1 ? (false as const) : undefined;
  return named.map((recipient) => eventOf('haraka', { ...draft, recipient: addressOf(recipient), certain }, context, raw));
}

/** Reads a line of Haraka's own log with `format=json`. */
function readLogRecord(record: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const message = textOf(record['message']);
  if (message === undefined) return problem('invalid', 'event: missing', raw());
  const recipient = recipientLine(message);
  if (recipient === undefined) return ignored('no delivery attempt');
  const uuid = idOf(record['uuid']);
  return eventOf('haraka', { ...recipient, time: timeOf(record), messageId: uuid, identity: [uuid, recipient.text] }, context, raw);
}

/** Address of a hook's recipient: `{"original": "<user@example.com>"}`, or its parts. */
function addressOf(recipient: unknown): unknown {
  if (!isObject(recipient)) return recipient;
  const { original, address, user, host } = recipient;
  return (
    textOf(original) ??
    textOf(address) ??
    (textOf(user) !== undefined && textOf(host) !== undefined ? `${String(user)}@${String(host)}` : undefined)
  );
}

function timeOf(record: Fields): readonly [string, unknown] {
  for (const name of ['timestamp', 'time', 'timeLogged', 'date']) if (record[name] !== undefined) return [name, record[name]];
  return ['timestamp', undefined];
}

function draftOf(record: Fields, hook: DeliveryEventType): Omit<Draft, 'recipient'> {
  const given = textOf(reasonOf(record, hook));
  const { text, gaveUp } = given === undefined ? { text: undefined, gaveUp: false } : unwrapped(given);
  const type = hook === 'bounced' && gaveUp ? 'expired' : hook;
  const codes = codesOf(record, type, text);
  const message = textOf(record['message_id']);
  const queue = idOf(record['queue_id'] ?? record['job_id'] ?? record['uuid']);
  return {
    type,
    time: timeOf(record),
    identity: [message, queue, given],
    messageId: message ?? queue,
    attempt: countOf(fieldsOf(record['metadata'])['attempts']),
    code: codes.code,
    enhanced: codes.enhanced,
    // The full reason is kept: "Too many failures" shows that this was the last of several attempts.
    text: given,
    remoteHost: textOf(record['smtp_host']) ?? textOf(record['host']) ?? textOf(fieldsOf(record['metadata'])['mx_host']),
    permanent: type === 'bounced' ? verdictOf(record, codes) : undefined,
  };
}

const REASONS: Readonly<Record<'delivered' | 'deferred' | 'bounced', readonly string[]>> = {
  delivered: ['smtp_response', 'response', 'dsn_message'],
  deferred: ['undelivered_reason', 'response', 'reason', 'dsn_message'],
  bounced: ['undelivered_reason', 'bounce_message', 'reason', 'response', 'dsn_message'],
};

function reasonOf(record: Fields, hook: DeliveryEventType): unknown {
  const names = REASONS[hook as keyof typeof REASONS];
  const own = names.map((name) => record[name]).find((value) => textOf(value) !== undefined && value !== 'unknown error');
  return own ?? fieldsOf(record['metadata'])['reason'];
}

const GIVEN_UP = /^Too many failures \(?(.*?)\)?$/s;

/**
 * Unwraps the reason of a bounce. After its last retry Haraka turns a temporary failure into a bounce, and the 4 of its status into a
 * 5.
 */
function unwrapped(given: string): { readonly text: string; readonly gaveUp: boolean } {
  const inside = GIVEN_UP.exec(given)?.[1];
  return { text: (inside ?? given).replace(/^Upstream error: /, ''), gaveUp: inside !== undefined };
}

interface Codes {
  readonly code?: number | undefined;
  readonly enhanced?: string | undefined;
}

/**
 * Extracts the codes. `dsn_status` can contain a reply code. A bounce "with code 250" has several recipients, and the code of the
 * failed one is lost.
 */
function codesOf(record: Fields, type: DeliveryEventType, text: string | undefined): Codes {
  const details = fieldsOf(fieldsOf(record['metadata'])['error_details']);
  const status = record['dsn_status'];
  const parsed = replyCodes(text ?? '');
  const explicit = [record['bounce_code'], record['dsn_code'], status, details['code']]
    .map(codeOf)
    .find((code) => code !== undefined && fits(code, type));
  const code = parsed.code !== undefined && fits(parsed.code, type) ? parsed.code : explicit;
  // "Too many failures" changes the status, so it no longer matches the reply.
  const enhanced =
    type === 'expired' ? parsed.enhanced : (enhancedOf(status) ?? parsed.enhanced ?? replyCodes(textOf(details['msg']) ?? '').enhanced);
  return { code, enhanced };
}

function fits(code: number, type: DeliveryEventType): boolean {
  return code < 400 === (type === 'delivered');
}

/** The plugin's own classification has priority. */
function verdictOf(record: Fields, codes: Codes): boolean | undefined {
  switch (textOf(record['bounce_type'])) {
    case 'hard':
      return true;
    case 'soft':
      return false;
    default:
      return permanenceOf(codes);
  }
}

function permanenceOf(codes: Codes): boolean | undefined {
  const digit = classOf(codes);
  return digit === '5' ? true : digit === '4' ? false : undefined;
}
