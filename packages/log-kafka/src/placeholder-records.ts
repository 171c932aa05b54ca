/**
 * What becomes of a record batch that can not be decompressed (too large, or broken).
 *
 * kafkajs knows no way to refuse one batch: an error thrown by a codec ends the whole consumer, which starts again, meets the
 * batch again, and so on, and the error does not say which partition it was. So the codec answers with placeholders instead:
 * as many tiny records as the batch has, which the reader recognises by the memory they lie in (a header could be forged).
 * The reader then stops that partition at that position, and the others go on.
 */

// The record batch header that precedes the compressed bytes (magic 2): Kafka protocol guide, "Record Batch".
const HEADER_BYTES = 61;
const COUNT_AT = 57;
const MAGIC_AT = 16;
const LAST_OFFSET_DELTA_AT = 23;
const MOST_RECORDS = 1_000_000;

const reasons = new WeakMap<ArrayBufferLike, string>();
let made = false;

/** The number of records that the header before these compressed bytes announces; null when there is no such header. */
export function announcedCount(compressed: Buffer): number | null {
  if (compressed.byteOffset < HEADER_BYTES) return null;
  const header = Buffer.from(compressed.buffer, compressed.byteOffset - HEADER_BYTES, HEADER_BYTES);
  if (header.readInt8(MAGIC_AT) !== 2) return null;
  const count = header.readInt32BE(COUNT_AT);
  if (count < 1 || count > MOST_RECORDS || header.readInt32BE(LAST_OFFSET_DELTA_AT) < count - 1) return null;
  return count;
}

/** Whether the lengths in front of `count` records add up to the data: kafkajs would run over its end and crash for good. */
export function holdsRecords(data: Buffer, count: number): boolean {
  let at = 0;
  for (let i = 0; i < count; i++) {
    let length = 0;
    for (let shift = 0; ; shift++) {
      const byte = data[at++];
      if (byte === undefined || shift > 4) return false;
      length += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) break;
    }
    // Zigzag: an odd number is negative.
    if (length % 2 === 1) return false;
    at += length / 2;
    if (at > data.length) return false;
  }
  return true;
}

/** The decompressed form of `count` records without key, their value one byte. */
export function placeholders(count: number, reason: string): Buffer {
  // Each at most: length 1, attributes 1, time 1, offset 5, key 1, value 1 + 1, headers 1.
  const buffer = Buffer.alloc(count * 12);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const delta = zigzagVarint(i);
    at = buffer.writeUInt8((6 + delta.length) << 1, at);
    at = buffer.writeUInt16BE(0, at);
    for (const byte of delta) at = buffer.writeUInt8(byte, at);
    at = buffer.writeUInt8(1, at); // key length -1
    at = buffer.writeUInt8(2, at); // value length 1
    at = buffer.writeUInt16BE(0, at); // value, no headers
  }
  reasons.set(buffer.buffer, reason);
  made = true;
  return buffer;
}

/** Why the record could not be read, when it is a placeholder; else null. */
export function placeholderReason(value: Buffer | null): string | null {
  if (!made || value === null) return null;
  return reasons.get(value.buffer) ?? null;
}

function zigzagVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
