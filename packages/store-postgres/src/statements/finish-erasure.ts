/** Drops the note of one erasure, not of one that was asked for again in between. Locks the row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { RecipientRef } from '@desist/domain';

export const finishErasure = statement(
  'finish_erasure',
  (db, { tenant, address, offset }: Slots<RecipientRef & { readonly offset: number }>) =>
    db.deleteFrom('desist.erasure').where('tenant', '=', tenant).where('address', '=', address).where('record_offset', '=', offset),
);
