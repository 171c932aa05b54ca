/**
 * Hashes of keys (`tenant/address`). Nearly all records concern healthy recipients, and for those even decoding the key to
 * text would be too slow. A missing hash proves that a key is not tracked; a matching hash must be confirmed by the text.
 */

const OFFSET_BASIS = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** Leading bytes of a message id or of a host's name that count: decoded events have no more. */
export const WORD = 1_024;

/** FNV-1a (RFC 9923) of a key's bytes, 32 bits, never 0. */
export function hashOfKey(key: Uint8Array): number {
  const hash = hashOn(OFFSET_BASIS, key, 0, key.length);
  return hash === 0 ? 1 : hash;
}

/** Continues a hash with the bytes from `start` to before `end`. */
export function hashOn(from: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = from;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), PRIME);
  return hash;
}

/** The hash of a key given as text. Equals `hashOfKey` for ASCII, and only ASCII keys are peeked. */
export function hashOfText(key: string, from = OFFSET_BASIS): number {
  let hash = from;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ (key.charCodeAt(i) & 0xff), PRIME);
  return hash === 0 ? 1 : hash;
}

/** ASCII bytes as one flat string: most are kept for long, and hashed. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Whether the bytes from `from` to before `to` equal `wanted`. */
export function isAt(wanted: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i += 1) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}
