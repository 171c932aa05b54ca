/** Gives recipients to other partitions. Locks each row; primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';

export interface Placement {
  readonly id: number;
  readonly partition: number;
}

const rows = bulk<Placement>({ id: ['bigint', (row) => row.id], partition: ['integer', (row) => row.partition] });

export const placeRecipients = statement<Rows<Placement>, never>(
  'place_recipients',
  () => sql`update desist.recipient r set partition = k.partition from ${rows.unnest} where r.id = k.id`,
);
