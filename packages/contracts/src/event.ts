/** Delivery events and commands, as records of the `delivery-events` topic: CONTRACT 1.1, 1.2 and 1.4. */
import { hash } from 'node:crypto';
import { COMMAND_TYPES, DELIVERY_EVENT_TYPES, recipientKey, SMTP_PHASES } from '@desist/domain';
import type { Command, CommandType, DeliveryEvent, DeliveryEventType, LogEvent, SmtpPhase, SmtpReply } from '@desist/domain';
import { normaliseAddress } from './address.ts';
import { clean, ID_LIMIT, optional, TEXT_LIMIT, WORD_LIMIT } from './text.ts';
import { formatTime, parseTime } from './time.ts';

export const EVENT_VERSION = 1;
/** Bytes of a value. */
export const RECORD_LIMIT = 256 * 1024;
/** An event further in the future than this is clamped to the record time, ms. */
export const CLOCK_TOLERANCE = 5 * 60_000;

export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** ms */
  readonly recordTime: number;
}

export type Refusal = 'too_large' | 'unreadable' | 'unsupported_version' | 'invalid' | 'wrong_key';

export type DecodedRecord =
  | { readonly ok: true; readonly event: LogEvent; readonly clamped: boolean }
  | { readonly ok: false; readonly reason: Refusal; readonly detail: string };

/** Tenants and streams: CONTRACT section 1. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads one record. Details name fields and never the address. */
export function decodeRecord({ key, value, recordTime }: RawRecord): DecodedRecord {
  if (value !== null && value.length > RECORD_LIMIT) return refuse('too_large', `${value.length} bytes, at most ${RECORD_LIMIT}`);
  if (value === null) return refuse('unreadable', 'no value');
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(value));
  } catch (error) {
    return refuse('unreadable', error instanceof SyntaxError ? 'not JSON' : 'not UTF-8');
  }
  const parsed = parseEvent(json, recordTime);
  if (!parsed.ok) return parsed;
  const wanted = recipientKey(parsed.event.tenant, parsed.event.recipient);
  if (key === null || Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8') !== wanted) {
    return refuse('wrong_key', key === null ? 'no key' : 'the key is not the normalised tenant/address of the value');
  }
  return parsed;
}

/** Reads a value that is parsed already. `now`: the record time, ms. */
export function parseEvent(json: unknown, now: number): DecodedRecord {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return refuse('unreadable', 'not a JSON object');
  const fields = new Fields(json as Readonly<Record<string, unknown>>);
  const version = fields.json['version'];
  if (version !== EVENT_VERSION) {
    return typeof version === 'number'
      ? refuse('unsupported_version', `version ${version}, supported: ${EVENT_VERSION}`)
      : refuse('invalid', 'version: missing or not a number');
  }
  const event = readEvent(fields, now);
  return fields.problem === undefined ? event : refuse('invalid', fields.problem);
}

function readEvent(fields: Fields, now: number): DecodedRecord {
  const type = fields.oneOf('type', [...DELIVERY_EVENT_TYPES, ...COMMAND_TYPES], true);
  const tenant = fields.name('tenant') ?? 'default';
  const recipient = fields.address('recipient');
  const occurredAt = fields.time('occurredAt', true) ?? 0;
  const given = fields.text('id', ID_LIMIT);
  const late = occurredAt <= now + CLOCK_TOLERANCE;
  const at = late ? occurredAt : now;
  const event = (COMMAND_TYPES as readonly string[]).includes(type ?? '')
    ? readCommand(fields, type as CommandType, { tenant, recipient, occurredAt: at })
    : readDelivery(fields, type as DeliveryEventType, { tenant, recipient, occurredAt: at });
  const id = given === undefined || given === '' ? deriveId(event, occurredAt) : given;
  return { ok: true, event: { ...event, id }, clamped: !late };
}

interface Common {
  readonly tenant: string;
  readonly recipient: string;
  readonly occurredAt: number;
}

function readDelivery(fields: Fields, type: DeliveryEventType, common: Common): DeliveryEvent {
  const smtp = fields.smtp();
  return {
    id: '',
    ...common,
    type,
    stream: fields.name('stream') ?? 'default',
    ...optional('messageId', fields.text('messageId', WORD_LIMIT)),
    ...optional('attempt', fields.integer('attempt', 0, 1_000_000)),
    ...optional('smtp', smtp),
    ...optional('phase', fields.oneOf('phase', SMTP_PHASES, false) as SmtpPhase | undefined),
    ...optional('remoteHost', fields.text('remoteHost', WORD_LIMIT)),
    ...optional('source', fields.text('source', WORD_LIMIT)),
    ...optional('permanent', fields.flag('permanent')),
    ...(fields.flag('certain') === false ? { certain: false } : {}),
  };
}

