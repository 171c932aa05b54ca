/**
 * Reads a record batch in place (Kafka protocol guide, "Record Batch"): keys and values are views of the fetched bytes, offsets and times
 * are numbers, and what kafkajs wants as text is made when somebody asks for it. kafkajs' own decoder makes some 25 objects for each record.
 */

/** What kafkajs looks up of the batch of a record. */
export interface BatchContext {
  /** Decimal. */
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

export interface RecordBatch extends BatchContext {
  /** Whose records' bytes are compressed: 0 is none. */
  readonly codec: number;
  readonly count: number;
  /** The records, as they were sent. */
  readonly body: Buffer;
  readonly first: number;
  readonly firstTimestamp: number;
  /** Of all records when the log gave the time; null when each has its own. */
  readonly appendedAt: number | null;
}

export type Headers = Record<string, Buffer | null | (Buffer | null)[]>;

/** A record as kafkajs hands it out, with offset and time as numbers beside. */
export class FetchedRecord {
  readonly attributes = 0;
  readonly magicByte = 2;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offsetNumber: number;
  /** ms */
  readonly recordTime: number;
  readonly batchContext: BatchContext;
  /** The bytes behind the value. */
  readonly #headers: Buffer | null;

  constructor(of: Pick<FetchedRecord, 'key' | 'value' | 'offsetNumber' | 'recordTime' | 'batchContext'>, headers: Buffer | null) {
    this.key = of.key;
    this.value = of.value;
    this.offsetNumber = of.offsetNumber;
    this.recordTime = of.recordTime;
    this.batchContext = of.batchContext;
    this.#headers = headers;
  }

  get offset(): string {
    return String(this.offsetNumber);
  }

  get timestamp(): string {
    return String(this.recordTime);
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControlBatch;
  }

  get headers(): Headers {
    return this.#headers === null ? {} : headersIn(this.#headers);
  }
}

/** Bytes before `length` ends being counted, and before the records begin. */
const LENGTH_END = 12;
const HEADER = 61;
const RECORD_BATCH = 2;
const CODEC_MASK = 0x07;
const APPEND_TIME = 0x08;
const IN_TRANSACTION = 0x10;
const IS_CONTROL = 0x20;

/** Length of the batch that begins at `at`, with its header; undefined: the bytes end before it does. */
export function batchLength(bytes: Buffer, at: number): number | undefined {
  if (at + HEADER > bytes.length) return undefined;
  const length = LENGTH_END + bytes.readInt32BE(at + LENGTH_END - 4);
  return at + length > bytes.length ? undefined : length;
}

/** The batch of this length at `at`; null: it is not one that is read here. */
export function readBatchHeader(bytes: Buffer, at: number, length: number): RecordBatch | null {
  if (length < HEADER || bytes.readInt8(at + 16) !== RECORD_BATCH) return null;
  const attributes = bytes.readInt16BE(at + 21);
  const first = Number(bytes.readBigInt64BE(at));
  const firstTimestamp = Number(bytes.readBigInt64BE(at + 27));
  const maxTimestamp = Number(bytes.readBigInt64BE(at + 35));
  const count = bytes.readInt32BE(at + 57);
  if (count < 0 || ![first, firstTimestamp, maxTimestamp].every(Number.isSafeInteger)) return null;
  return {
    firstOffset: String(first),
    lastOffsetDelta: bytes.readInt32BE(at + 23),
    producerId: String(bytes.readBigInt64BE(at + 43)),
    inTransaction: (attributes & IN_TRANSACTION) !== 0,
    isControlBatch: (attributes & IS_CONTROL) !== 0,
    codec: attributes & CODEC_MASK,
    count,
    body: bytes.subarray(at + HEADER, at + length),
    first,
    firstTimestamp,
    appendedAt: (attributes & APPEND_TIME) !== 0 ? maxTimestamp : null,
  };
}

/** The records in these bytes, which are not compressed (any more); null: they are not as they must be. */
export function readRecords(batch: RecordBatch, bytes: Buffer): FetchedRecord[] | null {
  const { count, first, firstTimestamp, appendedAt } = batch;
  const { firstOffset, lastOffsetDelta, producerId, inTransaction, isControlBatch } = batch;
  const batchContext: BatchContext = { firstOffset, lastOffsetDelta, producerId, inTransaction, isControlBatch };
  // A record has at least seven bytes.
  if (count * 7 > bytes.length) return null;
  const records: FetchedRecord[] = [];
  const cursor = { at: 0, end: bytes.length, broken: false };
  for (let n = 0; n < count; n += 1) {
    cursor.end = bytes.length;
    const length = varint(bytes, cursor);
    const end = cursor.at + length;
    if (cursor.broken || length < 0 || end > bytes.length) return null;
    cursor.end = end;
    cursor.at += 1;
    const timestamp = firstTimestamp + varint(bytes, cursor);
    const offsetNumber = first + varint(bytes, cursor);
    const key = bytesAt(bytes, cursor);
    const value = bytesAt(bytes, cursor);
    if (cursor.broken || cursor.at >= end || !Number.isSafeInteger(timestamp)) return null;
    // One byte, 0: no headers.
    const headers = bytes[cursor.at] === 0 ? null : bytes.subarray(cursor.at, end);
    records.push(new FetchedRecord({ key, value, offsetNumber, recordTime: appendedAt ?? timestamp, batchContext }, headers));
    cursor.at = end;
  }
  return records;
}

interface Cursor {
  at: number;
  /** Nothing from here on belongs to what is read. */
  end: number;
  /** Something did not end before that. */
  broken: boolean;
}

/** A zigzag number of up to ten bytes: exact below 2^53. */
function varint(bytes: Uint8Array, cursor: Cursor): number {
  let { at } = cursor;
  const { end } = cursor;
  let low = 0;
  let shift = 0;
  while (at < end && shift < 28) {
    const byte = bytes[at++] as number;
    low |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      cursor.at = at;
      return (low >>> 1) ^ -(low & 1);
    }
    shift += 7;
  }
  let high = 0;
  let scale = 1;
  while (at < end && shift < 70) {
    const byte = bytes[at++] as number;
    high += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      cursor.at = at;
      const whole = high * 2 ** 28 + low;
      const isOdd = (low & 1) === 1;
      return isOdd ? -(whole + 1) / 2 : whole / 2;
    }
    scale *= 128;
    shift += 7;
  }
  cursor.broken = true;
  return 0;
}

/** Length and bytes; null for the length -1. */
function bytesAt(bytes: Buffer, cursor: Cursor): Buffer | null {
  const length = varint(bytes, cursor);
  if (length === -1) return null;
  const from = cursor.at;
  if (length < -1 || from + length > cursor.end) {
    cursor.broken = true;
    return null;
  }
  cursor.at += length;
  return bytes.subarray(from, from + length);
}

/** As kafkajs gives them: several of one name are a list. What is not as it must be ends them. */
function headersIn(bytes: Buffer): Headers {
  const headers: Headers = {};
  const cursor = { at: 0, end: bytes.length, broken: false };
  const count = varint(bytes, cursor);
  for (let n = 0; n < count; n += 1) {
    const name = bytesAt(bytes, cursor)?.toString('utf8') ?? '';
    const value = bytesAt(bytes, cursor);
    if (cursor.broken) break;
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else headers[name] = Array.isArray(known) ? [...known, value] : [known, value];
  }
  return headers;
}
