import { hash } from 'node:crypto';

/**
 * Returns 22 characters of base64url: 128 bits of the SHA-256 of the text. It uses Node's own hash, which takes a third of the time of
 * `web.ts`.
 */
export function hash128(text: string): string {
  return hash('sha256', text, 'buffer').subarray(0, 16).toString('base64url');
}
