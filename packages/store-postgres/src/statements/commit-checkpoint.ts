/**
 * The compare-and-set of a commit, its first statement: it takes the lock that a second owner waits for. No row: the partition is
 * another one's, or moved. Locks the checkpoint by primary key.
 */
import { preparedStatement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { CommitPlan } from '@desist/pipeline';
import { serverStarted } from './claim.ts';
import { now } from './now.ts';

type Move = Pick<
  CommitPlan,
  'partition' | 'epoch' | 'nonce' | 'fromOffset' | 'fromSequence' | 'nextOffset' | 'clock' | 'nextSequence' | 'attempts'
> & { readonly lastOffset: number | null; readonly lastTime: number | null; readonly lastKey: number | null };

export const commitCheckpoint = preparedStatement('commit_checkpoint', (db, slots: Slots<Move>) =>
  db
    .updateTable('desist.checkpoint')
    .set((eb) => ({
      next_offset: slots.nextOffset,
      clock: slots.clock,
      next_number: slots.nextSequence,
      attempts: slots.attempts,
      last_offset: eb.fn.coalesce(eb.cast<number | null>(slots.lastOffset, 'bigint'), 'last_offset'),
      last_time: eb.fn.coalesce(eb.cast<number | null>(slots.lastTime, 'bigint'), 'last_time'),
      last_key: eb.fn.coalesce(eb.cast<number | null>(slots.lastKey, 'integer'), 'last_key'),
      updated_at: now,
    }))
    .where('partition', '=', slots.partition)
    .where('epoch', '=', slots.epoch)
    .where('nonce', '=', slots.nonce)
    .where('server_started', '=', serverStarted)
    .where('next_offset', '=', slots.fromOffset)
    .where('next_number', '=', slots.fromSequence)
    .returning('epoch'),
);
