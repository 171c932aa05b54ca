/** Takes what belongs to an erased recipient out of the journal, tombstone and dead letters included. */
import { asLogErrors } from './errors.ts';
import type { Database } from './database.ts';

export interface Erased {
  readonly tenant: string;
  readonly address: string;
  /** Of the input, where its events are. */
  readonly partition: number;
  /** Events up to this offset go ... */
  readonly offset: number;
  /** ... and changes up to this `sequence.number` of that partition. */
  readonly number: number;
}

/** Answers how many records went. Offsets stay as they are: what is read on is above them. */
export async function erase(db: Database, { tenant, address, partition, offset, number }: Erased): Promise<number> {
  const key = Buffer.from(`${tenant}/${address}`).toString('hex');
  const rows = await asLogErrors('erasing from the journal', () =>
    db.transaction(async (tx) => [
      ...(await tx.query(
        `delete from desist.journal where topic = 'deliveryEvents' and partition = $1 and record_offset <= $2 and key = decode($3, 'hex') returning 1`,
        [partition, offset, key],
      )),
      ...(await tx.query(
        `delete from desist.journal where topic = 'suppressionEvents' and key = decode($1, 'hex')
            and (convert_from(value, 'UTF8')::jsonb -> 'sequence' ->> 'number')::bigint <= $2 returning 1`,
        [key, number],
      )),
      // Up to the last tombstone: behind it stands what holds for a new recipient of this address.
      ...(await tx.query(
        `with mine as (select partition, record_offset, value from desist.journal
                        where topic = 'suppressions' and sha256(key) = sha256(decode($1, 'hex')) and key = decode($1, 'hex'))
         delete from desist.journal j using mine
          where j.topic = 'suppressions' and j.partition = mine.partition and j.record_offset = mine.record_offset
            and mine.record_offset <= (select max(record_offset) from mine where value is null) returning 1`,
        [key],
      )),
      ...(await tx.query(
        `delete from desist.journal where topic = 'deadLetters' and (key = decode($1, 'hex') or position(convert_to($2, 'UTF8') in value) > 0) returning 1`,
        [key, address],
      )),
    ]),
  );
  // The embedded database has no autovacuum.
  if (rows.length > 0 && db.kind === 'embedded') await db.query('vacuum desist.journal').catch(() => undefined);
  return rows.length;
}
