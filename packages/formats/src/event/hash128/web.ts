import { sha256 } from '@noble/hashes/sha2.js';

const encoder = new TextEncoder();

/**
 * Returns the same hash as `node.ts`, for environments without Node. It uses a library because the browser's own hash API is
 * asynchronous.
 */
export function hash128(text: string): string {
  const bytes = sha256(encoder.encode(text)).subarray(0, 16);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
