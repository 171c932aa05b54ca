/**
 * What the log carries, after decoding: delivery events (observations that somebody else made) and
 * commands (what an operator asks for). Times are milliseconds since the Unix epoch, UTC. Addresses
 * are normalised; `id` is never empty (derived from the content when the source gives none).
 */

import type { SmtpPhase, SmtpReply } from '@desist/verdicts';

import type { Address, Tenant } from './keys.ts';
import type { SuppressionReason } from './recipient/types.ts';

export const DELIVERY_EVENT_TYPES = [
  'accepted',
  'deferred',
  'delivered',
  'bounced',
  'expired',
  'rejected',
  'complained',
  'unsubscribed',
  'engaged',
] as const;
export type DeliveryEventType = (typeof DELIVERY_EVENT_TYPES)[number];

/**
 * How an `engaged` event shows that somebody reads the mailbox, or owns it: they followed a link in a message, answered one, signed in with
 * the address, or confirmed it.
 */
export const ENGAGEMENT_KINDS = ['click', 'reply', 'login', 'confirmed'] as const;
export type EngagementKind = (typeof ENGAGEMENT_KINDS)[number];

export const COMMAND_TYPES = ['suppress', 'release', 'allow', 'disallow', 'amend', 'forget'] as const;
/** The commands that an entry for a domain takes. */
export const DOMAIN_COMMAND_TYPES = ['suppress', 'release', 'amend'] as const satisfies readonly (typeof COMMAND_TYPES)[number][];
export type CommandType = (typeof COMMAND_TYPES)[number];

interface Envelope {
  /** Identity for de-duplication within one recipient. */
  readonly id: string;
  readonly tenant: Tenant;
  readonly recipient: Address;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

export interface DeliveryEvent extends Envelope {
  readonly type: DeliveryEventType;
  readonly stream: string;
  /** Of an `engaged` event, and of no other. */
  readonly kind?: EngagementKind;
  readonly messageId?: string;
  readonly attempt?: number;
  readonly smtp?: SmtpReply;
  readonly phase?: SmtpPhase;
  readonly remoteHost?: string;
  /** The sender's IP pool or route that sent it, as its source names it. */
  readonly pool?: string;
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
  /** ms. Null, in an `amend` only: the entry never ends. */
  readonly expiresAt?: number | null;
  /** Who asks for it. */
  readonly by?: string;
  /** Why, in their words. The empty text, in an `amend`: no note any more. */
  readonly note?: string;
  readonly force?: boolean;
  /** What it comes from, a list that was imported for example. */
  readonly source?: string;
  /** Of a domain: also for the domains below it. */
  readonly subdomains?: boolean;
  /** `amend` only: the entry with this reason. */
  readonly reason?: SuppressionReason;
}

export type LogEvent = DeliveryEvent | Command;

const COMMANDS: ReadonlySet<string> = new Set(COMMAND_TYPES);

export function isCommand(event: LogEvent): event is Command {
  return COMMANDS.has(event.type);
}
