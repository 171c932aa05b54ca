/**
 * What ingest stores beside the log: how far a provider's topic was read, and the recipient of each message. @throws
 * StoreError like `RecipientStore`.
 */
import type { Address, Tenant } from '@desist/domain';

/** How far one partition of a feed was copied into the log. */
export interface FeedClaim {
  readonly epoch: number;
  /** Null: never read. */
  readonly nextOffset: number | null;
  /** State of the format's reader, for formats whose lines belong together. Opaque to the store. */
  readonly state: unknown;
}

export interface FeedAdvance {
  readonly epoch: number;
  /** Compare-and-set: the stored position must still be here (null: none stored) and moves to `nextOffset`. */
  readonly fromOffset: number | null;
  readonly nextOffset: number;
  readonly state: unknown;
}

/** Positions of provider topics, fenced like the engine's checkpoint: epoch and expected offset. */
export interface FeedPositions {
  /** Claims the partition: epoch + 1. */
  claim(feed: string, partition: number, owner: string): Promise<FeedClaim>;
  position(feed: string, partition: number): Promise<{ readonly epoch: number; readonly nextOffset: number | null } | null>;
  advance(feed: string, partition: number, to: FeedAdvance): Promise<'committed' | 'fenced'>;
}

/** Maps the Message-ID in a returned mail to the recipient and the message id in its events. */
export interface RememberedMessage {
  readonly tenant: Tenant;
  /** The normalised form that the mail's Message-ID and the events' message id share. */
  readonly key: string;
  readonly recipient: Address;
  readonly messageId: string;
}

/** Recipients by message, for reports that omit the recipient. Bounded in age and number. */
export interface MessageMemory {
  remember(messages: readonly RememberedMessage[]): Promise<void>;
  /** One answer per key, in order; undefined: unknown, expired, or the message had several recipients. */
  recall(tenant: Tenant, keys: readonly string[]): Promise<readonly (Pick<RememberedMessage, 'recipient' | 'messageId'> | undefined)[]>;
}
