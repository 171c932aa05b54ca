/** The interface of checks of webhook requests. Checks never throw. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ReplayToken } from '../replay-guard.ts';

/** A received request: the body as raw bytes, header names in lower case. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Why a request is refused. The values are labels of a metric. */
export const REFUSALS = ['unsigned', 'forged', 'stale', 'unknown_topic', 'unreadable', 'too_large', 'overloaded'] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Checked =
  | {
      readonly kind: 'genuine';
      /** Identifies this signature, so that it is accepted only once; null: the check has no such protection. */
      readonly replayToken: ReplayToken | null;
      /** Set for requests without events, which only need an answer: describes the request. */
      readonly only?: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string }
  /** It cannot be decided now, because a certificate could not be fetched: the provider should repeat the request. */
  | { readonly kind: 'undecided'; readonly detail: string };

export type Check = (request: WebhookRequest, now: number) => Checked | Promise<Checked>;

export function refused(refusal: Refusal, detail: string): Checked {
  return { kind: 'refused', refusal, detail };
}

/** Compares in constant time, whatever the lengths. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Whether the text equals any of the secrets. Compares all of them, so that the time does not reveal which. */
export function anySame(given: string, wanted: readonly string[]): boolean {
  return wanted.map((one) => sameText(given, one)).some(Boolean);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Converts seconds since the epoch, as text, to ms. */
export function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{9,11}$/.test(text) ? Number(text) * 1_000 : undefined;
}

export function isFresh(signedAt: number, now: number, tolerance: number): boolean {
  return Math.abs(now - signedAt) <= tolerance;
}

export const STALE = 'the signed time is too far from the present: check the clock';
