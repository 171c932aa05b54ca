/**
 * What every provider format is: a pure function from one payload, as a consumer receives it (a webhook's body, a record's value,
 * a log excerpt, a mail), to delivery events. Nothing of a payload disappears: each element becomes an event, is ignored for a
 * stated reason, or is a problem. No clock, no I/O, and no throw, whatever the bytes are.
 */
import type { DeliveryEvent } from '@desist/domain';

export const FORMAT_NAMES = [
  'canonical',
  'ses',
  'sendgrid',
  'mailgun',
  'sparkpost',
  'postmark',
  'mandrill',
  'brevo',
  'mailjet',
  'resend',
  'kumomta',
  'powermta',
  'haraka',
  'postfix',
  'exim',
  'dsn',
  'arf',
] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** What a payload does not say about itself. */
export interface NormaliseContext {
  /** Given to every event, unless the payload names one under a key of ours. */
  readonly tenant: string;
  readonly stream: string;
  /** Name of the feed, for `source`; default the format's name. */
  readonly source?: string;
  /** IANA name or `+hh:mm`: for times without a zone. Without it such a time is a problem. */
  readonly timezone?: string;
  /** ms since the epoch: the present as the caller knows it. Years that a log leaves out are taken from it; times later than a day after it are problems. */
  readonly referenceTime: number;
  /** Who a message went to, by its Message-ID: asked where a report leaves the recipient out. A pure look-up; undefined: unknown. */
  readonly recipientOf?: (messageId: string) => string | undefined;
  /** Of a webhook, names in lower case: some providers put the event's id there. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type Normalised =
  | { readonly kind: 'event'; readonly event: DeliveryEvent }
  /** Understood, and none of our business: opens, clicks, auto-replies. */
  | { readonly kind: 'ignored'; readonly what: string }
  /** Must be dead-lettered. `detail` names the field, never an address; `raw` is this element alone, as text. */
  | { readonly kind: 'problem'; readonly reason: ProblemReason; readonly detail: string; readonly raw: string };

export type ProblemReason =
  /** Not of this format at all: no JSON, no mail, no CSV. */
  | 'unreadable'
  /** Of this format, but a field is missing or ill-typed. */
  | 'invalid'
  /** The payload does not name the recipient (redacted reports, logs whose beginning is lost). `event` material is in `raw`. */
  | 'no_recipient'
  | 'too_large';

export interface Format {
  readonly name: FormatName;
  /** Elements in the order of the payload. */
  normalise(payload: Uint8Array, context: NormaliseContext): readonly Normalised[];
}

/**
 * A log whose lines belong together (a queue id to its recipients, a multi-line entry). Lines go in as they were written; what
 * they complete comes out. `state` is plain JSON and bounded, so that a follower can put it away with its position.
 */
export interface LineReader {
  push(line: string): readonly Normalised[];
  /** No more lines will come: what was begun is completed or told. */
  end(): readonly Normalised[];
  state(): unknown;
}

export interface LineFormat extends Format {
  /** `state`: from an earlier reader; an unknown or damaged one begins anew. */
  open(context: NormaliseContext, state?: unknown): LineReader;
}
