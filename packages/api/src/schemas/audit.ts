import { AUDIT_OUTCOMES } from '@desist/pipeline';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  A_TIME,
  AddressInput,
  AN_ADDRESS,
  Cursor,
  Limit,
  OneOf,
  OrNull,
  Page,
  Query,
  TenantFilter,
  Time,
  TimeInput,
  Words,
  WordsInput,
} from './basics.ts';
import { answers, json } from './problem.ts';

const Entry = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  at: Time,
  action: Type.String({
    description:
      'A command (`suppress`, `release`, `allow`, `disallow`, `forget`, …), `key_made`, `key_rotated`, `key_ended`, `dead_letter_resent`, `import_started`, `import_resumed`, `import_stopped`, `import_finished`, `whatif_started`, `whatif_resumed`, `whatif_stopped`, `whatif_finished`, `incident_created`, `incident_voided`, `incident_restored`, `republish_requested`, `republish_stopped`, `partition_resumed`, `log_accepted`, `webhook_added`, `webhook_changed`, `webhook_paused`, `webhook_resumed`, `webhook_removed`, `webhook_secret_rotated`, `webhook_resent`, `signed_in` (of a person in the console; `refused` ones too, 60 an hour and process), `exported`; others may be added.',
  }),
  tenant: OrNull(Type.String({ description: 'Null: the whole installation, or several tenants.' })),
  by: OrNull(Type.String({ description: 'The person, as the caller says.' })),
  key: OrNull(Type.String({ description: 'Name of the API key.' })),
  keyId: OrNull(
    Type.String({ description: 'Id of the API key; null also when it is not of this tenant alone and this caller may not know.' }),
  ),
  from: OrNull(Type.String({ description: 'Address of the client, or the host of a command line; null as `keyId`.' })),
  recipient: OrNull(Type.String({ description: 'Null: it is about no recipient, or the recipient was erased.' })),
  erased: Type.Boolean({ description: 'The recipient was erased: recipient, target and note are gone.' }),
  target: OrNull(Type.String({ description: 'Id of the command, key, dead letter, incident or partition that it is about.' })),
  outcome: OneOf([...AUDIT_OUTCOMES], {
    description:
      '`done`; `accepted`: durable in the log; `applied` or `dead_letter`: what became of a command whose caller waited; `refused`: nothing was done; `unconfirmed`: it was about to be done, and nobody knows whether it was.',
  }),
  note: OrNull(Words),
  detail: Type.Record(Type.String(), Type.Unknown(), { description: 'Further values of this action.' }),
});
export type Entry = Static<typeof Entry>;

const AN_ENTRY: Entry = {
  ...{ id: 4711, at: A_TIME, action: 'release', tenant: 'acme', by: 'eve', key: 'support', keyId: 'key_5f2c9a10b7e3d4486a1c' },
  ...{ from: '192.0.2.7', recipient: AN_ADDRESS, erased: false, target: 'Zl3Jr0v2k1bq9XW7mQ4s8A', outcome: 'applied', note: 'ticket 4711' },
  detail: { scope: '*' },
};

export const LIST_AUDIT = {
  operationId: 'listAudit',
  summary: 'List who did what',
  description:
    'The newest first. A page may hold fewer than `limit`, even none, and have a cursor. Keys of some tenants see entries of these tenants; those of the whole installation, such as keys of every tenant, need a key for all. Entries are kept for `DESIST_AUDIT_KEPT`.',
  tags: ['audit'],
  querystring: Query({
    tenant: Type.Optional(TenantFilter),
    who: Type.Optional(WordsInput(256, { description: 'Name or id of the API key, or the person.', examples: ['support'] })),
    action: Type.Optional(Type.String({ pattern: '^[a-z_]{1,64}$', examples: ['release'] })),
    recipient: Type.Optional(AddressInput({ description: 'Entries about this address.' })),
    since: Type.Optional(TimeInput({ description: 'At or after.' })),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Limit),
  }),
  response: answers({ 200: json('One page', Page(Entry, [{ items: [AN_ENTRY], cursor: null }])) }),
};
