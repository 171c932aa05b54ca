/**
 * The last record that was folded, as the checkpoint keeps it: another log, or a topic that was made anew and has grown past the checkpoint,
 * has another record there.
 */
import type { LastRecord } from '../ports/checkpoint.ts';
import type { LogRecord } from '../ports/log.ts';
import { hashOfKey } from '../traffic/key-hash.ts';

/** Of the hash only so many bits are kept: with the time they tell records apart, and they name no address, also not one to be erased. */
const BITS = 0xffff;

/** Once per slice, not per record. */
export function lastRecordOf({ offset, recordTime, key }: LogRecord): LastRecord {
  return { offset, recordTime, keyHash: key === null ? 0 : hashOfKey(key) & BITS };
}

/** What is wrong when the record at the place of the last one is another; null: it is the same, or is not there any more. */
export function unlikeLast(last: LastRecord, records: readonly LogRecord[]): string | null {
  const found = records.find(({ offset }) => offset === last.offset);
  if (found === undefined) return null;
  const { recordTime, keyHash } = lastRecordOf(found);
  if (recordTime === last.recordTime && keyHash === last.keyHash) return null;
  const difference = recordTime === last.recordTime ? 'another key' : `record time ${recordTime} instead of ${last.recordTime}`;
  return `record ${last.offset} is another one than was folded (${difference}): the topic was recreated or another one is configured`;
}
