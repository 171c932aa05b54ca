import { LogError, partitionOf } from '@desist/pipeline';
import type { Appended, OutRecord, Ownership, Topic, TopicRecords } from '@desist/pipeline';
import type { Queries } from '@desist/postgres';
import type { Database } from './database.ts';
import { asLogErrors } from './errors.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { appendDeadLetters } from './statements/append-dead-letters.ts';
import { appendRecords } from './statements/append-records.ts';
import type { AppendedRecord } from './statements/append-records.ts';
import { deleteOldTombstones } from './statements/delete-old-tombstones.ts';
import { deleteSuperseded } from './statements/delete-superseded.ts';
import type { Latest } from './statements/delete-superseded.ts';
import { lockPartitions } from './statements/lock-partitions.ts';
import { shareEpoch } from './statements/share-epoch.ts';
import { takeOffsets } from './statements/take-offsets.ts';
import type { Taken } from './statements/take-offsets.ts';
import type { Tables } from './tables.ts';

/** Maximum size of a value, bytes: Kafka's default for one message. */
const MOST_BYTES = 1024 * 1024;
/** Limits of one statement; a larger append is split. */
const STATEMENT_RECORDS = 1_000;
const STATEMENT_BYTES = 4 * 1024 * 1024;
/** Retention of tombstones, ms. A reader of the compacted topic that is away for less still sees every deletion. Kafka's default. */
const TOMBSTONES_KEPT = 86_400_000;
const TOMBSTONES_AT_ONCE = 1_000;

interface Outgoing {
  readonly partition: number;
  /** Position among the records of this append for the same partition. */
  readonly index: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: string | null;
  readonly bytes: number;
}

type Bases = ReadonlyMap<number, Taken>;

export interface Appends {
  append(topic: Topic, records: readonly OutRecord[]): Promise<readonly Appended[]>;
  /** Stores nothing and returns `fenced` unless this owner still owns the partition when the transaction commits. */
  appendOwned(owner: Ownership, parts: readonly TopicRecords[]): Promise<'appended' | 'fenced'>;
}

export interface AppendsOptions {
  /** For `append`. */
  readonly db: Database;
  /** For `appendOwned`. */
  readonly owners: Database;
  readonly tables: Tables;
  readonly nameOf: (topic: Topic) => string;
  readonly deadLetters: DeadLetterIndex | undefined;
}

class Fenced extends Error {}

/**
 * Each call is one transaction. It locks the counters of its partitions in ascending order until the commit, so there are no deadlocks
 * and no gaps, and no reader sees an offset before the ones below it. A call with several topics locks them in the order given, which is
 * the same for all relays.
 */
export function createAppends({ db, owners, tables, nameOf, deadLetters }: AppendsOptions): Appends {
  let spread = Math.floor(Math.random() * 1_000_000);

  async function outgoingOf({ topic, records }: TopicRecords): Promise<readonly Outgoing[]> {
    return prepare(topic, records, await tables.partitions(topic), () => spread++);
  }

  async function store(tx: Queries, topic: Topic, outgoing: readonly Outgoing[]): Promise<Bases> {
    const taken = await take(tx, topic, outgoing);
    for (const part of parts(outgoing)) await insert(tx, topic, rowsOf(part, taken));
    if (topic === 'suppressions') await compact(tx, outgoing, taken);
    return taken;
  }

  async function insert(tx: Queries, topic: Topic, rows: readonly AppendedRecord[]): Promise<void> {
    if (topic !== 'deadLetters') await appendRecords.run(tx, { topic, rows });
    else await appendDeadLetters.run(tx, { rows: rows.map((row) => ({ ...row, recipients: recipientsOf(row) })) });
  }

  function recipientsOf({ key, value, headers }: AppendedRecord): readonly string[] | null {
    const record = { key, value, headers: headers === null ? {} : (JSON.parse(headers) as Record<string, string>) };
    return deadLetters?.hashesOf(record) ?? null;
  }

  return {
    async append(topic, records) {
      if (records.length === 0) return [];
      const outgoing = await outgoingOf({ topic, records });
      const bases = await asLogErrors(`append to ${nameOf(topic)}`, () => db.transaction((tx) => store(tx, topic, outgoing)));
      return outgoing.map(({ partition, index }) => ({ partition, offset: baseOf(bases, partition).offset + index }));
    },
    async appendOwned(owner, parts) {
      const all = await Promise.all(parts.map(async (part) => ({ topic: part.topic, outgoing: await outgoingOf(part) })));
      try {
        await asLogErrors(`append of the relay of partition ${owner.partition}`, () =>
          owners.transaction(async (tx) => {
            for (const { topic, outgoing } of all) await store(tx, topic, outgoing);
            // The epoch is checked last, so that the owner's own commits are blocked only briefly. A concurrent claim either waits for this
            // transaction or is seen by it.
            if ((await shareEpoch.run(tx, owner)).length === 0) throw new Fenced();
          }),
        );
        return 'appended';
      } catch (error) {
        if (error instanceof LogError && error.cause instanceof Fenced) return 'fenced';
        throw error;
      }
    },
  };
}

