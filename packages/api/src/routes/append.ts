/** Appends records to the log, for all routes that write. */
import { LogError, StoreError } from '@desist/pipeline';
import type { Appended } from '@desist/pipeline';
import { readsOnly, unavailable } from '../http/problem.ts';
import type { ApiOptions } from '../options.ts';

export interface Encoded {
  readonly key: string;
  readonly value: string;
}

/** @throws Problem 503 in a process that only reads */
export function demandWriting({ append }: ApiOptions): void {
  if (append === undefined) throw readsOnly();
}

/** Appends all records in one durable call. After a failure the caller repeats them under the same ids. @throws Problem 503 */
export async function append({ append, logger }: ApiOptions, records: readonly Encoded[]): Promise<readonly Appended[]> {
  if (append === undefined) throw unavailable('This service only reads. Send it to one that writes to the log.');
  try {
    return await append(records);
  } catch (error) {
    if (!(error instanceof LogError || error instanceof StoreError)) throw error;
    logger.warn({ error: error.name, kind: error.kind, records: records.length }, 'records were not appended');
    throw unavailable('The log did not confirm the records. Repeat the whole request: duplicates are harmless.');
  }
}
