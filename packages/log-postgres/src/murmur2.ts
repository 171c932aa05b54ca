const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * The hash of Kafka's Java client (murmur2, 32 bits), so that a key has the same partition here and there.
 * Source: org.apache.kafka.common.utils.Utils.murmur2.
 */
export function murmur2(data: Uint8Array): number {
  const at = (index: number): number => data[index] as number;
  const whole = data.length & ~3;
  let h = SEED ^ data.length;
  for (let i = 0; i < whole; i += 4) {
    let k = at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = data.length - whole;
  if (rest === 3) h ^= at(whole + 2) << 16;
  if (rest >= 2) h ^= at(whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ at(whole), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** The partition that Kafka's default partitioners choose for a record with this key. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
