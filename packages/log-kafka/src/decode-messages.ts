/**
 * Decodes the record batches of a fetch (record-batch.ts) in place of kafkajs 2.2.4, which makes many objects of each record, and spreads each batch over a call (`records.push(...batch.records)`):
 * from about 125,000 records in one batch on that exceeds the stack, and ends the consumer for good. And it decompresses all batches of an
 * answer, however much comes out; here an answer ends when it has become too large, and what is left out is fetched again.
 *
 * And of a batch whose last records were compacted away it shows nothing: kafkajs then reads on at the last record that is left, and of a batch
 * with none left it does not move at all. Here a control record, which nobody is given, stands for the offsets up to the end of the batch.
 *
 * A partition of which nothing is taken answers no records: kafkajs then neither moves its position nor calls anybody, and asks again. The
 * order of the partitions is another one in each request (`broker.fetch` shuffles them), so none is left out for ever.
 */
import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';

import { batchLength, readBatchHeader, readRecords } from './record-batch.ts';

/** The part of kafkajs' reader of bytes that is used here. */
export interface Decoder {
  readonly buffer: Buffer;
  readInt32(): number;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
}

/** What kafkajs needs of a record. */
interface DecodedRecord {
  /** Decimal. */
  readonly offset: string;
  readonly isControlRecord: boolean;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Sizes after decompression at which an answer ends. A batch is taken whole: one more than this may be in memory. */
export interface FetchLimits {
  readonly bytes: number;
  readonly records: number;
}

export const FETCH_LIMITS: FetchLimits = { bytes: 32 * 1024 * 1024, records: 100_000 };

/** Position of the byte that says which format the records have: the same in all of them. */
const MAGIC_AT = 16;
const RECORD_BATCH = 2;

const require = createRequire(import.meta.url);
const SOURCE = 'kafkajs/src/protocol';
const DECODE_MESSAGES = require.resolve(`${SOURCE}/requests/fetch/v4/decodeMessages`);

interface DecodedBatch {
  /** Decimal. */
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly records: readonly DecodedRecord[];
}

type DecodeBatch = (decoder: Decoder) => Promise<DecodedBatch>;

/** What the answer that these bytes are has taken so far: partitions of one answer are decoded from one buffer, one after the other. */
const taken = new WeakMap<Buffer, { bytes: number; records: number }>();

export function createDecodeMessages(limits: FetchLimits = FETCH_LIMITS): (decoder: Decoder) => Promise<readonly DecodedRecord[]> {
  const DecoderClass = require(`${SOURCE}/decoder`) as new (bytes: Buffer) => Decoder;
  const decodeBatch = require(`${SOURCE}/recordBatch/v0/decoder`) as DecodeBatch;
  const decodeOlder = require(`${SOURCE}/messageSet/decoder`) as (decoder: Decoder, size: number) => Promise<readonly DecodedRecord[]>;

  return async (answer) => {
    const size = answer.readInt32();
    if (size <= 0 || !answer.canReadBytes(size)) return [];
    const bytes = answer.readBytes(size);
    if (bytes.readInt8(MAGIC_AT) !== RECORD_BATCH) return decodeOlder(new DecoderClass(bytes), size);
    const used = usedOf(answer.buffer);
    const found: DecodedRecord[] = [];
    let at = 0;
    while (used.bytes < limits.bytes && used.records < limits.records) {
      const length = batchLength(bytes, at);
      // The broker cuts an answer at its size: the rest of a batch comes with the next one.
      if (length === undefined) break;
      const batch = (await decodeInPlace(bytes, at, length)) ?? (await decodeBatch(new DecoderClass(bytes.subarray(at, at + length))));
      const { records } = batch;
      for (const record of records) {
        found.push(record);
        used.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
      }
      for (const record of compactedAway(batch)) found.push(record);
      used.records += records.length;
      at += length;
    }
    return found;
  };
}

/** Null: kafkajs' own decoder decides what is wrong with it. */
async function decodeInPlace(bytes: Buffer, at: number, length: number): Promise<DecodedBatch | null> {
  const batch = readBatchHeader(bytes, at, length);
  if (batch === null) return null;
  const { codec, body, firstOffset, lastOffsetDelta } = batch;
  const plain = codec === 0 ? body : await decompressed(codec, body);
  const records = plain === null ? null : readRecords(batch, plain);
  return records === null ? null : { firstOffset, lastOffsetDelta, records };
}

async function decompressed(codec: number, body: Buffer): Promise<Buffer | null> {
  const { CompressionCodecs } = kafkajs as { readonly CompressionCodecs: Readonly<Record<number, () => Decompressor>> };
  return (await CompressionCodecs[codec]?.().decompress(body)) ?? null;
}

interface Decompressor {
  decompress(data: Buffer): Promise<Buffer>;
}

/** Control records at the ends of what is missing behind the last record of a batch: at its beginning, too, when none is left. */
function compactedAway(batch: DecodedBatch): readonly DecodedRecord[] {
  const { firstOffset, lastOffsetDelta, records } = batch;
  const lastOffset = String(BigInt(firstOffset) + BigInt(lastOffsetDelta));
  const at = records.length > 0 ? [] : [firstOffset];
  if ((records.at(-1)?.offset ?? firstOffset) !== lastOffset) at.push(lastOffset);
  return at.map((offset) => ({ offset, isControlRecord: true, key: null, value: null, timestamp: '0', headers: {}, batchContext: batch }));
}

function usedOf(buffer: Buffer): { bytes: number; records: number } {
  let used = taken.get(buffer);
  if (used === undefined) taken.set(buffer, (used = { bytes: 0, records: 0 }));
  return used;
}

const RESPONSE = /kafkajs.src.protocol.requests.fetch.v\d+.response\.js$/;
let replaced = false;

/** Puts our decoding in place of kafkajs' own: for the process, once. */
export function replaceDecodeMessages(): void {
  if (replaced) return;
  replaced = true;
  // Loaded, so that it has its entry; then whoever requires it gets ours.
  require(DECODE_MESSAGES);
  const entry = require.cache[DECODE_MESSAGES];
  if (entry !== undefined) entry.exports = createDecodeMessages();
  // Answers that were decoded by another client of this process before: loaded anew, with ours.
  for (const path of Object.keys(require.cache)) if (RESPONSE.test(path)) Reflect.deleteProperty(require.cache, path);
}
