import { DAY } from '@desist/domain';
import { parseDuration } from '@desist/formats/event';
import { LARGEST_BATCH } from '@desist/pipeline';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { A_TIME, Count, Cursor, Limit, Name, OneOf, OrNull, Page, Query, TenantFilter, TextInput, Time, Words } from './basics.ts';
import { CHANGE_TYPES, CURSOR_LIMIT } from './changes.ts';
import { answers, bodyAnswers, json } from './problem.ts';

const DESCRIPTION_LIMIT = 256;
const URL_LIMIT = 2_048;
const AN_ID = 'wh_5f2c9a0b41d7e863aa190c4d';
/** The id in a path. The pattern keeps these routes apart from those of providers' webhooks, whose first step is a format. */
export const ID_IN_PATH = ':id(^wh_[0-9a-f]{24}$)';

const A_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD2aQTV+3Jd5k=';
const A_WEBHOOK = {
  id: AN_ID,
  tenant: 'acme',
  url: 'https://crm.example.com/hooks/desist',
  types: ['suppressed', 'released'],
  batch: null,
  description: 'CRM',
  state: 'failing',
  reason: null,
  problem: 'it answered 503',
  failingSince: A_TIME,
  nextTryAt: A_TIME,
  lastDeliveredAt: A_TIME,
  behind: 12,
  createdBy: 'key crm',
  createdAt: A_TIME,
  changedAt: A_TIME,
};

const webhook = {
  id: Type.String({ examples: [AN_ID] }),
  tenant: OrNull(Name),
  url: Words,
  types: OrNull(Type.Array(OneOf(CHANGE_TYPES), { description: 'Null: every type.' })),
  batch: OrNull(Type.Integer({ minimum: 1, description: 'Changes in one request at most; null: one, and not in an array.' })),
  description: OrNull(Words),
  state: OneOf(['active', 'failing', 'paused', 'ended'], {
    description:
      '`failing`: active, and a request to it is tried again. `paused`: nothing is sent, and nothing is lost. `ended`: it answered 410.',
  }),
  reason: OrNull(
    OneOf(['operator', 'failing', 'lost_changes', 'gone'], {
      description:
        'Why it is paused or ended. `failing`: it took nothing for three days. `lost_changes`: changes that it had not got were deleted by age.',
    }),
  ),
  problem: OrNull(Type.String({ description: 'What the last failure was.' })),
  failingSince: OrNull(Time),
  nextTryAt: OrNull(Time),
  lastDeliveredAt: OrNull(Time),
  behind: Type.Integer({
    minimum: 0,
    description: 'Published changes that are not past it yet; those that it does not want are among them.',
  }),
  createdBy: OrNull(Words),
  createdAt: Time,
  changedAt: Time,
};
const Webhook = Type.Object(webhook, { examples: [A_WEBHOOK] });
export type Webhook = Static<typeof Webhook>;

/** Of one that needs somebody, in the status. Its URL may be a secret, and is not told. */
const { id, tenant, description, state, reason, problem, failingSince, nextTryAt, behind } = webhook;
export const WebhookInTrouble = Type.Object({ id, tenant, description, state, reason, problem, failingSince, nextTryAt, behind });

const secret = Type.String({
  description: 'Signs the requests (Standard Webhooks). It is shown once, here.',
  examples: [A_SECRET],
});
const AddedWebhook = Type.Object(
  { ...webhook, secret },
  { examples: [{ ...A_WEBHOOK, state: 'active', problem: null, secret: A_SECRET }] },
);

