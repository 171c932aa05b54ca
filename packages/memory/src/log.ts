/** The log ports in memory: one process, any number of partitions. Tests can create gaps in the offsets. */
import type {
  Appended,
  DeadLetterLog,
  LogBounds,
  LogRecord,
  LogSink,
  LogSource,
  OutRecord,
  Published,
  RelaySink,
  Topic,
  PublishedLog,
  PublishedRecord,
} from '@desist/pipeline';

export interface MemoryRecord extends LogRecord {
  readonly headers: Readonly<Record<string, string>>;
}

export interface MemoryLog extends LogSource, LogSink, PublishedLog, DeadLetterLog {
  /** All records of a topic's partition. */
  read(topic: Topic, partition?: number): readonly MemoryRecord[];
  /** Deletes records below the offset, as retention does. */
  truncate(topic: Topic, partition: number, below: number): void;
  /** Skips one offset, as transaction markers and aborted records do. */
  skip(topic: Topic, partition: number): void;
  /** Deletes a topic and makes it again, empty. */
  recreate(topic: Topic): void;
}

const BATCH = 1_000;

export function createMemoryLog(options: {
  readonly partitions: number;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
  /** Default `memory`. */
  readonly identity?: string;
}): MemoryLog {
  const { partitions, now, pause } = options;
  const topics = new Map<string, MemoryRecord[]>();
  const lows = new Map<string, number>();
  const ends = new Map<string, number>();
  /** The most recently opened sink per source partition. As on Kafka, only that one may append; older ones are fenced. */
  const relaySinks = new Map<number, RelaySink>();
  const published = new Map<number, Published>();

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

  function append(topic: Topic, out: readonly OutRecord[]): readonly Appended[] {
    return out.map((record): Appended => {
      const spread = topic === 'deliveryEvents' || topic === 'suppressions' ? memoryPartitionOf(record.key, partitions) : 0;
      const partition = record.partition ?? spread;
      const all = records(topic, partition);
      const { high, low } = bounds(topic, partition);
      const offset = Math.max(high, low);
      all.push({ offset, key: bytes(record.key), value: bytes(record.value), recordTime: now(), headers: record.headers ?? {} });
      return { partition, offset };
    });
  }

  return {
    identity: async () => options.identity ?? 'memory',
    partitions: async () => partitions,
    bounds: async (partition) => bounds('deliveryEvents', partition),
    read: (topic, partition = 0) => records(topic, partition),
    truncate(topic, partition, below) {
      const all = records(topic, partition);
      all.splice(0, all.filter(({ offset }) => offset < below).length);
      lows.set(`${topic}/${partition}`, below);
    },
    skip: (topic, partition) => void ends.set(`${topic}/${partition}`, bounds(topic, partition).high + 1),
    recreate(topic) {
      for (const name of [...topics.keys()].filter((one) => one.startsWith(`${topic}/`))) {
        topics.delete(name);
        lows.delete(name);
        ends.delete(name);
      }
    },
    append: async (topic, out) => append(topic, out),
    deadLetterBounds: async () => new Map([[0, bounds('deadLetters', 0)]]),
    async *readDeadLetters(ranges) {
      for (const { partition, from, to } of ranges) {
        const wanted = records('deadLetters', partition).filter(({ offset }) => offset >= from && offset < to);
        yield* wanted.map((record) => ({ partition, ...record }));
      }
    },
    published: async (partition) => published.get(partition) ?? null,
    async publishedEnds(partition) {
      const { low, high } = bounds('suppressions', partition);
      return { end: high, records: high - low };
    },
    async *readPublished(partition, { everywhere, signal }) {
      const wanted = everywhere ? Array.from({ length: partitions }, (_, each) => each) : [partition];
      const all = wanted.map((each) => [...records('suppressions', each)]);
      for (const read of all) {
        for (let from = 0; from < read.length && !signal.aborted; from += BATCH) yield read.slice(from, from + BATCH).map(publishedOf);
      }
    },
    async openRelaySink({ partition }) {
      const sink: RelaySink = {
        async append(parts) {
          if (relaySinks.get(partition) !== sink) return 'fenced';
          for (const part of parts) {
            append(part.topic, part.records);
            if (part.published !== undefined) published.set(partition, part.published);
          }
          return 'appended';
        },
        close: async () => undefined,
      };
      relaySinks.set(partition, sink);
      return sink;
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
          if (outcome.kind === 'processed') positions.set(partition, nextOffset);
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

function publishedOf({ key, value, headers }: MemoryRecord): PublishedRecord {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes));
  return { key: text(key), value: text(value), headers };
}

/** Any stable hash is sufficient, because no other process reads this log. */
export function memoryPartitionOf(key: OutRecord['key'], partitions: number): number {
  let hash = 0;
  for (const byte of bytes(key) ?? []) hash = (hash * 31 + byte) >>> 0;
  return hash % partitions;
}

function bytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
