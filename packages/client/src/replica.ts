/**
 * A copy of the compacted topic `suppressions` in this process: checks without a request, with a known freshness. It is saved to
 * disk, so that a restart reads on from there.
 *
 *   file ──> table ──┐
 *   topic ───────────┴─> table ──> check()          every `saveEvery`, and at the end: file
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import kafkajs from 'kafkajs';
import type { EachBatchPayload, KafkaConfig } from 'kafkajs';
import type { Table } from './table.ts';
import { createTable } from './table.ts';

export interface ReplicaOptions {
  readonly kafka: KafkaConfig;
  /** Default `suppressions`. */
  readonly topic?: string;
  /** Where the copy is kept between starts; not given: read from the beginning each time. */
  readonly file?: string;
  /** ms between two copies on disk. Default 60,000. */
  readonly saveEvery?: number;
  /**
   * A copy older than this (ms) is not used: tombstones that it has not seen may be gone. Below the topic's
   * `delete.retention.ms`. Default 20 hours.
   */
  readonly oldestFile?: number;
}

export interface Freshness {
  /** Everything that was on the topic at this moment (ms since the epoch) is in the copy; null before the first time. */
  readonly asOf: number | null;
  /** Records that are known of and not read yet. */
  readonly behind: number;
  /** Records that could not be read. */
  readonly unreadable: number;
}

export interface Replica extends Pick<Table, 'check' | 'find' | 'size'> {
  freshness(): Freshness;
  /** Resolves when everything that was on the topic at the start is in the copy. */
  ready(): Promise<void>;
  save(): Promise<void>;
  stop(): Promise<void>;
}

interface Header {
  readonly desistReplica: 1;
  readonly topic: string;
  readonly savedAt: number;
  readonly positions: Readonly<Record<string, number>>;
  readonly size: number;
}

/** ms between two looks at the ends of the partitions. */
const LOOK_EVERY = 1_000;
const OLDEST_FILE = 20 * 3_600_000;

export async function createReplica(options: ReplicaOptions): Promise<Replica> {
  const { topic = 'suppressions', file, saveEvery = 60_000, oldestFile = OLDEST_FILE } = options;
  const client = new kafkajs.Kafka(options.kafka);
  const groupId = `desist-replica-${randomUUID()}`;
  const admin = client.admin();
  const consumer = client.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 250 });
  let table = createTable();
  const positions = new Map<number, number>();
  let highs = new Map<number, number>();
  let asOf: number | null = null;
  let unreadable = 0;
  let changed = false;
  let stopped = false;
  let saving: Promise<void> = Promise.resolve();
  let settle: { resolve: () => void; reject: (error: unknown) => void };
  const first = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  first.catch(() => undefined);

  async function ends(): Promise<Map<number, { low: number; high: number }>> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  /** What the file says, if it is of this topic and recent enough. */
  async function begin(): Promise<void> {
    const now = await ends();
    const loaded = file === undefined ? undefined : await load(file, topic, Date.now() - oldestFile);
    // A position beyond the end is of a topic that was made again.
    const fits =
      loaded !== undefined && [...loaded.positions].every(([partition, position]) => position <= (now.get(partition)?.high ?? -1));
    if (loaded !== undefined && fits) table = loaded.table;
    for (const [partition, { low, high }] of now) {
      const kept = fits ? loaded?.positions.get(partition) : undefined;
      positions.set(partition, kept ?? (low === high ? high : low));
    }
    highs = new Map([...now].map(([partition, { high }]) => [partition, high]));
  }

  function behind(): number {
    let records = 0;
    for (const [partition, high] of highs) records += Math.max(0, high - (positions.get(partition) ?? 0));
    return records;
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const from = positions.get(batch.partition) ?? 0;
    if (Number(batch.lastOffset()) + 1 < from) {
      consumer.seek({ topic, partition: batch.partition, offset: String(from) });
      return;
    }
    for (const { key, value, offset } of batch.messages) {
      if (Number(offset) < from || key === null) continue;
      if (!table.apply(key.toString('utf8'), value)) unreadable += 1;
      changed = true;
    }
    positions.set(batch.partition, Math.max(from, Number(batch.lastOffset()) + 1));
    await payload.heartbeat();
  }

  /** The end of the topic at a moment: once it is reached, the copy is as of that moment. */
  async function look(): Promise<void> {
    let mark: { readonly at: number; readonly ends: ReadonlyMap<number, number> } | undefined;
    for (let ticks = 0; !stopped; ticks += 1) {
      try {
        if (mark === undefined || ticks % 10 === 0) {
          const at = Date.now();
          highs = new Map([...(await ends())].map(([partition, { high }]) => [partition, high]));
          mark ??= { at, ends: highs };
        }
        if ([...mark.ends].every(([partition, high]) => (positions.get(partition) ?? 0) >= high)) {
          asOf = mark.at;
          mark = undefined;
          settle.resolve();
        }
      } catch {
        // The broker is away: `asOf` stands still, which is what it is for.
      }
      await new Promise((resolve) => setTimeout(resolve, mark === undefined ? LOOK_EVERY : 50).unref());
    }
  }

  function save(): Promise<void> {
    if (file === undefined) return Promise.resolve();
    saving = saving.then(async () => {
      if (!changed) return;
      changed = false;
      const header: Header = { desistReplica: 1, topic, savedAt: Date.now(), positions: Object.fromEntries(positions), size: table.size() };
      await store(file, header, [...table.entries()]);
    });
    return saving;
  }

  await admin.connect();
  try {
    await begin();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch });
  } catch (error) {
    await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
    throw error;
  }
  for (const [partition, position] of positions) consumer.seek({ topic, partition, offset: String(position) });
  const looking = look();
  const timer = setInterval(() => void save().catch(() => (changed = true)), saveEvery);
  timer.unref();

  return {
    check: (recipient, how) => table.check(recipient, how),
    find: (tenant, address) => table.find(tenant, address),
    size: () => table.size(),
    freshness: () => ({ asOf, behind: behind(), unreadable }),
    ready: () => first,
    save,
    async stop() {
      stopped = true;
      clearInterval(timer);
      settle.reject(new Error('the replica was stopped'));
      await consumer.disconnect();
      await looking;
      await save();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}

/** Beside it first, then in its place: a copy is whole or the one before. */
async function store(file: string, header: Header, entries: readonly (readonly [string, string])[]): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  function* lines(): Generator<string> {
    yield `${JSON.stringify(header)}\n`;
    let part = '';
    for (const entry of entries) {
      part += `${JSON.stringify(entry)}\n`;
      if (part.length < 65_536) continue;
      yield part;
      part = '';
    }
    yield part;
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(beside, { mode: 0o600 }));
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function load(
  file: string,
  topic: string,
  notBefore: number,
): Promise<{ readonly table: Table; readonly positions: ReadonlyMap<number, number> } | undefined> {
  const table = createTable();
  let header: Header | undefined;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (header === undefined) {
        header = JSON.parse(line) as Header;
        if (header.desistReplica !== 1 || header.topic !== topic || header.savedAt < notBefore) return undefined;
      } else if (line !== '') {
        const [key, packed] = JSON.parse(line) as [string, string];
        table.put(key, packed);
      }
    }
  } catch {
    // Not there yet, or damaged: the topic has everything.
    return undefined;
  }
  if (header === undefined || table.size() !== header.size) return undefined;
  return { table, positions: new Map(Object.entries(header.positions).map(([partition, position]) => [Number(partition), position])) };
}
