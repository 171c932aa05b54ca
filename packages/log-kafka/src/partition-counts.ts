import type { Topic } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import type { Settings } from './options.ts';

/** How many partitions the topics have: asked once, and again after something went wrong with a topic. */
export interface PartitionCounts {
  of(topic: Topic): Promise<number>;
  /** The topic may have been made anew. */
  forget(topic: Topic): void;
}

export function createPartitionCounts(settings: Settings, admins: Admins): PartitionCounts {
  const counts = new Map<Topic, Promise<number>>();
  return {
    of(topic) {
      let count = counts.get(topic);
      if (count === undefined) {
        count = admins.partitions(settings.topics[topic]);
        counts.set(topic, count);
        count.catch(() => counts.delete(topic));
      }
      return count;
    },
    forget: (topic) => void counts.delete(topic),
  };
}
