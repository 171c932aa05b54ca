/** The parsed sources file: sources of events and how their requests are authenticated. Secrets are still references. */
import type { FormatName } from '@desist/formats/names';

/** Where a secret is stored. Only public keys may be written in the file itself. */
export type SecretRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'literal'; readonly value: string };

export const CHECKS = ['sns', 'sendgrid', 'mailgun', 'mandrill', 'svix', 'basic', 'bearer', 'header', 'none'] as const;
export type CheckName = (typeof CHECKS)[number];

export interface WebhookSpec {
  readonly check: CheckName;
  /** One or two; the second one is for the time in which a secret is replaced. None for `sns` and `none`. */
  readonly secrets: readonly SecretRef[];
  /** sns: ARNs whose messages are accepted and whose subscriptions are confirmed. */
  readonly topics: readonly string[];
  /** mandrill: the URL exactly as registered there. */
  readonly url: string | null;
  /** header: the name of the header, in lower case. */
  readonly header: string | null;
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
}
