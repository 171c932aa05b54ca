import type { FedChange, PartitionFeed, PartitionSpan } from '../ports/change-feed.ts';
import { feedFilterOf, LARGEST_BATCH } from '../ports/subscribers.ts';
import type { Subscriber } from '../ports/subscribers.ts';

/** The changes of a request whose end was fixed, without those that were erased since. Rejects with FeedGapError. */
export async function plannedChanges(
  feed: Pick<PartitionFeed, 'readPartition'>,
  subscriber: Subscriber,
  { partition, after, upTo }: Required<PartitionSpan>,
): Promise<readonly FedChange[]> {
  const changes: FedChange[] = [];
  for (let from = after; from < upTo;) {
    const page = await feed.readPartition(feedFilterOf(subscriber), { partition, after: from, upTo }, LARGEST_BATCH);
    changes.push(...page.changes);
    from = page.place;
    if (!page.more) break;
  }
  return changes;
}
