/** Positions in the feed as opaque text. */
import type { FeedPosition } from '@desist/pipeline';

/** More partitions than anybody has; a cursor with more is none of ours. */
const MOST_PARTITIONS = 4_096;

export function encodePosition(position: FeedPosition): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Undefined for text that `encodePosition` did not make. */
export function decodePosition(cursor: string): FeedPosition | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length > MOST_PARTITIONS) return undefined;
  return value.every((number) => Number.isSafeInteger(number) && (number as number) >= 0) ? (value as readonly number[]) : undefined;
}
