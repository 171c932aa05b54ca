import { Type } from 'typebox';
import { A_TIME, Count, OrNull, Query, Reason, Scope, Time, Words } from './basics.ts';
import { answers, json, withProblems } from './problem.ts';
import { WebhookInTrouble } from './subscribers.ts';

const Partition = Type.Object({
  partition: Count,
  epoch: Count,
  owner: OrNull(Words),
  nextOffset: Count,
  nextNumber: Count,
  clock: OrNull(Type.String({ format: 'date-time', description: 'Partition clock: everything up to this moment has been processed.' })),
  attempts: Count,
  stopped: OrNull(Type.String({ description: 'Why the partition is stopped; null: it is running.' })),
  outbox: Type.Integer({ minimum: 0, description: 'Changes that wait to be appended to the log.' }),
  deadLetters: Type.Integer({ minimum: 0, description: 'Dead letters that wait to be appended to the log.' }),
  parked: Type.Integer({
    minimum: 0,
    description: 'Changes and dead letters that the log refuses for good: they are kept, and wait no more.',
  }),
  updatedAt: OrNull(Time),
  lag: OrNull(Type.Integer({ minimum: 0, description: 'Records that are not committed; null: another process owns the partition.' })),
  tracked: OrNull(Type.Integer({ minimum: 0, description: 'Recipients that its owner keeps in memory.' })),
  outdated: OrNull(Type.Integer({ minimum: 0, description: 'Recipients that its owner still folds again after the policy was changed.' })),
  policy: OrNull(Type.String({ description: 'Version of the policy that its owner folds it under; null: another process owns it.' })),
});

const Status = Type.Object(
  {
    version: Words,
    partitions: Type.Array(Partition),
    recipients: Type.Partial(Type.Object({ healthy: Count, deferred: Count, persistent: Count, soft_bounced: Count, suppressed: Count }), {
      description: 'Tracked recipients by state.',
    }),
    suppressions: Type.Array(Type.Object({ scope: Scope, reason: Reason, count: Count })),
    faults: Type.Array(
      Type.Object({
        partition: Count,
        kind: Type.String({ description: 'The reason of dead letters, or `other_partitioner`.' }),
        count: Count,
        lastOffset: Count,
        lastAt: OrNull(Time),
      }),
      { description: 'Records of the input that were not as they should be, since the database exists.' },
    ),
    misdirected: Type.Array(
      Type.Object({
        path: Type.String({ description: 'Where the requests came to.' }),
        problem: Words,
        count: Count,
        lastAt: Time,
      }),
      { description: 'Webhooks of providers that this process refused because of their path, the latest first; 100 at most.' },
    ),
    unknownWords: Type.Array(Type.Object({ source: Words, format: Words, word: Words, count: Count, lastAt: Time }), {
      description: 'Event words that nobody has described, which this process ignored, the latest first; 100 at most.',
    }),
    webhooks: Type.Array(WebhookInTrouble, { description: 'HTTP subscribers that fail, are paused or have ended; 100 at most.' }),
  },
  {
    examples: [
      {
        version: '0.1.0',
        partitions: [
          {
            partition: 0,
            epoch: 3,
            owner: 'host/1/9f',
            nextOffset: 812,
            nextNumber: 41,
            clock: A_TIME,
            attempts: 0,
            stopped: null,
            outbox: 0,
            deadLetters: 0,
            parked: 0,
            updatedAt: A_TIME,
            lag: 0,
            tracked: 12,
            outdated: 0,
            policy: 'sha256:3f1c',
          },
        ],
        recipients: { suppressed: 7 },
        suppressions: [{ scope: '*', reason: 'hard_bounce', count: 7 }],
        misdirected: [{ path: '/v1/webhooks/ses/mian', problem: 'there is no such source', count: 3, lastAt: A_TIME }],
        unknownWords: [{ source: 'main', format: 'mailgun', word: 'list_uploaded', count: 2, lastAt: A_TIME }],
        webhooks: [
          {
            ...{ id: 'wh_5f2c9a0b41d7e863aa190c4d', tenant: 'acme', description: 'CRM', state: 'paused', reason: 'failing' },
            ...{ problem: 'it answered 503', failingSince: A_TIME, nextTryAt: null, behind: 12 },
          },
        ],
        faults: [{ partition: 0, kind: 'wrong_key', count: 3, lastOffset: 809, lastAt: A_TIME }],
      },
    ],
  },
);

export const GET_STATUS = {
  operationId: 'getStatus',
  summary: 'Get partitions, lag and counts',
  description: 'As the commits counted; of dead letters that wait, 20,000 a partition at most. It needs a key for every tenant.',
  tags: ['operation'],
  response: answers({ 200: json('The status', Status) }),
};

export const LIST_UNMATCHED_REPLIES = {
  operationId: 'listUnmatchedReplies',
  summary: 'List replies that match no rule',
  description:
    'Returns the most frequent wordings since this process started, with addresses removed. They come from every tenant, so this needs a key for every tenant.',
  tags: ['operation'],
  querystring: Query({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 20, description: 'Largest number of wordings.' })),
  }),
  response: answers({
    200: json(
      'The wordings',
      Type.Object(
        { items: Type.Array(Type.Object({ text: Words, count: Count })) },
        { examples: [{ items: [{ text: 'recipient quota gone', count: 12 }] }] },
      ),
    ),
  }),
};

const open = { tags: ['operation'], security: [] };

export const GET_LIVENESS = {
  operationId: 'getLiveness',
  summary: 'Alive',
  description: 'Answers while the process is alive.',
  ...open,
  response: withProblems(
    {
      200: json('Alive', Type.Object({ status: Type.Literal('ok'), version: Words }, { examples: [{ status: 'ok', version: '0.1.0' }] })),
    },
    [421],
  ),
};

export const GET_READINESS = {
  operationId: 'getReadiness',
  summary: 'Ready',
  description:
    'Answers 503 with `problems` while the service cannot do its work. With 200, `problems` says what is wrong with its input, such as records of another partitioner.',
  ...open,
  response: withProblems(
    {
      200: json(
        'Ready',
        Type.Object({ status: Type.Literal('ready'), problems: Type.Array(Words) }, { examples: [{ status: 'ready', problems: [] }] }),
      ),
    },
    [421, 503],
  ),
};

export const GET_METRICS = {
  operationId: 'getMetrics',
  summary: 'Get metrics',
  description:
    'OpenMetrics, or the older text format for a client that accepts only that. Contains no addresses, no tenants and no wordings of replies.',
  ...open,
  response: withProblems(
    {
      200: { description: 'The metrics', content: { 'application/openmetrics-text': { schema: Type.String({ examples: ['# EOF\n'] }) } } },
    },
    [421, 500],
  ),
};
