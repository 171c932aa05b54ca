/** Payloads of our own, in the form of each provider's documentation, and what each must become. Seeds for the fuzz and the bench, too. */
import type { FormatName, NormaliseContext } from '@desist/formats';
import type { Field, Value } from './compare.ts';

/** An event by its fields in the words of the corpus: what is not named is null; `event_id` is compared where it is named. */
export type ExpectedEvent = Partial<Readonly<Record<Field, Value>>> & {
  readonly certain?: false;
  /** Of `engaged`. */
  readonly kind?: string;
  readonly tenant?: string;
  readonly stream?: string;
};
export type Outcome = ExpectedEvent | { readonly ignored: string } | { readonly problem: string };

export interface Case {
  readonly name: string;
  /** A string unchanged; anything else as JSON. */
  readonly payload: unknown;
  readonly context?: Partial<NormaliseContext>;
  /** In the order of the payload. */
  readonly outcomes: readonly Outcome[];
}

export interface FormatCases {
  readonly format: FormatName;
  readonly cases: readonly Case[];
}

export function bytesOf({ payload }: Case): Uint8Array {
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
