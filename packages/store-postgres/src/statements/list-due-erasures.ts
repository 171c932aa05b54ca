/**
 * Erasures whose changes and dead letters are all relayed, or parked: those are never relayed, and are erased in the database. Locks nothing; reads the whole table, in which rows stand for seconds.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const listDueErasures = statement('list_due_erasures', (db, { limit }: Slots<{ limit: number }>) =>
  db
    .selectFrom('desist.erasure as e')
    .select(['e.tenant', 'e.address', 'e.partition', 'e.record_offset as offset', 'e.number as sequence'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('desist.outbox as o')
            .select('o.number')
            .whereRef('o.partition', '=', 'e.partition')
            .whereRef('o.number', '<=', 'e.number')
            .where('o.parked', 'is', null),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('desist.dead_letter as d')
            .select('d.record_offset')
            .whereRef('d.partition', '=', 'e.partition')
            .whereRef('d.record_offset', '<=', 'e.record_offset')
            .where('d.parked', 'is', null),
        ),
      ),
    )
    .limit(limit),
);
