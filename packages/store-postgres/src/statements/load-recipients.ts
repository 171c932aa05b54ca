/** Rows of these recipients, whichever partition they stand in. Locks nothing; unique index on tenant and address. */
import { statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { LoadedRecipient } from '@desist/pipeline';
import { sql } from 'kysely';
import { keys } from './keys.ts';
import type { RecipientRef } from '@desist/domain';

export const loadRecipients = statement<Rows<RecipientRef>, LoadedRecipient>(
  'load_recipients',
  () => sql`select r.tenant, r.address, r.partition, r.version, r.evidence, r.shadow,
      r.shadow_policy as "shadowPolicy"
    from ${keys.unnest} join desist.recipient r on r.tenant = k.tenant and r.address = k.address`,
);
