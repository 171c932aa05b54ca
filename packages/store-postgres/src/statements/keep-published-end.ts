/** Keeps where the topic of suppressions ends for a partition. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const keepPublishedEnd = statement('keep_published_end', (db, { partition, endsAt }: Slots<{ partition: number; endsAt: number }>) =>
  db
    .insertInto('desist.published_end')
    .values({ partition, ends_at: endsAt })
    .onConflict((conflict) => conflict.column('partition').doUpdateSet((eb) => ({ ends_at: eb.ref('excluded.ends_at') }))),
);
