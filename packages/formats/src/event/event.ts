/** Delivery events and commands, as records of the `delivery-events` topic: CONTRACT 1.1, 1.2 and 1.4. */
import { hash128 } from '#hash128';
import {
  asAddress,
  asTenant,
  COMMAND_TYPES,
  DELIVERY_EVENT_TYPES,
  DOMAIN_COMMAND_TYPES,
  ENGAGEMENT_KINDS,
  isDomainEntry,
  recipientKey,
  SUPPRESSION_REASONS,
} from '@desist/domain';
import { SMTP_PHASES } from '@desist/verdicts';
import type {
  Address,
  Command,
  CommandType,
  DeliveryEvent,
  DeliveryEventType,
  EngagementKind,
  LogEvent,
  SuppressionReason,
  Tenant,
} from '@desist/domain';
import type { SmtpPhase, SmtpReply } from '@desist/verdicts';
import { normaliseRecipient } from './address.ts';
import { clean, ID_LIMIT, optional, TEXT_LIMIT, WORD_LIMIT } from './text.ts';
import { formatTime, parseTime } from './time.ts';

export const EVENT_VERSION = 1;
/** The tenant of an event that names none: CONTRACT section 1. */
export const DEFAULT_TENANT = 'default';
/** Maximum size of a record value, in bytes. */
export const RECORD_LIMIT = 256 * 1024;
/** In ms. The time of an event further in the future than this is clamped to the record time. */
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

/** Pattern of tenant and stream names: CONTRACT section 1. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Pattern of the name of a pool: CONTRACT 1.1. */
export const POOL = /^[A-Za-z0-9._-]{1,64}$/;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const keyText = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes one record. `detail` names fields and never contains the address. */
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
  if (key === null || keyText.decode(key) !== wanted) {
    return refuse('wrong_key', key === null ? 'no key' : 'the key is not the normalised tenant/address of the value');
  }
  return parsed;
}

/** Validates a record value that is already parsed as JSON. `now` is the record time, ms. */
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
  const tenant = asTenant(fields.name('tenant') ?? DEFAULT_TENANT);
  const recipient = fields.recipient('recipient', (DOMAIN_COMMAND_TYPES as readonly unknown[]).includes(type));
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
  readonly tenant: Tenant;
  readonly recipient: Address;
  readonly occurredAt: number;
}

function readDelivery(fields: Fields, type: DeliveryEventType, common: Common): DeliveryEvent {
  const smtp = fields.smtp();
  return {
    id: '',
    ...common,
    type,
    stream: fields.name('stream') ?? 'default',
    ...(type === 'engaged' ? optional('kind', fields.oneOf('kind', ENGAGEMENT_KINDS, true) as EngagementKind | undefined) : {}),
    ...optional('messageId', fields.text('messageId', WORD_LIMIT)),
    ...optional('attempt', fields.integer('attempt', 0, 1_000_000)),
    ...optional('smtp', smtp),
    ...optional('phase', fields.oneOf('phase', SMTP_PHASES, false) as SmtpPhase | undefined),
    ...optional('remoteHost', fields.text('remoteHost', WORD_LIMIT)),
    ...optional('pool', fields.name('pool', POOL)),
    ...optional('source', fields.text('source', WORD_LIMIT)),
    ...optional('permanent', fields.flag('permanent')),
    ...(fields.flag('certain') === false ? { certain: false } : {}),
  };
}

