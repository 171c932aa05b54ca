/** Requests that somebody asks for: a test, and a delivery once more. They move no cursor. */
import type { FedChange, PartitionFeed } from '../ports/change-feed.ts';
import type { NotedTry, Subscriber, SubscriberStore } from '../ports/subscribers.ts';
import type { Time } from '../ports/time.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';
import { wholeMessage } from './message.ts';
import { plannedChanges } from './planned-changes.ts';

export interface ByHandOptions {
  readonly store: Pick<SubscriberStore, 'secrets' | 'note'>;
  readonly feed: Pick<PartitionFeed, 'readPartition'>;
  readonly sender: WebhookSender;
  /** JSON of a change, as on `suppression-events`. */
  readonly encode: (change: FedChange) => string;
  readonly time: Pick<Time, 'now'>;
}

export interface ByHand {
  /** Sends what is no change, to see whether it is taken. `id`: any that was not used. Null: the subscriber is gone. */
  test(subscriber: Subscriber, id: string, body: object): Promise<NotedTry | null>;
  /**
   * Sends the changes of an earlier request again, under the same `webhook-id`. Null: none of them is left, or the subscriber is gone. Rejects
   * with `FeedGapError` when they were deleted by age.
   */
  resend(subscriber: Subscriber, earlier: NotedTry): Promise<NotedTry | null>;
}

export function createByHand({ store, feed, sender, encode, time }: ByHandOptions): ByHand {
  async function send(
    subscriber: Subscriber,
    body: string,
    { incarnation, ...request }: Omit<NotedTry, 'id' | 'at' | 'status' | 'problem' | 'duration'>,
  ): Promise<NotedTry | null> {
    const at = time.now();
    const secrets = await store.secrets(subscriber.id);
    if (secrets.length === 0) return null;
    const { status, problem, duration } = await sender.send({ url: subscriber.url, id: request.messageId, at, body, secrets });
    const tried = { ...request, status, problem, duration };
    const id = await store.note(subscriber.id, tried);
    return id === null ? null : { ...tried, id, at, incarnation };
  }

  return {
    test(subscriber, id, body) {
      const text = JSON.stringify(subscriber.batch === null ? body : [body]);
      const nothing = { partition: null, incarnation: 0, after: 0, upTo: 0, changes: 0 };
      return send(subscriber, text, { kind: 'test', messageId: id, ...nothing, attempt: 1 });
    },
    async resend(subscriber, earlier) {
      const { partition, incarnation, after, upTo, messageId, attempt } = earlier;
      if (partition === null) return null;
      const changes = await plannedChanges(feed, subscriber, { partition, after, upTo });
      if (changes.length === 0) return null;
      const body = wholeMessage(changes, subscriber.batch, encode);
      const what = { partition, incarnation, after, upTo, changes: changes.length };
      return send(subscriber, body, { kind: 'resend', messageId, ...what, attempt: attempt + 1 });
    },
  };
}
