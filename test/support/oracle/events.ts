/**
 * Events of one recipient for tests: `deferred('6h')`, `delivered('72h-1ms', { message: 'm2' })`. Every
 * builder has the same defaults, so a test spells out only what it is about. The id comes from the
 * content: the same call twice is a duplicate; give an `id` where two equal events are meant.
 */
import type { Attribution, Category, Verdict } from '@desist/verdicts';
import type { Command, CommandType, DeliveryEvent, DeliveryEventType, EngagementKind, SuppressionReason } from '@desist/domain';
import type { SmtpPhase, SmtpReply } from '@desist/verdicts';
import { asTenant, asAddress } from '@desist/domain';

/** 2026-03-01T00:00:00.000Z, the `0h` of every test. */
export const START = Date.UTC(2026, 2, 1);

/** Milliseconds since the epoch, or a time after START such as `72h`, `48h+1ms`, `60d-1ms`, `1d+6h+30m`. */
export type Moment = number | string;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time in ms: `span('72h-1ms')`. */
export function span(text: string): number {
  const terms = text.match(/^[+-]?\d+(?:ms|s|m|h|d)(?:[+-]\d+(?:ms|s|m|h|d))*$/) ? text.match(/[+-]?\d+[a-z]+/g) : null;
  if (!terms) throw new Error(`not a length of time: ${text}`);
  return terms.reduce((sum, term) => {
    const number = Number.parseInt(term, 10);
    return sum + number * (UNITS[term.replace(/[^a-z]/g, '')] ?? Number.NaN);
  }, 0);
}

/** The time in ms since the epoch. */
export function at(moment: Moment): number {
  return typeof moment === 'number' ? moment : START + span(moment);
}

interface ScriptedReply {
  readonly smtp: SmtpReply;
  readonly category: Category;
  readonly attribution: Attribution;
  readonly permanence: Verdict['permanence'];
}

function reply(text: string, category: Category, attribution: Attribution, permanence: Verdict['permanence']): ScriptedReply {
  const match = /^(\d{3}) (\d\.\d{1,3}\.\d{1,3})? ?/.exec(text);
  const smtp = { code: Number(match?.[1]), text, ...(match?.[2] === undefined ? {} : { enhanced: match[2] }) };
  return { smtp, category, attribution, permanence };
}

/** Replies by name, each with the verdict that tests of the state machine take for given. */
export const REPLIES = {
  mailbox_full: reply('452 4.2.2 Mailbox full', 'mailbox_full', 'recipient', 'temporary'),
  mailbox_full_552: reply('552 5.2.2 Mailbox full', 'mailbox_full', 'recipient', 'permanent'),
  user_unknown: reply('550 5.1.1 User unknown', 'user_unknown', 'recipient', 'permanent'),
  user_unknown_450: reply('450 4.1.1 User unknown', 'user_unknown', 'recipient', 'temporary'),
  domain_not_found: reply('550 5.1.2 Host unknown', 'domain_not_found', 'recipient', 'permanent'),
  invalid_address: reply('553 5.1.3 Bad address syntax', 'invalid_address', 'recipient', 'permanent'),
  mailbox_disabled: reply('550 5.2.1 Mailbox disabled', 'mailbox_disabled', 'recipient', 'permanent'),
  mailbox_moved: reply('551 5.1.6 User has moved', 'mailbox_moved', 'recipient', 'permanent'),
  recipient_refused: reply('550 5.7.1 Rejected by recipient', 'recipient_refused', 'recipient', 'permanent'),
  upstream_suppressed: reply('550 5.1.1 Recipient is on the suppression list', 'upstream_suppressed', 'recipient', 'permanent'),
  rate_limited: reply('421 4.7.28 Rate limit exceeded', 'rate_limited', 'sender', 'temporary'),
  spam_content: reply('554 5.7.1 Message looks like spam', 'spam_content', 'message', 'permanent'),
  policy_block: reply('550 5.7.1 Local policy', 'policy_block', 'sender', 'permanent'),
  system_error: reply('451 4.3.0 Temporary system problem', 'system_error', 'system', 'temporary'),
  greylisting: reply('450 4.7.1 Greylisted, try again', 'greylisting', 'greylisting', 'temporary'),
  connection_failure: reply('421 4.4.1 Connection timed out', 'connection_failure', 'local', 'temporary'),
  expired: reply('550 4.4.7 Delivery time expired', 'expired', 'local', 'permanent'),
  expired_elsewhere: reply('451 4.4.7 Message expired in queue', 'expired', 'system', 'temporary'),
  unknown: reply('450 Something went wrong', 'unknown', 'unknown', 'temporary'),
} as const satisfies Readonly<Record<string, ScriptedReply>>;
export type ReplyName = keyof typeof REPLIES;

const BY_TEXT: ReadonlyMap<string | undefined, ScriptedReply> = new Map(
  Object.values(REPLIES).map((scripted) => [scripted.smtp.text, scripted]),
);

