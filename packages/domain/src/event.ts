/**
 * What the log carries, after decoding: delivery events (observations that somebody else made) and
 * commands (what an operator asks for). Times are milliseconds since the Unix epoch, UTC. Addresses
 * are normalised; `id` is never empty (derived from the content when the source gives none).
 */

export const DELIVERY_EVENT_TYPES = [
  'accepted',
  'deferred',
  'delivered',
  'bounced',
  'expired',
  'rejected',
  'complained',
  'unsubscribed',
] as const;
export type DeliveryEventType = (typeof DELIVERY_EVENT_TYPES)[number];

export const COMMAND_TYPES = ['suppress', 'release', 'allow', 'disallow', 'forget'] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];

export const SMTP_PHASES = ['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'end_of_data'] as const;
/** The SMTP command whose reply this is (RFC 5321 section 4.1). */
export type SmtpPhase = (typeof SMTP_PHASES)[number];

/** A reply as the source logged it. `code` is the three-digit reply code (RFC 5321), `enhanced` the status code (RFC 3463). */
export interface SmtpReply {
  readonly code?: number;
  readonly enhanced?: string;
  readonly text?: string;
}

interface Envelope {
  /** Identity for de-duplication within one recipient. */
  readonly id: string;
  readonly tenant: string;
  /** Normalised address: domain in ASCII, everything lower-cased, local part NFC. */
  readonly recipient: string;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

export interface DeliveryEvent extends Envelope {
  readonly type: DeliveryEventType;
  readonly stream: string;
  readonly messageId?: string;
  readonly attempt?: number;
  readonly smtp?: SmtpReply;
  readonly phase?: SmtpPhase;
  readonly remoteHost?: string;
  readonly source?: string;
  /** The source's own verdict on a bounce; used only when reply and text say nothing. */
  readonly permanent?: boolean;
  /**
   * False: the source does not say for certain that this is about this recipient (one of several candidates of a complaint, a
   * refusal that the provider itself puts on the sender). Such an event proves nothing, whatever its type and text.
   */
  readonly certain?: false;
}

export interface Command extends Envelope {
  readonly type: CommandType;
  /** `*` or a stream. */
  readonly scope: string;
  readonly expiresAt?: number;
  readonly by?: string;
  readonly note?: string;
  readonly force?: boolean;
}

export type LogEvent = DeliveryEvent | Command;

const COMMANDS: ReadonlySet<string> = new Set(COMMAND_TYPES);

export function isCommand(event: LogEvent): event is Command {
  return COMMANDS.has(event.type);
}

/** `tenant/address`: the key of every topic, and of a recipient within the engine. */
export type RecipientKey = string;

export function recipientKey(tenant: string, address: string): RecipientKey {
  return `${tenant}/${address}`;
}