const A_DELIVERY = {
  id: '3-41',
  kind: 'delivery',
  webhookId: 'msg_5f2c9a0b41d7e863aa190c4d_3_812',
  at: A_TIME,
  attempt: 2,
  status: 503,
  problem: 'it answered 503',
  milliseconds: 40,
  changes: 1,
  partition: 3,
  from: 812,
  to: 812,
};
const Delivery = Type.Object(
  {
    id: Words,
    kind: OneOf(['delivery', 'resend', 'test']),
    webhookId: Type.String({ description: 'The header `webhook-id`: the same on every try.' }),
    at: Time,
    attempt: Type.Integer({ minimum: 1 }),
    status: OrNull(Type.Integer({ description: 'Null: no answer.' })),
    problem: OrNull(Type.String({ description: 'Why it does not count as delivered; null: it does.' })),
    milliseconds: Count,
    changes: Type.Integer({ minimum: 0, description: 'Changes in the request; 0: a test.' }),
    partition: OrNull(Count),
    from: OrNull(Type.Integer({ minimum: 0, description: '`sequence.number` of the first change.' })),
    to: OrNull(Type.Integer({ minimum: 0, description: '`sequence.number` of the last change.' })),
  },
  { examples: [A_DELIVERY] },
);
export type Delivery = Static<typeof Delivery>;

const tags = ['webhooks'];
const Path = Type.Object({ id: Type.String({ examples: [AN_ID] }) });
const Url = Type.String({
  minLength: 1,
  maxLength: URL_LIMIT,
  description: 'http or https. Addresses that are not public are refused unless DESIST_WEBHOOK_NETWORKS allows their network.',
  examples: ['https://crm.example.com/hooks/desist'],
});
const Description = OrNull(TextInput(DESCRIPTION_LIMIT, 'For people.'));
const OPERATOR = 'It needs the role operator, because addresses of subscribers may be secrets.';

export const LIST_WEBHOOKS = {
  operationId: 'listWebhooks',
  summary: 'List the HTTP subscribers',
  description: `With how each of them fares. Those to every tenant are visible only to keys for every tenant. ${OPERATOR}`,
  tags,
  querystring: Query({ tenant: Type.Optional(TenantFilter), cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) }),
  response: answers({ 200: json('One page', Page(Webhook, [{ items: [A_WEBHOOK], cursor: null }])) }),
};

export const ADD_WEBHOOK = {
  operationId: 'addWebhook',
  summary: 'Add an HTTP subscriber',
  description:
    'The published changes of a tenant, or of every tenant (a key for all of them, without `tenant`), are sent to the URL: in order per recipient, at least once, signed (Standard Webhooks), with the same `webhook-id` on every try. Anything but 2xx within 10 s is tried again after 10 s, 1 m, 5 m, 15 m, 1 h, 4 h, then every 6 h up to 3 days; then the subscriber is paused. 410 ends it. What it gets cannot be changed later: add another one.',
  tags,
  body: Type.Object(
    {
      tenant: Type.Optional(OrNull(Name)),
      url: Url,
      types: Type.Optional(
        OrNull(
          Type.Array(OneOf(CHANGE_TYPES), {
            minItems: 1,
            maxItems: 32,
            description: 'Types of changes. Default: all.',
            examples: [['suppressed']],
          }),
        ),
      ),
      batch: Type.Optional(
        OrNull(
          Type.Integer({
            minimum: 1,
            maximum: LARGEST_BATCH,
            description: 'Sends arrays of so many changes at most, 256 KiB at most. Default: each change in a request of its own.',
          }),
        ),
      ),
      description: Type.Optional(Description),
      from: Type.Optional(
        OneOf(['now', 'oldest'], {
          description: 'Begins with what is published from now on (default), or with the oldest change that is kept.',
        }),
      ),
      after: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: CURSOR_LIMIT,
          description: '`cursor` of `GET /v1/changes`: begins behind it. Wins over `from`.',
        }),
      ),
    },
    { additionalProperties: false, examples: [{ tenant: 'acme', url: A_WEBHOOK.url, types: ['suppressed', 'released'] }] },
  ),
  response: bodyAnswers({ 201: json('Added', AddedWebhook) }, [409]),
};

export const GET_WEBHOOK = {
  operationId: 'getWebhook',
  summary: 'Get an HTTP subscriber',
  description: `How it fares. ${OPERATOR}`,
  tags,
  params: Path,
  response: answers({ 200: json('The subscriber', Webhook) }, [404]),
};

