import { partitionOf } from '@desist/pipeline';
import type { OutRecord } from '@desist/pipeline';

/** A record on its way out, with everything decided. */
export interface Outgoing {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Upper bound of its size in a record batch, bytes. */
  readonly bytes: number;
}

/** kafkajs makes one batch of all records of a call for one partition, and a batch may have 1 MiB. */
export const BATCH_BYTES = 512 * 1024;
/** kafkajs copies the list of a partition once per record. */
export const BATCH_RECORDS = 1_000;
/** All partitions of one call together. */
export const CALL_BYTES = 8 * 1024 * 1024;

const RECORD_OVERHEAD = 40;

/** Chooses the partition (murmur2 of the key, as Java and kafkajs do; `spread` for records without one) and measures. */
export function prepare(record: OutRecord, partitions: number, spread: () => number): Outgoing {
  const key = bytesOf(record.key);
  const value = bytesOf(record.value);
  const headers = record.headers ?? {};
  let bytes = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name of Object.keys(headers)) {
    bytes += 10 + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '');
  }
  const partition = record.partition ?? (key === null ? spread() % partitions : partitionOf(key, partitions));
  return { partition, key, value, headers, bytes };
}

/**
 * How many records from `from` on go into the next call: as many as fit, in order, at least one.
 */
export function countForCall(records: readonly Outgoing[], from = 0): number {
  const perPartition = new Map<number, { bytes: number; records: number }>();
  let total = 0;
  let count = 0;
  for (let i = from; i < records.length; i++) {
    const record = records[i] as Outgoing;
    const so = perPartition.get(record.partition) ?? { bytes: 0, records: 0 };
    const full = so.bytes + record.bytes > BATCH_BYTES || so.records >= BATCH_RECORDS || total + record.bytes > CALL_BYTES;
    if (full && count > 0) break;
    so.bytes += record.bytes;
    so.records += 1;
    perPartition.set(record.partition, so);
    total += record.bytes;
    count += 1;
  }
  return count;
}

function bytesOf(data: string | Uint8Array | null): Buffer | null {
  if (data === null) return null;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
