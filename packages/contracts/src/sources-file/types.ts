/** What comes in, and how it is told from a forgery: the sources file, read. Secrets are references still. */
import type { FormatName } from '../formats/format.ts';

/** Where a secret stands. Only public keys may be written out. */
export type SecretRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'literal'; readonly value: string };

export const CHECKS = ['sns', 'sendgrid', 'mailgun', 'mandrill', 'svix', 'basic', 'bearer', 'header', 'none'] as const;
export type CheckName = (typeof CHECKS)[number];

export interface WebhookSpec {
  readonly check: CheckName;
  /** One or two: the second one is for the days in which a secret is changed. None for `sns` and `none`. */
  readonly secrets: readonly SecretRef[];
  /** sns: ARNs whose messages are accepted and whose subscriptions are confirmed. */
  readonly topics: readonly string[];
  /** mandrill: the URL exactly as it is registered there. */
  readonly url: string | null;
  /** header: its name, in lower case. */
  readonly header: string | null;
  /** ms between the signed time and the present. */
  readonly tolerance: number;
}

export interface SourceSpec {
  /** In the webhook's path, and `source` of its events. */
  readonly name: string;
  readonly format: FormatName;
  readonly tenant: string;
  readonly stream: string;
  readonly timezone: string | null;
  /** Exactly one of the two. */
  readonly webhook: WebhookSpec | null;
  /** Name of the Kafka topic that carries the provider's own form. */
  readonly topic: string | null;
  /** Of CSV whose header line was lost on the way to the topic. */
  readonly header: string | null;
}
