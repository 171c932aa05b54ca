/** The parsed sources file: sources of events and how their requests are authenticated. Secrets are still references. */
import type { Mapping } from '@desist/formats/mapping';
import type { FormatName } from '@desist/formats/names';

/** Where a secret is stored. Only public keys may be written in the file itself. */
export type SecretRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'literal'; readonly value: string };

export const CHECKS = [
  ...(['sns', 'sendgrid', 'mailgun', 'mandrill', 'svix', 'postal', 'zeptomail'] as const),
  ...(['basic', 'bearer', 'header', 'hmac', 'none'] as const),
] as const;
export type CheckName = (typeof CHECKS)[number];

export const ALGORITHMS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export const ENCODINGS = ['hex', 'base64', 'base64url'] as const;
export const KEY_ENCODINGS = ['text', 'hex', 'base64'] as const;

/** One piece of what is signed: literal text, the body, the signed time, the value of a header. */
export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'body' | 'timestamp' }
  | { readonly kind: 'header'; readonly name: string };

/** How a provider computes and sends an HMAC. */
export interface HmacSpec {
  /** Name of the header with the signature, in lower case. */
  readonly header: string;
  /** The header's value, with `{signature}` and perhaps `{timestamp}` in it: `t={timestamp},v1={signature}`. */
  readonly signature: string;
  /** Name of the header with the signed time, in lower case; null: it is in the header of the signature, or none is signed. */
  readonly timestamp: string | null;
  readonly template: readonly TemplatePiece[];
  readonly algorithm: (typeof ALGORITHMS)[number];
  readonly encoding: (typeof ENCODINGS)[number];
  /** What the secret is before it becomes the key. */
  readonly key: (typeof KEY_ENCODINGS)[number];
}

export interface WebhookSpec {
  readonly check: CheckName;
  /** One or two; the second one is for the time in which a secret is replaced. None for `sns` and `none`. */
  readonly secrets: readonly SecretRef[];
  /** sns: ARNs whose messages are accepted and whose subscriptions are confirmed. */
  readonly topics: readonly string[];
  /** mandrill: the URL exactly as registered there. */
  readonly url: string | null;
  /** header: the name of the header, in lower case; of hmac it is in `hmac`. */
  readonly header: string | null;
  /** hmac: what is signed, and where the signature is. */
  readonly hmac: HmacSpec | null;
  /** Largest difference between the signed time and the present, ms. */
  readonly tolerance: number;
}

export interface SourceSpec {
  /** Part of the webhook's path, and `source` of its events. */
  readonly name: string;
  readonly format: FormatName;
  readonly tenant: string;
  readonly stream: string;
  readonly timezone: string | null;
  /** Exactly one of `webhook` and `topic` is set. */
  readonly webhook: WebhookSpec | null;
  /** Name of the Kafka topic with the provider's own records. */
  readonly topic: string | null;
  /** Header line for CSV that arrives without it. */
  readonly header: string | null;
  /** Set with the format `mapping` only. */
  readonly mapping: Mapping | null;
}
