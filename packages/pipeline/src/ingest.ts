/**
 * The edges of what brings foreign streams in, beside the log itself: how far a provider's topic was read, and who a message
 * went to. Both reject with `StoreError` like the store does.
 */

/** How far one partition of a feed was taken over into the log. */
export interface FeedClaim {
  readonly epoch: number;
  /** Null: never read. */
  readonly nextOffset: number | null;
  /** Of a format whose lines belong together: where its reader stood, as it gave it. */
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
  /** Takes the partition: epoch + 1. */
  claim(feed: string, partition: number, owner: string): Promise<FeedClaim>;
  position(feed: string, partition: number): Promise<{ readonly epoch: number; readonly nextOffset: number | null } | null>;
  advance(feed: string, partition: number, to: FeedAdvance): Promise<'committed' | 'fenced'>;
}

/** A message as its returned mail names it, and as its events do. */
export interface RememberedMessage {
  readonly tenant: string;
  /** One spelling for the mail's Message-ID and the events' message id. */
  readonly key: string;
  readonly recipient: string;
  readonly messageId: string;
}

/** Who a message went to: for reports that leave the recipient out. Bounded in time and number. */
export interface MessageMemory {
  remember(messages: readonly RememberedMessage[]): Promise<void>;
  /** One answer per key; undefined: unknown, forgotten, or the message had several recipients. */
  recall(tenant: string, keys: readonly string[]): Promise<readonly (Pick<RememberedMessage, 'recipient' | 'messageId'> | undefined)[]>;
}