function readCommand(fields: Fields, type: CommandType, common: Common): Command {
  const scope = fields.text('scope', 64) ?? '*';
  if (scope !== '*' && !NAME.test(scope)) fields.wrong('scope', '"*" or the name of a stream');
  return {
    id: '',
    ...common,
    type,
    scope,
    ...optional('expiresAt', fields.time('expiresAt', false)),
    ...optional('by', fields.text('by', WORD_LIMIT)),
    ...optional('note', fields.text('note', TEXT_LIMIT)),
    ...optional('force', fields.flag('force')),
  };
}

/** Reads members with their types; keeps the first problem. */
class Fields {
  readonly json: Readonly<Record<string, unknown>>;
  problem: string | undefined;

  constructor(json: Readonly<Record<string, unknown>>) {
    this.json = json;
  }

  wrong(name: string, wanted: string): undefined {
    this.problem ??= `${name}: must be ${wanted}`;
    return undefined;
  }

  /** Null counts as not given. */
  private given(name: string): unknown {
    return Object.hasOwn(this.json, name) ? (this.json[name] ?? undefined) : undefined;
  }

  text(name: string, limit: number): string | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    return typeof value === 'string' ? clean(value, limit) : this.wrong(name, 'a string');
  }

  name(name: string): string | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    return typeof value === 'string' && NAME.test(value) ? value : this.wrong(name, `a name like ${NAME.source}`);
  }

  oneOf(name: string, known: readonly string[], required: boolean): string | undefined {
    const value = this.given(name);
    if (value === undefined && !required) return undefined;
    return typeof value === 'string' && known.includes(value) ? value : this.wrong(name, `one of ${known.join(', ')}`);
  }

  address(name: string): string {
    const value = this.given(name);
    const normalised = typeof value === 'string' ? normaliseAddress(value) : undefined;
    if (normalised?.ok === true) return normalised.address;
    this.wrong(name, `an email address${normalised === undefined ? '' : ` (${normalised.problem})`}`);
    return '';
  }

  time(name: string, required: boolean): number | undefined {
    const value = this.given(name);
    if (value === undefined && !required) return undefined;
    return (typeof value === 'string' ? parseTime(value) : undefined) ?? this.wrong(name, 'an RFC 3339 time');
  }

  integer(name: string, low: number, high: number): number | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    return this.wrong(name, `an integer from ${low} to ${high}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.given(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.wrong(name, 'true or false');
  }

  smtp(): SmtpReply | undefined {
    const value = this.given('smtp');
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.wrong('smtp', 'an object');
    const inner = new Fields(value as Readonly<Record<string, unknown>>);
    const reply = {
      ...optional('code', inner.integer('code', 200, 599)),
      ...optional('enhanced', inner.text('enhanced', 16)),
      ...optional('text', inner.text('text', TEXT_LIMIT)),
    };
    if (inner.problem !== undefined) this.problem ??= `smtp.${inner.problem}`;
    return reply;
  }
}

/** Identity from the content, for sources that give none. `occurredAt` is the source's own, before any clamp. */
function deriveId(event: LogEvent, occurredAt: number): string {
  const { tenant, recipient, type } = event;
  const content =
    'scope' in event
      ? [event.scope, event.expiresAt, event.force]
      : [event.messageId, event.attempt, event.smtp?.code, event.smtp?.enhanced, event.smtp?.text];
  return contentHash([tenant, recipient, type, occurredAt, ...content]);
}

/** 22 characters of base64url: 128 bits of the SHA-256 of the values as a JSON array, in which they can not run together. */
export function contentHash(values: readonly unknown[]): string {
  const digest = hash('sha256', JSON.stringify(values.map((value) => value ?? null)), 'buffer');
  return digest.subarray(0, 16).toString('base64url');
}

/** The record of an event, for producers. */
export function encodeEvent(event: LogEvent): { readonly key: string; readonly value: string } {
  const { occurredAt, ...rest } = event;
  const expires = 'expiresAt' in event && event.expiresAt !== undefined ? { expiresAt: formatTime(event.expiresAt) } : {};
  const value = JSON.stringify({ version: EVENT_VERSION, ...rest, occurredAt: formatTime(occurredAt), ...expires });
  return { key: recipientKey(event.tenant, event.recipient), value };
}

function refuse(reason: Refusal, detail: string): DecodedRecord {
  return { ok: false, reason, detail };
}
