/** Everything about one recipient, of one moment. Locks nothing; unique index on tenant and address, then the primary keys. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { AllowanceRow, RecipientRecord, SuppressionRow } from '@desist/pipeline';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { RecipientRef } from '@desist/domain';
import { SUPPRESSION_COLUMNS } from './suppression-columns.ts';

export const findRecipient = statement('find_recipient', (db, { tenant, address }: Slots<RecipientRef>) =>
  db
    .selectFrom('desist.recipient as r')
    .select([
      'r.tenant',
      'r.address',
      'r.partition',
      'r.version',
      'r.state',
      'r.policy',
      'r.streak_started_at as streakStartedAt',
      'r.last_failure_at as lastFailureAt',
      'r.failures',
      'r.messages',
      'r.category',
      'r.provider',
      'r.suppress_at as suppressAt',
      'r.probation_until as probationUntil',
      'r.updated_at as updatedAt',
      'r.evidence',
      'r.shadow_policy as shadowPolicy',
      'r.shadow_state as shadowState',
      'r.shadow_scope as shadowScope',
      'r.shadow_reason as shadowReason',
      'r.shadow_since as shadowSince',
      'r.shadow_expires_at as shadowExpiresAt',
      'r.shadow_differs as shadowDiffers',
    ])
    .select((eb) => [
      // The advice that the status view gives.
      eb
        .selectFrom('desist.recipient_status as v')
        .select('v.advice')
        .whereRef('v.tenant', '=', 'r.tenant')
        .whereRef('v.address', '=', 'r.address')
        .as('advice'),
      jsonArrayFrom(
        eb
          .selectFrom('desist.suppression as s')
          .select(SUPPRESSION_COLUMNS)
          .whereRef('s.recipient_id', '=', 'r.id')
          .orderBy('s.scope')
          .orderBy('s.reason')
          .$castTo<SuppressionRow>(),
      ).as('suppressions'),
      jsonArrayFrom(
        eb
          .selectFrom('desist.allowance as a')
          .select(['a.scope', 'a.expires_at as expiresAt'])
          .whereRef('a.recipient_id', '=', 'r.id')
          .orderBy('a.scope')
          .$castTo<AllowanceRow>(),
      ).as('allowed'),
    ])
    .where('r.tenant', '=', tenant)
    .where('r.address', '=', address)
    .$narrowType<Pick<RecipientRecord, 'state' | 'shadowState' | 'shadowReason'>>(),
);
