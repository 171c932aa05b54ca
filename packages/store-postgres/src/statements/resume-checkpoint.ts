/** Lets a partition go on under a new epoch. Locks the checkpoint by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { newNonce } from './claim.ts';
import { now } from './now.ts';

interface Terms {
  readonly partition: number;
  /** Null: where it stands. */
  readonly skipTo: number | null;
  readonly toleratedBelow: number;
  /** Null: the log that it is bound to. */
  readonly log: string | null;
}

export const resumeCheckpoint = statement('resume_checkpoint', (db, { partition, skipTo, toleratedBelow, log }: Slots<Terms>) =>
  db
    .updateTable('desist.checkpoint')
    .set((eb) => ({
      stopped: null,
      attempts: eb.lit(0),
      epoch: eb('epoch', '+', eb.lit(1)),
      nonce: newNonce,
      next_offset: eb.fn.coalesce(eb.cast<number | null>(skipTo, 'bigint'), 'next_offset'),
      tolerated_below: toleratedBelow,
      log: eb.fn.coalesce(eb.cast<string | null>(log, 'text'), 'log'),
      // What stands there now may be another record: that is accepted.
      last_offset: null,
      last_time: null,
      last_key: null,
      updated_at: now,
    }))
    .where('partition', '=', partition)
    .returning(['epoch', 'next_offset as nextOffset']),
);
