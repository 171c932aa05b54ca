/**
 * Makes the checkpoint or raises its epoch, with a nonce of its own; binds it to the first log that is given. Locks the row by primary key,
 * and waits for the transaction that holds it.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { newNonce, serverStarted } from './claim.ts';
import { now } from './now.ts';

export const claimCheckpoint = statement(
  'claim_checkpoint',
  (db, { partition, owner, log }: Slots<{ partition: number; owner: string; log: string | null }>) =>
    db
      .insertInto('desist.checkpoint')
      .values((eb) => ({ partition, epoch: eb.lit(1), owner, log, server_started: serverStarted }))
      .onConflict((conflict) =>
        conflict.column('partition').doUpdateSet((eb) => ({
          epoch: eb('desist.checkpoint.epoch', '+', eb.lit(1)),
          nonce: newNonce,
          server_started: serverStarted,
          owner: eb.ref('excluded.owner'),
          log: eb.fn.coalesce('desist.checkpoint.log', 'excluded.log'),
          updated_at: now,
        })),
      )
      .returning([
        'epoch',
        'nonce',
        'audited_incarnation as auditedIncarnation',
        'log',
        'last_offset as lastOffset',
        'last_time as lastTime',
        'last_key as lastKey',
        'next_offset as nextOffset',
        'clock',
        'next_number as nextSequence',
        'attempts',
        'stopped',
        'tolerated_below as toleratedBelow',
      ]),
);
