import { schemaOf } from '@desist/contracts';
import { CATEGORIES } from '@desist/verdicts';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  A_TIME,
  RecipientInput,
  AN_ADDRESS,
  Count,
  Cursor,
  DomainInput,
  Limit,
  Name,
  NextCursor,
  OneOf,
  OrNull,
  Page,
  Query,
  State,
  Tenant,
  TenantFilter,
  Time,
  TimeInput,
  UNHEALTHY_STATES,
  Words,
  WordsInput,
} from './basics.ts';
import { answers, json, Ref } from './problem.ts';
import { A_SUPPRESSION, Allowance, CheckedTerms, Suppression, Terms } from './suppressions.ts';

/** In the path, `/` is escaped as %2F and `%` as %25. */
export const AddressPath = Type.Object({ address: RecipientInput({ description: 'An address in any spelling, or `@` and a domain.' }) });
export const OneRecipient = { params: AddressPath, querystring: Query({ tenant: Type.Optional(Tenant) }) };

export const A_RECIPIENT = {
  tenant: 'default',
  address: AN_ADDRESS,
  state: 'suppressed',
  policy: 'sha256:3f1c',
  streak: null,
  suppressAt: null,
  probationUntil: null,
  advice: null,
  shadow: null,
  suppressions: [A_SUPPRESSION],
  erased: [],
  domains: [],
  allowed: [],
  version: 1,
  updatedAt: A_TIME,
};

export const recipientFields = {
  tenant: Name,
  address: Words,
  state: State,
  policy: OrNull(Type.String({ description: 'Version of the policy that was applied.' })),
  streak: OrNull(
    Type.Object(
      {
        startedAt: Time,
        lastFailureAt: OrNull(Time),
        failures: Count,
        messages: Count,
        category: OrNull(Words),
        provider: OrNull(Words),
      },
      { description: 'Failures without a success between them.' },
    ),
  ),
  suppressAt: OrNull(Type.String({ format: 'date-time', description: 'When the recipient will be suppressed if nothing changes.' })),
  probationUntil: OrNull(
    Type.String({
      format: 'date-time',
      description: 'Until then one more failure of the kind that had suppressed it suppresses again; null: it is not on probation.',
    }),
  ),
  advice: OrNull(Type.String({ description: 'The recommended action for a streak of this age.' })),
  shadow: OrNull(
    Type.Object(
      {
        policy: Type.String({ description: 'Version of the shadow policy.' }),
        state: State,
        suppression: OrNull(Terms),
        differs: Type.Boolean({ description: 'It says something else than the policy in force.' }),
      },
      { description: 'What the shadow policy says. It changes nothing. Null: there is none, or it has not been asked.' },
    ),
  ),
  suppressions: Type.Array(Ref(Suppression)),
  erased: Type.Array(Terms, {
    description: 'Suppressions of an erased recipient with this address, of which only a keyed hash is stored.',
  }),
  domains: Type.Array(CheckedTerms, {
    description:
      'Entries of its domain, and of the domains above it, that a check uses, too. They change neither state nor history of the address.',
  }),
  allowed: Type.Array(Allowance),
  version: Count,
  updatedAt: OrNull(Time),
};
const Recipient = Type.Object(recipientFields, { examples: [A_RECIPIENT] });
export type Recipient = Static<typeof Recipient>;

export const GET_RECIPIENT = {
  operationId: 'getRecipient',
  summary: 'Get the state of a recipient',
  description: 'A recipient that never failed is `healthy`, so there is no 404. In the path, `/` is escaped as %2F and `%` as %25.',
  tags: ['recipients'],
  ...OneRecipient,
  response: answers({ 200: json('The state', Recipient) }),
};

const A_LISTED_RECIPIENT = {
  tenant: 'default',
  address: AN_ADDRESS,
  state: 'persistent',
  streak: { startedAt: A_TIME, lastFailureAt: A_TIME, failures: 9, messages: 1, category: 'mailbox_full', provider: 'gmail' },
  suppressAt: A_TIME,
  probationUntil: null,
  advice: 'investigate',
  suppressions: [],
  version: 1,
  updatedAt: A_TIME,
};

const { tenant, address, streak, suppressAt, probationUntil, advice, version } = recipientFields;
const ListedRecipient = Type.Object({
  ...{ tenant, address, streak, suppressAt, probationUntil, advice, version },
  // `healthy`: only in the list of those on probation.
  state: State,
  suppressions: Type.Array(Terms),
  updatedAt: Time,
});
export type ListedRecipient = Static<typeof ListedRecipient>;

export const LIST_RECIPIENTS = {
  operationId: 'listRecipients',
  summary: 'List the recipients that are not healthy',
  description:
    'The next deadline (`suppressAt`) first, those without one at the end. All filters must match. A page reads a bounded number of recipients, so with a filter it may hold fewer than `limit`, even none, and have a cursor: the last page has none. A recipient whose deadline moves while you read may be on two pages, or on none.',
  tags: ['recipients'],
  querystring: Query({
    tenant: Type.Optional(TenantFilter),
    state: Type.Optional(
      OneOf([...UNHEALTHY_STATES, 'probation'], {
        description: '`probation`: those on probation, whatever their state. Default: everybody who is not healthy.',
      }),
    ),
    provider: Type.Optional(WordsInput(255, { description: 'The operator of the mailbox in the streak.', examples: ['gmail'] })),
    category: Type.Optional(
      OneOf(
        CATEGORIES.map((one) => one.category),
        { description: 'Of the streak.' },
      ),
    ),
    domain: Type.Optional(DomainInput({ description: 'The part of the address after the @.' })),
    suppressedBefore: Type.Optional(TimeInput({ description: 'Those that will be suppressed before this time if nothing changes.' })),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Limit),
  }),
  response: answers({ 200: json('One page', Page(ListedRecipient, [{ items: [A_LISTED_RECIPIENT], cursor: null }])) }),
};

const {
  required,
  properties,
  $schema: _,
  $id: __,
  ...change
} = schemaOf('change') as Readonly<Record<string, unknown>> & {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
};
const { sequence: ___, ...withoutSequence } = properties;
/** An example of what the history keeps. */
export const A_RECORDED_CHANGE = {
  version: 1,
  id: 'Zl3Jr0v2k1bq9XW7mQ4s8A',
  type: 'suppressed',
  tenant: 'default',
  recipient: AN_ADDRESS,
  state: { from: 'healthy', to: 'suppressed' },
  suppression: { scope: '*', reason: 'hard_bounce', since: A_TIME, expiresAt: null },
  cause: 'event',
  effectiveAt: A_TIME,
  recordedAt: A_TIME,
  evidence: null,
  policy: 'sha256:3f1c',
  recipientVersion: 1,
};

/** A change as on `suppression-events`, without `sequence`, which the history does not keep. */
const RecordedChange = Type.Unsafe<object>({
  ...change,
  required: required.filter((name) => name !== 'sequence'),
  properties: withoutSequence,
});

export const LIST_RECIPIENT_CHANGES = {
  operationId: 'listRecipientChanges',
  summary: 'List the published changes of a recipient',
  description: 'Oldest first, as on `suppression-events`, without `sequence`.',
  tags: ['recipients'],
  params: AddressPath,
  querystring: Query({ tenant: Type.Optional(Tenant), cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) }),
  response: answers({
    200: json(
      'One page',
      Type.Object(
        { items: Type.Array(RecordedChange), cursor: NextCursor },
        {
          examples: [
            {
              items: [A_RECORDED_CHANGE],
              cursor: null,
            },
          ],
        },
      ),
    ),
  }),
};