/** The verdict that goes with a reply of REPLIES; null when the event has none. Fits `OracleInput.verdictOf`. */
export function scriptedVerdict(event: DeliveryEvent): Verdict | null {
  if (event.smtp === undefined) return null;
  const found = BY_TEXT.get(event.smtp.text);
  if (!found) throw new Error(`not a reply of REPLIES: ${event.smtp.text ?? ''}`);
  const { category, attribution, permanence } = found;
  return { category, attribution, permanence, rule: `scripted.${category}` };
}

export interface EventOptions {
  readonly id?: string;
  readonly tenant?: string;
  readonly recipient?: string;
  readonly stream?: string;
  /** Null: the event has no message id. */
  readonly message?: string | null;
  /** Null: the event has no reply. */
  readonly reply?: ReplyName | null;
  readonly attempt?: number;
  readonly phase?: SmtpPhase;
  readonly remoteHost?: string;
  readonly permanent?: boolean;
  readonly source?: string;
  /** Of `engaged`. */
  readonly kind?: EngagementKind;
}

/** Any delivery event; by default of message `m1` in the stream `transactional`, without a reply. */
export function delivery(type: DeliveryEventType, moment: Moment, options: EventOptions = {}): DeliveryEvent {
  const { stream = 'transactional', message = 'm1', reply: name = null, attempt, phase, remoteHost, permanent, source, kind } = options;
  const occurredAt = at(moment);
  const content = [type, occurredAt, stream, message, name, attempt, permanent, ...(kind === undefined ? [] : [kind])];
  return {
    id: options.id ?? content.map((part) => part ?? '').join('|'),
    tenant: asTenant(options.tenant ?? 'acme'),
    recipient: asAddress(options.recipient ?? 'alice@example.com'),
    type,
    stream,
    occurredAt,
    ...(message === null ? {} : { messageId: message }),
    ...(name === null ? {} : { smtp: REPLIES[name].smtp }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(phase === undefined ? {} : { phase }),
    ...(remoteHost === undefined ? {} : { remoteHost }),
    ...(permanent === undefined ? {} : { permanent }),
    ...(source === undefined ? {} : { source }),
    ...(kind === undefined ? {} : { kind }),
  };
}

/** A deferral; by default a full mailbox, which counts. */
export function deferred(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('deferred', moment, { reply: 'mailbox_full', ...options });
}

/** A bounce; by default an unknown user, a hard bounce. */
export function bounced(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('bounced', moment, { reply: 'user_unknown', ...options });
}

/** A bounce that counts and is no hard one: a give-up. */
export function gaveUp(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('bounced', moment, { reply: 'mailbox_full_552', ...options });
}

/** The MTA stopped retrying; by default without a reply. */
export function expired(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('expired', moment, options);
}

export function delivered(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('delivered', moment, options);
}

/** Proof of life; of no message unless one is named. */
export function engaged(kind: EngagementKind, moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('engaged', moment, { message: null, ...options, kind });
}

export function accepted(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('accepted', moment, options);
}

export function rejected(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('rejected', moment, { reply: 'upstream_suppressed', ...options });
}

export function complained(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('complained', moment, options);
}

export function unsubscribed(moment: Moment, options: EventOptions = {}): DeliveryEvent {
  return delivery('unsubscribed', moment, options);
}

export interface CommandOptions {
  readonly id?: string;
  readonly tenant?: string;
  readonly recipient?: string;
  /** `*` by default. */
  readonly scope?: string;
  /** Without it: for ever; of an `amend`: as it is. Null is for an `amend`: for ever. */
  readonly until?: Moment | null;
  readonly force?: boolean;
  readonly by?: string;
  readonly note?: string;
  readonly source?: string;
  readonly subdomains?: boolean;
  readonly reason?: SuppressionReason;
}

/** Any command; by default of scope `*`. */
export function command(type: CommandType, moment: Moment, options: CommandOptions = {}): Command {
  const { scope = '*', until, force, by = 'operator', note, source, subdomains, reason } = options;
  const occurredAt = at(moment);
  const expiresAt = until === undefined || until === null ? until : at(until);
  const content = [type, occurredAt, scope, expiresAt ?? '', force];
  return {
    id: options.id ?? content.map((part) => part ?? '').join('|'),
    tenant: asTenant(options.tenant ?? 'acme'),
    recipient: asAddress(options.recipient ?? 'alice@example.com'),
    type,
    occurredAt,
    scope,
    by,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(force === undefined ? {} : { force }),
    ...(note === undefined ? {} : { note }),
    ...(source === undefined ? {} : { source }),
    ...(subdomains === undefined ? {} : { subdomains }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export function amend(moment: Moment, options: CommandOptions = {}): Command {
  return command('amend', moment, options);
}

export function suppress(moment: Moment, options: CommandOptions = {}): Command {
  return command('suppress', moment, options);
}

export function release(moment: Moment, options: CommandOptions = {}): Command {
  return command('release', moment, options);
}

export function allow(moment: Moment, options: CommandOptions = {}): Command {
  return command('allow', moment, options);
}

export function disallow(moment: Moment, options: CommandOptions = {}): Command {
  return command('disallow', moment, options);
}
