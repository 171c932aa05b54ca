/** The topic of suppressions, read back for an audit. */
import type { Kafka } from 'kafkajs';
import type { LogBounds, PublishedLog } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import type { Settings } from './options.ts';
import { readPages } from './read.ts';

export function createPublished(client: Kafka, settings: Settings, admins: Admins): PublishedLog {
  /** Recipients are spread over both topics by the same hash: with as many partitions they have the same number in both. */
  async function boundsOf(partition: number): Promise<ReadonlyMap<number, LogBounds>> {
    // Asked each time: the topic may have been made anew with another number.
    const count = await admins.partitions(settings.topics.suppressions);
    const inputs = await admins.partitions(settings.topics.deliveryEvents);
    const all = await admins.offsets(settings.topics.suppressions);
    return count === inputs ? new Map([...all].filter(([one]) => one === partition)) : all;
  }

  return {
    async publishedEnds(partition) {
      const bounds = [...(await boundsOf(partition)).values()];
      return {
        end: bounds.reduce((sum, { high }) => sum + high, 0),
        records: bounds.reduce((sum, { low, high }) => sum + high - low, 0),
      };
    },
    async *readPublished(partition, { everywhere, signal }) {
      const partitions = everywhere ? {} : { partitions: [...(await boundsOf(partition)).keys()] };
      for await (const page of readPages({ client, settings, admins }, 'suppressions', { ...partitions, signal })) {
        yield page.map(({ key, value, headers }) => ({
          key: key === null ? null : key.toString('utf8'),
          value: value === null ? null : value.toString('utf8'),
          headers,
        }));
      }
    },
  };
}