function prepare(topic: Topic, records: readonly OutRecord[], partitions: number, spread: () => number): readonly Outgoing[] {
  const used = new Map<number, number>();
  return records.map((record) => {
    const key = bytesOf(record.key);
    const value = bytesOf(record.value);
    const headers = record.headers === undefined || Object.keys(record.headers).length === 0 ? null : JSON.stringify(record.headers);
    if ((value?.length ?? 0) > MOST_BYTES)
      throw new LogError('refused', `a record of ${value?.length ?? 0} bytes: the journal takes up to ${MOST_BYTES}`);
    if (key === null && topic === 'suppressions') throw new LogError('refused', 'a compacted topic takes no record without a key');
    const partition = record.partition ?? (key === null ? spread() % partitions : partitionOf(key, partitions));
    const index = used.get(partition) ?? 0;
    used.set(partition, index + 1);
    return { partition, index, key, value, headers, bytes: (key?.length ?? 0) + (value?.length ?? 0) + (headers?.length ?? 0) };
  });
}

async function take(tx: Queries, topic: Topic, records: readonly Outgoing[]): Promise<Bases> {
  const counts = new Map<number, number>();
  for (const { partition } of records) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  const partitions = [...counts.keys()].sort((a, b) => a - b);
  if (partitions.length > 1) await lockPartitions.run(tx, { topic, partitions });
  const taken = await takeOffsets.run(tx, { topic, rows: [...counts].map(([partition, count]) => ({ partition, count })) });
  return new Map(taken.map((one) => [one.partition, one]));
}

function baseOf(bases: Bases, partition: number): Taken {
  const base = bases.get(partition);
  if (base === undefined) throw new LogError('misconfigured', `the journal has no partition ${partition}: run \`desist migrate\``);
  return base;
}

function* parts(records: readonly Outgoing[]): Generator<readonly Outgoing[]> {
  let part: Outgoing[] = [];
  let bytes = 0;
  for (const record of records) {
    part.push(record);
    bytes += record.bytes;
    if (part.length < STATEMENT_RECORDS && bytes < STATEMENT_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

function rowsOf(records: readonly Outgoing[], bases: Bases): readonly AppendedRecord[] {
  return records.map(({ partition, index, key, value, headers }) => {
    const { offset, time } = baseOf(bases, partition);
    return { partition, offset: offset + index, time, key, value, headers };
  });
}

/** Keeps only the last record of each appended key, and deletes tombstones past their retention. */
async function compact(tx: Queries, records: readonly Outgoing[], bases: Bases): Promise<void> {
  const latest = new Map<string, Latest>();
  for (const { key, partition, index } of records) {
    if (key !== null) latest.set(key.toString('hex'), { partition, offset: baseOf(bases, partition).offset + index, key });
  }
  await deleteSuperseded.run(tx, { rows: [...latest.values()] });
  await deleteOldTombstones.run(tx, { partitions: [...bases.keys()], kept: TOMBSTONES_KEPT, limit: TOMBSTONES_AT_ONCE });
}

function bytesOf(data: string | Uint8Array | null): Buffer | null {
  if (data === null) return null;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
