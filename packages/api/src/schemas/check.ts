import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ITEM_LIMIT } from '../http/items.ts';
import { A_TIME, AN_ADDRESS, BlockReason, Count, OneOf, OrNull, State, Stream, Tenant, Time } from './basics.ts';
import { bodyAnswers, json } from './problem.ts';
import { CheckedTerms } from './suppressions.ts';

/** What to answer for a stream while the database is unavailable: allowed, not allowed, or a 503. */
export const WHEN_AWAY = ['open', 'closed', 'error'] as const;
export type WhenAway = (typeof WHEN_AWAY)[number];

const CheckRequest = Type.Object(
  {
    tenant: Type.Optional(OrNull(Tenant)),
    stream: Type.Optional(OrNull(Stream)),
    recipients: Type.Array(Type.Unknown(), {
      maxItems: ITEM_LIMIT,
      description:
        'Email addresses, in any spelling, or domains (`@example.com`). An item that is no address gets an answer of its own and does not fail the request.',
    }),
    whenAway: Type.Optional(
      OrNull(
        OneOf([...WHEN_AWAY], {
          description:
            'What to answer while the database is unavailable: allowed, not allowed, or an error. Default: as configured for the stream.',
        }),
      ),
    ),
    suppressions: Type.Optional(OrNull(Type.Boolean({ description: "Also list each recipient's suppressions, of all streams." }))),
  },
  { examples: [{ stream: 'marketing', recipients: [AN_ADDRESS, 'not an address'] }] },
);

const CheckAnswer = Type.Object({
  recipient: Type.Unknown({ description: 'As sent; null for an array or an object.' }),
  allowed: Type.Boolean({ description: 'True: you may send.' }),
  reasons: Type.Array(BlockReason, {
    description:
      'Why sending is not allowed: reasons of suppressions, of an entry for the domain or one above it with the entry (`operator @example.com`), `invalid_address`, or `unavailable` (the database is unavailable, and the stream is configured to fail closed).',
  }),
  state: OrNull(State),
  expiresAt: OrNull(
    Type.String({
      format: 'date-time',
      description: 'When sending becomes allowed again, if nothing changes; null: never, or it is allowed.',
    }),
  ),
  forgotten: Type.Optional(Type.Literal(true, { description: 'The recipient was erased: only a keyed hash of the address is stored.' })),
  probation: Type.Optional(
    Type.Literal(true, {
      description:
        'A suppression for persistent deferral has expired not long ago: one more failure of its kind suppresses again. Send one message first.',
    }),
  ),
  suppressions: Type.Optional(
    Type.Array(CheckedTerms, {
      description: "Only when requested: the recipient's suppressions, and those of its domains, of all streams.",
    }),
  ),
});

const CheckResponse = Type.Object(
  {
    results: Type.Array(CheckAnswer, { description: 'One per recipient, in the order of the request.' }),
    asOf: Type.Array(Type.Object({ partition: Count, clock: OrNull(Time) }), {
      description: 'Partition clocks: the answers include everything up to them.',
    }),
    degraded: Type.Optional(
      Type.Literal(true, {
        description: 'The database is unavailable: these are the answers that are configured for the stream in this case.',
      }),
    ),
  },
  {
    examples: [
      {
        results: [
          { recipient: AN_ADDRESS, allowed: false, reasons: ['hard_bounce'], state: 'suppressed', expiresAt: null },
          { recipient: 'not an address', allowed: false, reasons: ['invalid_address'], state: null, expiresAt: null },
        ],
        asOf: [{ partition: 0, clock: A_TIME }],
      },
    ],
  },
);
export type CheckResponse = Static<typeof CheckResponse>;

export const CHECK_RECIPIENTS = {
  operationId: 'checkRecipients',
  summary: 'Check whether you may send',
  description: 'Returns one answer per recipient, in order. A suppressed or unreadable address never fails the request.',
  tags: ['recipients'],
  body: CheckRequest,
  response: bodyAnswers({ 200: json('The answers', CheckResponse) }),
};
