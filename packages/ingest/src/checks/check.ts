/** What a check of a webhook request is given, and what it answers. Checks never throw. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** A request as it came: the body is the raw bytes, header names are in lower case. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Why a request is refused. The words are labels of a metric. */
export const REFUSALS = ['unsigned', 'forged', 'stale', 'replayed', 'unknown_topic', 'unreadable', 'overloaded'] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Checked =
  | {
      readonly kind: 'genuine';
      /** Names this very signature, so that it is taken once; null: the check has no such thing. */
      readonly once: { readonly token: string; readonly until: number } | null;
      /** What the provider only wants an answer to: nothing is to be normalised. */
      readonly only?: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string }
  /** It can not be decided now (a certificate could not be fetched): ask for a repeat. */
  | { readonly kind: 'undecided'; readonly detail: string };

export type Check = (request: WebhookRequest, now: number) => Checked | Promise<Checked>;

export function refused(refusal: Refusal, detail: string): Checked {
  return { kind: 'refused', refusal, detail };
}

/** Takes the same time for every text, whatever its length. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Any of the secrets: all are looked at, so that the time does not tell which. */
export function anySame(given: string, wanted: readonly string[]): boolean {
  return wanted.map((one) => sameText(given, one)).some(Boolean);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Seconds since the epoch as text, to ms. */
export function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{9,11}$/.test(text) ? Number(text) * 1_000 : undefined;
}

export function isFresh(signedAt: number, now: number, tolerance: number): boolean {
  return Math.abs(now - signedAt) <= tolerance;
}

export const STALE = 'the signed time is too far from the present: is the clock right?';
