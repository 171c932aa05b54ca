/** Makes the position of a provider's partition or raises its epoch. Locks the row by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { now } from './now.ts';

interface Feed {
  readonly feed: string;
  readonly partition: number;
  readonly owner: string;
}

export const claimFeed = statement('claim_feed', (db, { feed, partition, owner }: Slots<Feed>) =>
  db
    .insertInto('desist.feed_position')
    .values((eb) => ({ feed, partition, epoch: eb.lit(1), owner }))
    .onConflict((conflict) =>
      conflict.columns(['feed', 'partition']).doUpdateSet((eb) => ({
        epoch: eb('desist.feed_position.epoch', '+', eb.lit(1)),
        owner: eb.ref('excluded.owner'),
        updated_at: now,
      })),
    )
    .returning(['epoch', 'next_offset as nextOffset', 'state']),
);
