/** Deletes the records of an erased recipient from the journal, including its tombstone and dead letters. */
import type { Tenant, Address } from '@desist/domain';
import type { Database } from './database.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { asLogErrors } from './errors.ts';
import { deleteDeadLetters } from './statements/delete-dead-letters.ts';
import { eraseChanges } from './statements/erase-changes.ts';
import { eraseCompacted } from './statements/erase-compacted.ts';
import { eraseDeadLetters } from './statements/erase-dead-letters.ts';
import { eraseEvents } from './statements/erase-events.ts';
import { pageUnindexedDeadLetters } from './statements/page-unindexed-dead-letters.ts';
import { vacuum } from './vacuum.ts';

export interface Erased {
  readonly tenant: Tenant;
  readonly address: Address;
  /** Input partition that holds the recipient's events. */
  readonly partition: number;
  /** Events up to this offset are deleted ... */
  readonly offset: number;
  /** ... and changes up to this `sequence.number` of that partition. */
  readonly sequence: number;
}

/** Dead letters that are searched in one query: each has up to 1 MiB. */
const PAGE = 16;
/** The topic of dead letters has one partition. */
const LETTERS_PARTITION = 0;

/** Returns the number of deleted records. Offsets do not change: readers have already passed the deleted records. */
export async function erase(db: Database, erased: Erased, index: DeadLetterIndex | undefined): Promise<number> {
  const { tenant, address, partition, offset, sequence } = erased;
  const key = Buffer.from(`${tenant}/${address}`).toString('hex');
  const hashes = index?.hashesOfRecipient(tenant, address) ?? [];
  const gone = await asLogErrors('erasing from the journal', () =>
    db.transaction(async (tx) => [
      ...(await eraseEvents.run(tx, { partition, offset, key })),
      ...(await eraseChanges.run(tx, { key, number: sequence })),
      ...(await eraseCompacted.run(tx, { key })),
      ...(await eraseDeadLetters.run(tx, { hashes })),
    ]),
  );
  const searched = index === undefined ? 0 : await asLogErrors('searching the dead letters', () => search(db, erased, index));
  if (gone.length + searched > 0) await vacuum(db);
  return gone.length + searched;
}

/** Reads the records of which is not known whom they name, page by page: nobody waits for a lock meanwhile. */
async function search(db: Database, { tenant, address }: Erased, index: DeadLetterIndex): Promise<number> {
  let deleted = 0;
  for (let from = 0; ;) {
    const page = await pageUnindexedDeadLetters.run(db, { partition: LETTERS_PARTITION, from, limit: PAGE });
    const offsets = page.flatMap(({ offset, key, value, headers }) => {
      const record = { key, value, headers: headers === null ? {} : (JSON.parse(headers) as Record<string, string>) };
      return index.names(record, tenant, address) ? [offset] : [];
    });
    if (offsets.length > 0) deleted += (await deleteDeadLetters.run(db, { partition: LETTERS_PARTITION, offsets })).length;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return deleted;
    from = last.offset + 1;
  }
}
