/** What the page and the worker of `/ui/try` say to each other. Everything in here can be cloned. */
import type { Explanation, ListedIncident } from '../api/types.ts';

export interface TrySettings {
  /** Null: each file's own is detected. */
  readonly format: string | null;
  /** Of times without a zone: IANA name or `+hh:mm`. */
  readonly timezone: string;
  /** ms from the first failure of a streak to its suppression. */
  readonly suppressAfter: number;
}

/** A file as far as the worker needs it. `File` is one. */
export interface TryFile {
  readonly name: string;
  readonly size: number;
  /** ms: times without a year are of the year before it. */
  readonly lastModified: number;
  stream(): ReadableStream<Uint8Array>;
}

export type Ask =
  | { readonly kind: 'fold'; readonly files: readonly TryFile[]; readonly settings: TrySettings }
  | { readonly kind: 'explain'; readonly tenant: string; readonly address: string };

export interface TryProgress {
  readonly kind: 'progress';
  readonly file: string;
  /** As they lie on the disk. */
  readonly bytes: number;
  readonly total: number;
  readonly events: number;
}

export interface ReadFile {
  readonly name: string;
  readonly format: string;
  readonly events: number;
  readonly ignored: number;
  readonly problems: number;
}

export interface TriedRecipient {
  readonly tenant: string;
  readonly address: string;
  readonly state: string;
  readonly provider: string | null;
  /** Of the suppression that came first, or of the streak. */
  readonly reason: string | null;
  readonly category: string | null;
  /** RFC 3339 */
  readonly since: string | null;
  readonly expiresAt: string | null;
  readonly suppressAt: string | null;
  readonly failures: number;
  readonly reply: string | null;
}

export interface TriedSender {
  readonly id: string;
  readonly tenant: string;
  readonly provider: string;
  readonly pool: string | null;
  /** RFC 3339 */
  readonly from: string;
  readonly until: string | null;
  readonly tries: number;
  readonly refused: number;
  readonly usualShare: number;
  readonly replies: NonNullable<ListedIncident['sender']>['replies'];
}

export interface TryResult {
  readonly kind: 'done';
  readonly files: readonly ReadFile[];
  /** The first ones. */
  readonly problems: readonly { readonly file: string; readonly place: string; readonly detail: string }[];
  readonly events: number;
  readonly duplicates: number;
  readonly recipients: number;
  readonly greylisted: number;
  readonly incidents: number;
  /** Of senders, the newest first: what was refused for the sender's own fault. */
  readonly senders: readonly TriedSender[];
  /** RFC 3339 of the last event; null: there was none. */
  readonly clock: string | null;
  /** Suppressed, or on the way to it: at most `MOST_ROWS`. */
  readonly rows: readonly TriedRecipient[];
  /** Rows that are left out. */
  readonly more: number;
}

/** Rows that a page holds. */
export const MOST_ROWS = 100_000;

export type Tell =
  | TryProgress
  | TryResult
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'explained'; readonly explanation: Explanation };
