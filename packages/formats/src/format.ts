/**
 * The interface of a provider format: a pure function from one payload, as a consumer receives it (a webhook body, a record value, a
 * log excerpt, a mail), to delivery events. No element is lost: each becomes an event, is ignored for a stated reason, or is a
 * problem. A format uses no clock and no I/O, and never throws, whatever the bytes are.
 */
import type { DeliveryEvent } from '@desist/domain';

import type { FormatName } from './names.ts';

/** Context that the payload does not contain. */
export interface NormaliseContext {
  /**
   * Tenant of every event, unless the payload contains its own, such as `desist_tenant` in the metadata. The same rule applies to
   * `stream`.
   */
  readonly tenant: string;
  readonly stream: string;
  /** Name of the feed, for the event's `source`. Default: the format's name. */
  readonly source?: string;
  /** IANA name or `+hh:mm`, applied to times without a zone. If missing, such a time is a problem. */
  readonly timezone?: string;
  /**
   * The caller's current time, ms since the epoch. Missing years in a log are derived from it; times more than a day later are
   * problems.
   */
  readonly referenceTime: number;
  /**
   * Looks up the recipient of a message by its Message-ID, for reports that omit the recipient. Must be pure. Returns undefined if
   * unknown.
   */
  readonly recipientOf?: (messageId: string) => string | undefined;
  /**
   * Maximum number of elements in one payload, nested lists included. A payload with more is not read and gives one problem. Default:
   * no limit.
   */
  readonly elementLimit?: number;
  /** Webhook headers with lower-case names. Some providers put the event id there. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type Normalised =
  | { readonly kind: 'event'; readonly event: DeliveryEvent }
  /** Recognised but not relevant: opens, clicks, auto-replies. `unknown`: the word for it is in no description of this format. */
  | { readonly kind: 'ignored'; readonly what: string; readonly unknown?: true }
  /** Must be dead-lettered. `detail` names the field and never contains an address; `raw` is this element alone, as text. */
  | { readonly kind: 'problem'; readonly reason: ProblemReason; readonly detail: string; readonly raw: string };

export type ProblemReason =
  /** Not this format: not JSON, not a mail, not CSV. */
  | 'unreadable'
  /** This format, but a field is missing or has the wrong type. */
  | 'invalid'
  /** The payload does not identify the recipient (redacted reports, logs whose beginning is lost). `raw` carries the element. */
  | 'no_recipient'
  | 'too_large';

export interface Format {
  readonly name: FormatName;
  /** Results in the order of the payload's elements. */
  normalise(payload: Uint8Array, context: NormaliseContext): readonly Normalised[];
}

/**
 * Reads a log whose lines depend on each other (a queue id and its recipients, a multi-line entry). `push` takes one line as written
 * and returns the results that it completes. `state` is plain JSON and bounded, so that a follower can store it with its position.
 */
export interface LineReader {
  push(line: string): readonly Normalised[];
  /** Ends the input: an incomplete entry is completed or reported as a problem. */
  end(): readonly Normalised[];
  state(): unknown;
}

export interface LineFormat extends Format {
  /** `state` comes from an earlier reader. An unknown or corrupt state starts afresh. */
  open(context: NormaliseContext, state?: unknown): LineReader;
}
