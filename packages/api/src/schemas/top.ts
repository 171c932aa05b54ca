import { Type } from 'typebox';
import { A_TIME, Count, OneOf, OrNull, Query, TenantFilter, Time, Words } from './basics.ts';
import { answers, json } from './problem.ts';

export const TOP_BY = ['provider', 'domain', 'pool'] as const;
export type TopBy = (typeof TOP_BY)[number];

const Top = Type.Object(
  {
    by: OneOf(TOP_BY),
    from: Time,
    to: Time,
    items: Type.Array(
      Type.Object({
        name: OrNull(Type.String({ description: 'Null: mail without a pool.' })),
        tries: Type.Integer({ minimum: 0, description: 'Delivered, deferred or bounced.' }),
        delivered: Count,
        deferred: Count,
        bounced: Count,
        deferralShare: OrNull(Type.Number({ description: 'Deferrals as a share of deferrals and deliveries.' })),
        usualShare: OrNull(Type.Number({ description: 'The same in the 7 days before; null: nothing was counted then.' })),
        reason: OrNull(Type.Object({ category: Words, count: Count }, { description: 'Why most of its failures failed.' })),
        medianWait: OrNull(
          Type.Number({ description: 'From the first deferral to the delivery, seconds, of those delivered now; null: none, or by pool.' }),
        ),
        openIncidents: Type.Array(Words, { description: 'Ids of open incidents of either kind.' }),
      }),
      { description: 'The most deferrals first.' },
    ),
  },
  {
    examples: [
      {
        ...{ by: 'provider', from: A_TIME, to: '2026-03-01T11:00:00.000Z' },
        items: [
          {
            ...{ name: 'gmail', tries: 240, delivered: 60, deferred: 180, bounced: 0, deferralShare: 0.75, usualShare: 0.02 },
            ...{ reason: { category: 'rate_limited', count: 180 }, medianWait: 540, openIncidents: ['sender-gmail-13dt0-0x1f3k9a2b4c5'] },
          },
        ],
      },
    ],
  },
);

export const GET_TOP = {
  operationId: 'getTop',
  summary: 'Get where mail is deferred now',
  description:
    'Tries of the last hour, in whole quarters up to the present one, by provider, domain or pool: how many were deferred, how many usually are, why, how long mail waits, and open incidents.',
  tags: ['operation'],
  querystring: Query({
    by: Type.Optional(OneOf(TOP_BY, { description: 'Default: provider.', examples: ['provider'] })),
    tenant: Type.Optional(TenantFilter),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 20 })),
  }),
  response: answers({ 200: json('Where mail is deferred', Top) }),
};
