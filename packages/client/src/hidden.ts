/** What kafkajs tells of a fetch that was worked through. */
interface Fetched {
  /** Records that the reader was given. */
  readonly batchSize: number;
  /** Of the batches that the broker sent, given to the reader or not. Null: it sent none. */
  readonly firstOffset: string | null;
  readonly lastOffset: string | null;
}

/**
 * The position behind a fetch that had markers, or records of a transaction that was given up, and nothing else. Null: it had records, which move
 * the position themselves; or it begins behind the position, for it was fetched before a seek, and what lies between is still to be read.
 */
export function positionAfterHidden(position: number, { batchSize, firstOffset, lastOffset }: Fetched): number | null {
  if (batchSize > 0 || firstOffset === null || lastOffset === null || Number(firstOffset) > position) return null;
  return Math.max(position, Number(lastOffset) + 1);
}
