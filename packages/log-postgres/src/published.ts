/** The topic of suppressions, read back for an audit. */
import type { LogBounds, PublishedLog, PublishedRecord } from '@desist/pipeline';
import type { JournalRecord, Tables } from './tables.ts';

export function createPublished(tables: Tables): PublishedLog {
  /** Every topic with recipients has as many partitions as the input, and spreads them by the same hash. */
  function boundsOf(partition: number): Promise<LogBounds> {
    return tables.bounds('suppressions', partition);
  }

  return {
    async publishedEnds(partition) {
      const { low, high } = await boundsOf(partition);
      return { end: high, records: high - low };
    },
    async *readPublished(partition, { everywhere, signal }) {
      const count = await tables.partitions('suppressions');
      const wanted = everywhere ? Array.from({ length: count }, (_, each) => each) : [partition];
      const ends = await Promise.all(wanted.map(boundsOf));
      for (const [index, { low, high }] of ends.entries()) {
        for (let position = low; position < high && !signal.aborted;) {
          const page = await tables.page('suppressions', wanted[index] as number, position, high);
          const last = page.at(-1);
          if (last === undefined) break;
          yield page.map(publishedOf);
          position = last.offset + 1;
        }
      }
    },
  };
}

function publishedOf({ key, value, headers }: JournalRecord): PublishedRecord {
  return { key: key?.toString('utf8') ?? null, value: value?.toString('utf8') ?? null, headers };
}
