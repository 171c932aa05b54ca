import { LogError } from '@desist/pipeline';
import type { Appended, OutRecord, Topic } from '@desist/pipeline';
import { NOW } from './database.ts';
import type { Database, Queries } from './database.ts';
import { asLogErrors } from './errors.ts';
import { partitionOf } from './murmur2.ts';
import type { Tables } from './tables.ts';

/** As Kafka's default for one message. */
const MOST_BYTES = 1024 * 1024;
/** One statement's share of an append. */
const STATEMENT_RECORDS = 1_000;
const STATEMENT_BYTES = 4 * 1024 * 1024;
/** ms. So long a reader of the compacted topic may be away and still see that a key has gone; Kafka's default. */
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

interface Base {
  readonly offset: number;
  readonly time: number;
}

export type Append = (topic: Topic, records: readonly OutRecord[]) => Promise<readonly Appended[]>;

/**
 * One transaction for each call. Its partitions' counters are locked in ascending order and stay locked until the commit:
 * no deadlock, no hole, and nobody sees an offset before the one below it.
 */
export function createAppend(db: Database, tables: Tables, nameOf: (topic: Topic) => string): Append {
  let spread = Math.floor(Math.random() * 1_000_000);

  return async (topic, records) => {
    if (records.length === 0) return [];
    const partitions = await tables.partitions(topic);
    const outgoing = prepare(topic, records, partitions, () => spread++);
    const bases = await asLogErrors(`append to ${nameOf(topic)}`, () =>
      db.transaction(async (tx) => {
        const taken = await takeOffsets(tx, topic, outgoing);
        for (const part of statements(outgoing)) await insert(tx, topic, part, taken);
        if (topic === 'suppressions') await compact(tx, outgoing, taken);
        return taken;
      }),
    );
    return outgoing.map(({ partition, index }) => ({ partition, offset: baseOf(bases, partition).offset + index }));
  };
}

function prepare(topic: Topic, records: readonly OutRecord[], partitions: number, spread: () => number): readonly Outgoing[] {
  const used = new Map<number, number>();
  return records.map((record) => {
    const key = bytesOf(record.key);
    const value = bytesOf(record.value);
    const headers = record.headers === undefined || Object.keys(record.headers).length === 0 ? null : JSON.stringify(record.headers);
    if ((value?.length ?? 0) > MOST_BYTES)
      throw new LogError('misconfigured', `a record of ${value?.length ?? 0} bytes: the journal takes up to ${MOST_BYTES}`);
    if (key === null && topic === 'suppressions') throw new LogError('misconfigured', 'a compacted topic takes no record without a key');
    const partition = record.partition ?? (key === null ? spread() % partitions : partitionOf(key, partitions));
    const index = used.get(partition) ?? 0;
    used.set(partition, index + 1);
    return { partition, index, key, value, headers, bytes: (key?.length ?? 0) + (value?.length ?? 0) + (headers?.length ?? 0) };
  });
}

async function takeOffsets(tx: Queries, topic: Topic, records: readonly Outgoing[]): Promise<ReadonlyMap<number, Base>> {
  const counts = new Map<number, number>();
  for (const { partition } of records) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  const partitions = [...counts.keys()].sort((a, b) => a - b);
  if (partitions.length > 1) {
    await tx.query(
      'select partition from desist.journal_partition where topic = $1 and partition = any($2::int[]) order by partition for update',
      [topic, partitions],
    );
  }
  const rows = await tx.query(
    `update desist.journal_partition as p
        set high = p.high + n.count, last_time = greatest(p.last_time, ${NOW})
       from unnest($2::int[], $3::int[]) as n (partition, count)
      where p.topic = $1 and p.partition = n.partition
  returning p.partition, p.high - n.count as base, p.last_time`,
    [topic, partitions, partitions.map((partition) => counts.get(partition))],
  );
  return new Map(rows.map((row) => [Number(row['partition']), { offset: Number(row['base']), time: Number(row['last_time']) }]));
}

function baseOf(bases: ReadonlyMap<number, Base>, partition: number): Base {
  const base = bases.get(partition);
  if (base === undefined) throw new LogError('misconfigured', `the journal has no partition ${partition}: run \`desist migrate\``);
  return base;
}

function* statements(records: readonly Outgoing[]): Generator<readonly Outgoing[]> {
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

/** Bytes go as hexadecimal text: arrays of bytea are not the same to all drivers. */
const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null;

async function insert(tx: Queries, topic: Topic, records: readonly Outgoing[], bases: ReadonlyMap<number, Base>): Promise<void> {
  await tx.query(
    `insert into desist.journal (topic, partition, record_offset, record_time, key, value, headers)
     select $1, r.partition, r.at, r.time, decode(r.key, 'hex'), decode(r.value, 'hex'), r.headers
       from unnest($2::int[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])
            as r (partition, at, time, key, value, headers)`,
    [
      topic,
      records.map(({ partition }) => partition),
      records.map(({ partition, index }) => baseOf(bases, partition).offset + index),
      records.map(({ partition }) => baseOf(bases, partition).time),
      records.map(({ key }) => hex(key)),
      records.map(({ value }) => hex(value)),
      records.map(({ headers }) => headers),
    ],
  );
}

/** Of each key that was appended only the last record stays; tombstones go when they are old. */
async function compact(tx: Queries, records: readonly Outgoing[], bases: ReadonlyMap<number, Base>): Promise<void> {
  const last = new Map<string, { readonly partition: number; readonly at: number }>();
  for (const { key, partition, index } of records) {
    if (key !== null) last.set(key.toString('hex'), { partition, at: baseOf(bases, partition).offset + index });
  }
  const latest = [...last];
  await tx.query(
    `delete from desist.journal as j
      using unnest($1::int[], $2::bigint[], $3::text[]) as n (partition, at, key)
      where j.topic = 'suppressions' and j.partition = n.partition and j.record_offset < n.at
        and sha256(j.key) = sha256(decode(n.key, 'hex')) and j.key = decode(n.key, 'hex')`,
    [latest.map(([, { partition }]) => partition), latest.map(([, { at }]) => at), latest.map(([key]) => key)],
  );
  await tx.query(
    `delete from desist.journal
      where topic = 'suppressions' and (partition, record_offset) in (
            select partition, record_offset from desist.journal
             where topic = 'suppressions' and value is null and partition = any($1::int[]) and record_time < ${NOW} - ${TOMBSTONES_KEPT}
             order by partition, record_offset limit ${TOMBSTONES_AT_ONCE})`,
    [[...bases.keys()]],
  );
}

function bytesOf(data: string | Uint8Array | null): Buffer | null {
  if (data === null) return null;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
