import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Static, TObject } from 'typebox';
import {
  A_TIME,
  RecipientInput,
  AN_ADDRESS,
  Count,
  Cursor,
  DomainInput,
  Limit,
  Name,
  OneOf,
  OrNull,
  Page,
  PrefixInput,
  Query,
  Reason,
  Scope,
  TenantFilter,
  Time,
  TimeInput,
  Words,
} from './basics.ts';
import { answers, json, Ref } from './problem.ts';

export const A_SUPPRESSION = {
  scope: '*',
  reason: 'hard_bounce',
  category: 'user_unknown',
  since: A_TIME,
  expiresAt: null,
  firstFailureAt: A_TIME,
  lastFailureAt: A_TIME,
  failures: 1,
  reply: '550 5.1.1 no such user',
  rule: 'enhanced-5.1.1',
  policy: 'sha256:3f1c',
  createdBy: null,
  note: null,
  source: 'kumomta',
  provider: 'gmail',
  subdomains: false,
  probationUntil: null,
};

const A_LISTED_SUPPRESSION = { tenant: 'default', address: AN_ADDRESS, ...A_SUPPRESSION, updatedAt: A_TIME };

const fields = {
  scope: Scope,
  reason: Reason,
  category: OrNull(Type.String({ description: 'Category of the failure that caused the suppression.' })),
  since: Time,
  expiresAt: OrNull(Time),
  firstFailureAt: OrNull(Time),
  lastFailureAt: OrNull(Time),
  failures: Count,
  reply: OrNull(Type.String({ description: 'The last reply, with addresses removed.' })),
  rule: OrNull(Type.String({ description: 'The rule that classified the reply.' })),
  policy: Type.String({ description: 'Version of the policy that was applied.' }),
  createdBy: OrNull(Type.String({ description: 'Who made it, when a command did.' })),
  note: OrNull(Type.String({ description: 'Why, in the words of the last command that said so.' })),
  source: OrNull(Type.String({ description: 'The source of the command, or of the event that made it.' })),
  provider: OrNull(Type.String({ description: 'The operator of the mailbox, when a reply made it.' })),
  subdomains: Type.Boolean({ description: 'Of a domain (`@example.com`): also for the domains below it.' }),
  probationUntil: OrNull(
    Type.String({ format: 'date-time', description: 'When the probation after its expiry will end; null: none follows.' }),
  ),
};

/** Scope, reason and times of an active suppression. */
export const Terms = Type.Object({ scope: Scope, reason: Reason, since: Time, expiresAt: OrNull(Time) });
export type Terms = Static<typeof Terms>;

/** Of the address that was asked about, or of a domain. */
export const CheckedTerms = Type.Object({
  ...Terms.properties,
  entry: Type.Optional(
    Type.String({ description: 'The entry of the domain, or of one above it, that this is.', examples: ['@example.com'] }),
  ),
  subdomains: Type.Optional(Type.Literal(true, { description: 'Of a domain: also for the domains below it.' })),
});
export type CheckedTerms = Static<typeof CheckedTerms>;

/** An active suppression with its evidence. */
export const Suppression = Type.Object(fields, {
  $id: 'Suppression',
  description: 'An active suppression of a recipient.',
  examples: [A_SUPPRESSION],
});
export type Suppression = Static<typeof Suppression>;

export const ListedSuppression = Type.Object(
  { tenant: Name, address: Words, ...fields, updatedAt: Time },
  {
    $id: 'ListedSuppression',
    description: 'An active suppression with its recipient.',
    examples: [A_LISTED_SUPPRESSION],
  },
);
export type ListedSuppression = Static<typeof ListedSuppression>;

export const Allowance = Type.Object({ scope: Scope, expiresAt: OrNull(Time) });

const filters = {
  tenant: Type.Optional(TenantFilter),
  scope: Type.Optional(Scope),
  reason: Type.Optional(Reason),
  domain: Type.Optional(DomainInput({ description: 'The part of the address after the @.' })),
  address: Type.Optional(RecipientInput({ description: 'This address, in any spelling, or the entry of this domain (`@example.com`).' })),
  prefix: Type.Optional(PrefixInput({ description: 'Beginning of the address.' })),
  since: Type.Optional(TimeInput({ description: 'Suppressions that began at this time or later.' })),
};
export type Filters = Static<TObject<typeof filters>>;

export const LIST_SUPPRESSIONS = {
  operationId: 'listSuppressions',
  summary: 'List suppressions, page by page',
  description:
    'The order is stable: a suppression that exists from the first page to the last is listed exactly once, whatever changes meanwhile. All filters must match.',
  tags: ['suppressions'],
  querystring: Query({ ...filters, cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) }),
  response: answers({
    200: json('One page', Page(Ref(ListedSuppression), [{ items: [A_LISTED_SUPPRESSION], cursor: null }])),
  }),
};

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
const Streamed = Type.Unsafe<Readable>(Type.String());

export const EXPORT_SUPPRESSIONS = {
  operationId: 'exportSuppressions',
  summary: 'Export a snapshot of all suppressions',
  description:
    'Streams one line per suppression. A response that is cut off is not complete. The number of exports at once is limited (429), and an export whose reader stalls is ended.',
  tags: ['suppressions'],
  querystring: Query({ ...filters, format: Type.Optional(OneOf([...EXPORT_FORMATS], { default: 'ndjson' })) }),
  response: answers({
    200: {
      description: 'One line per suppression',
      content: { 'application/x-ndjson': { schema: Streamed }, 'text/csv': { schema: Streamed } },
    },
  }),
};
