/** The log ports in memory: one process, any number of partitions, offsets that tests may make sparse. */
import type { Appended, LogBounds, LogRecord, LogSink, LogSource, OutRecord, Topic } from '@desist/pipeline';

export interface MemoryRecord extends LogRecord {
  readonly headers: Readonly<Record<string, string>>;
}

export interface MemoryLog extends LogSource, LogSink {
  /** Everything that a topic's partition holds. */
  read(topic: Topic, partition?: number): readonly MemoryRecord[];
  /** Drops what lies below, as retention does. */
  truncate(topic: Topic, partition: number, below: number): void;
  /** Leaves an offset without a record, as markers and aborted records do. */
  skip(topic: Topic, partition: number): void;
}

const BATCH = 1_000;

export function createMemoryLog(options: {
  readonly partitions: number;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
}): MemoryLog {
  const { partitions, now, pause } = options;
  const topics = new Map<string, MemoryRecord[]>();
  const lows = new Map<string, number>();
  const ends = new Map<string, number>();

  function records(topic: Topic, partition: number): MemoryRecord[] {
    const name = `${topic}/${partition}`;
    let found = topics.get(name);
    if (found === undefined) topics.set(name, (found = []));
    return found;
  }

  function bounds(topic: Topic, partition: number): LogBounds {
    const name = `${topic}/${partition}`;
    const high = (records(topic, partition).at(-1)?.offset ?? -1) + 1;
    return { low: lows.get(name) ?? 0, high: Math.max(high, ends.get(name) ?? 0) };
  }

  return {
    partitions: async () => partitions,
    bounds: async (partition) => bounds('deliveryEvents', partition),
    read: (topic, partition = 0) => records(topic, partition),
    truncate(topic, partition, below) {
      const all = records(topic, partition);
      all.splice(0, all.filter(({ offset }) => offset < below).length);
      lows.set(`${topic}/${partition}`, below);
    },
    skip: (topic, partition) => void ends.set(`${topic}/${partition}`, bounds(topic, partition).high + 1),
    async append(topic, out) {
      return out.map((record): Appended => {
        const spread = topic === 'deliveryEvents' || topic === 'suppressions' ? memoryPartitionOf(record.key, partitions) : 0;
        const partition = record.partition ?? spread;
        const all = records(topic, partition);
        const { high, low } = bounds(topic, partition);
        const offset = Math.max(high, low);
        all.push({ offset, key: bytes(record.key), value: bytes(record.value), recordTime: now(), headers: record.headers ?? {} });
        return { partition, offset };
      });
    },
    async run(consumer, signal) {
      const positions = new Map<number, number>();
      const again = async (partition: number): Promise<void> => {
        const assigned = await consumer.assign(partition);
        if (assigned.kind === 'start') positions.set(partition, assigned.offset);
        else positions.delete(partition);
      };
      for (let partition = 0; partition < partitions; partition += 1) await again(partition);
      while (!signal.aborted) {
        for (const [partition, from] of [...positions]) {
          const asOf = now();
          const all = records('deliveryEvents', partition).filter(({ offset }) => offset >= from);
          const { high } = bounds('deliveryEvents', partition);
          const page = all.slice(0, BATCH);
          const first = page[0];
          const last = page.at(-1);
          if (first === undefined || last === undefined) {
            if (consumer.caughtUp(partition, Math.max(from, high), asOf) === 'fenced') await again(partition);
            continue;
          }
          const nextOffset = last.offset + 1;
          const outcome = await consumer.batch({ partition, firstOffset: first.offset, nextOffset, highWatermark: high, records: page });
          if (outcome.kind === 'taken') positions.set(partition, nextOffset);
          else if (outcome.kind === 'seek') positions.set(partition, outcome.offset);
          else if (outcome.kind === 'stopped') positions.delete(partition);
          else await again(partition);
        }
        await pause();
      }
      await consumer.revoke([...positions.keys()]);
    },
  };
}

/** Any stable spread will do: nobody else reads this log. */
export function memoryPartitionOf(key: OutRecord['key'], partitions: number): number {
  let hash = 0;
  for (const byte of bytes(key) ?? []) hash = (hash * 31 + byte) >>> 0;
  return hash % partitions;
}

function bytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