function readCommand(fields: Fields, type: CommandType, common: Common): Command {
  const scope = fields.text('scope', 64) ?? '*';
  if (scope !== '*' && !NAME.test(scope)) fields.wrong('scope', '"*" or the name of a stream');
  const command: Command = {
    id: '',
    ...common,
    type,
    scope,
    ...optional('expiresAt', type === 'amend' && fields.isNull('expiresAt') ? null : fields.time('expiresAt', false)),
    ...optional('by', fields.text('by', WORD_LIMIT)),
    ...optional('note', fields.text('note', TEXT_LIMIT)),
    ...optional('force', fields.flag('force')),
    ...optional('source', fields.text('source', WORD_LIMIT)),
    ...optional('subdomains', fields.flag('subdomains')),
    ...(type === 'amend' ? optional('reason', fields.oneOf('reason', SUPPRESSION_REASONS, false) as SuppressionReason | undefined) : {}),
  };
  if (command.subdomains === true && !isDomainEntry(command.recipient)) fields.wrong('subdomains', 'false: the recipient is not a domain');
  if (type === 'amend' && command.expiresAt === undefined && command.note === undefined && command.subdomains === undefined) {
    fields.wrong('expiresAt', 'given, or note: an amend without both changes nothing');
  }
  return command;
}

/** Reads typed fields of an object and keeps the first problem. */
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

  /** Null is treated as missing. */
  private given(name: string): unknown {
    return Object.hasOwn(this.json, name) ? (this.json[name] ?? undefined) : undefined;
  }

  text(name: string, limit: number): string | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    return typeof value === 'string' ? clean(value, limit) : this.wrong(name, 'a string');
  }

  name(name: string, pattern = NAME): string | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    return typeof value === 'string' && pattern.test(value) ? value : this.wrong(name, `a name like ${pattern.source}`);
  }

  oneOf(name: string, known: readonly string[], required: boolean): string | undefined {
    const value = this.given(name);
    if (value === undefined && !required) return undefined;
    return typeof value === 'string' && known.includes(value) ? value : this.wrong(name, `one of ${known.join(', ')}`);
  }

  /** `domains`: it may also be `@` and a domain. */
  recipient(name: string, domains: boolean): Address {
    const value = this.given(name);
    const normalised = typeof value === 'string' ? normaliseRecipient(value) : undefined;
    if (normalised?.ok === true && (domains || !isDomainEntry(normalised.address))) return normalised.address;
    const why = normalised?.ok === true ? `only ${DOMAIN_COMMAND_TYPES.join(', ')} take a domain` : normalised?.problem;
    this.wrong(name, `an email address${why === undefined ? '' : ` (${why})`}`);
    return asAddress('');
  }

  isNull(name: string): boolean {
    return Object.hasOwn(this.json, name) && this.json[name] === null;
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

/** Derives the event id from the content, for sources without ids. `occurredAt` is the source's time before clamping. */
function deriveId(event: LogEvent, occurredAt: number): string {
  const { tenant, recipient, type } = event;
  const content =
    'scope' in event
      ? [event.scope, event.expiresAt, event.force, ...partsOfAmend(event), ...(event.subdomains === true ? ['subdomains'] : [])]
      : [
          event.messageId,
          event.attempt,
          event.smtp?.code,
          event.smtp?.enhanced,
          event.smtp?.text,
          ...(event.kind === undefined ? [] : [event.kind]),
        ];
  return contentHash([tenant, recipient, type, occurredAt, ...content]);
}

function partsOfAmend({ type, expiresAt, note, reason, subdomains }: Command): readonly unknown[] {
  return type === 'amend' ? [expiresAt === null ? 'never' : null, note, reason, subdomains] : [];
}

/**
 * Returns 22 characters of base64url: 128 bits of the SHA-256 of the values, serialised as a JSON array so that adjacent values cannot
 * be confused.
 */
export function contentHash(values: readonly unknown[]): string {
  return hash128(JSON.stringify(values.map((value) => value ?? null)));
}

/** Encodes an event as a record, for producers. */
export function encodeEvent(event: LogEvent): { readonly key: string; readonly value: string } {
  const { occurredAt, ...rest } = event;
  const expiresAt = 'expiresAt' in event ? event.expiresAt : undefined;
  const expires = expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : formatTime(expiresAt) };
  const value = JSON.stringify({ version: EVENT_VERSION, ...rest, occurredAt: formatTime(occurredAt), ...expires });
  return { key: recipientKey(event.tenant, event.recipient), value };
}

function refuse(reason: Refusal, detail: string): DecodedRecord {
  return { ok: false, reason, detail };
}