export const CHANGE_WEBHOOK = {
  operationId: 'changeWebhook',
  summary: 'Change, pause or resume an HTTP subscriber',
  description:
    '`state: paused` stops requests; `state: active` goes on where they stopped, and makes a failing one try at once. When changes that it had not got were deleted by age (`lost_changes`), it goes on only with `skipLost: true`, at the oldest change that is kept; the next request then has the header `desist-gap: true`, and the subscriber must read the list again.',
  tags,
  params: Path,
  body: Type.Object(
    {
      url: Type.Optional(Url),
      description: Type.Optional(Description),
      state: Type.Optional(OneOf(['active', 'paused'])),
      skipLost: Type.Optional(Type.Boolean({ description: 'With `state: active`: goes on behind changes that are lost.' })),
    },
    { additionalProperties: false, examples: [{ state: 'paused' }] },
  ),
  response: bodyAnswers({ 200: json('As it is now', Webhook) }, [404, 409]),
};

export const REMOVE_WEBHOOK = {
  operationId: 'removeWebhook',
  summary: 'Remove an HTTP subscriber',
  description: 'With its secrets, its cursors and its deliveries. A request that is under way is not called back.',
  tags,
  params: Path,
  response: answers({ 200: json('Removed', Type.Object({ removed: Words }, { examples: [{ removed: AN_ID }] })) }, [404]),
};

export const ROTATE_SECRET = {
  operationId: 'rotateWebhookSecret',
  summary: 'Make a new secret for an HTTP subscriber',
  description:
    'Requests are signed with the new secret and, for `overlap`, with the earlier ones too: a receiver takes any signature that it knows. At most three are valid at a time.',
  tags,
  params: Path,
  body: Type.Object(
    {
      overlap: Type.Optional(
        Type.Refine(
          Type.String({
            maxLength: 16,
            description: 'How long the earlier secrets sign too: a duration such as 24h (the default), up to 30d; `0s`: they end now.',
            examples: ['24h'],
          }),
          (text) => (parseDuration(text) ?? Infinity) <= 30 * DAY,
          () => 'must be a duration up to 30d, such as 24h, or 0s',
        ),
      ),
    },
    { additionalProperties: false, examples: [{ overlap: '24h' }] },
  ),
  response: bodyAnswers({ 201: json('The new secret', Type.Object({ secret }, { examples: [{ secret: A_SECRET }] })) }, [404]),
};

export const TEST_WEBHOOK = {
  operationId: 'testWebhook',
  summary: 'Send a test request to an HTTP subscriber',
  description:
    'Sends `{"type": "test"}` in the form of a change, signed like all others, and waits for what is answered. It concerns no recipient and moves nothing.',
  tags,
  params: Path,
  response: answers({ 200: json('What was answered', Delivery) }, [404]),
};

export const LIST_DELIVERIES = {
  operationId: 'listWebhookDeliveries',
  summary: 'List the last requests to an HTTP subscriber',
  description: `The latest first; 20 of each partition are kept, and 20 tests. ${OPERATOR}`,
  tags,
  params: Path,
  querystring: Query({ limit: Type.Optional(Limit) }),
  response: answers(
    { 200: json('The requests', Type.Object({ items: Type.Array(Delivery) }, { examples: [{ items: [A_DELIVERY] }] })) },
    [404],
  ),
};

export const RESEND_DELIVERY = {
  operationId: 'resendWebhookDelivery',
  summary: 'Send a request to an HTTP subscriber again',
  description:
    'The same changes under the same `webhook-id`, at once and whatever was sent since: a reader that keeps `recipientVersion` sees that they are old. It moves nothing.',
  tags,
  params: Type.Object({ id: Type.String({ examples: [AN_ID] }), delivery: Type.String({ examples: [A_DELIVERY.id] }) }),
  response: answers({ 200: json('What was answered', Delivery) }, [404, 409, 410]),
};
