/** A page of a recipient's published changes, oldest first. Locks nothing; unique index on tenant and address, then the primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { RecipientRef } from '@desist/domain';

interface Page extends RecipientRef {
  /** Version. */
  readonly after: number;
  readonly limit: number;
}

export const pageHistory = statement('page_history', (db, { tenant, address, after, limit }: Slots<Page>) =>
  db
    .selectFrom('desist.recipient as r')
    .innerJoin('desist.recipient_event as e', 'e.recipient_id', 'r.id')
    .select(['e.version', 'e.type', 'e.effective_at as effectiveAt', 'e.recorded_at as recordedAt', 'e.detail'])
    .where('r.tenant', '=', tenant)
    .where('r.address', '=', address)
    .where('e.version', '>', after)
    .orderBy('e.version')
    .limit(limit),
);
