import { Type } from 'typebox';
import { A_TIME, Count, OneOf, OrNull, Query, Time } from './basics.ts';
import { answers, bodyAnswers, json } from './problem.ts';

const Audit = Type.Object({
  partition: Count,
  reason: OneOf(['requested', 'database_went_back', 'topic_behind'], { description: 'Who asked: an operator, or the engine itself.' }),
  state: OneOf(['requested', 'running', 'done', 'stopped', 'failed']),
  requestedAt: OrNull(Time),
  finishedAt: OrNull(Time),
  records: Type.Integer({ minimum: 0, description: 'Records of the topic to be read, at most.' }),
  read: Type.Integer({ minimum: 0, description: 'Records that were read.' }),
  compared: Type.Integer({ minimum: 0, description: 'Recipients whose value on the topic was compared with the table.' }),
  mended: Type.Integer({ minimum: 0, description: 'Recipients whose value differed and was published again.' }),
  problem: OrNull(Type.String({ description: 'Why it failed, or what could not be published.' })),
});

const EXAMPLE = [
  {
    partition: 0,
    reason: 'requested',
    state: 'done',
    requestedAt: A_TIME,
    finishedAt: A_TIME,
    records: 13_008,
    read: 13_008,
    compared: 12_345,
    mended: 17,
    problem: null,
  },
];
const Audits = Type.Object({ items: Type.Array(Audit) }, { examples: [{ items: EXAMPLE }] });
const Progress = Type.Object(
  {
    listed: Type.Integer({ minimum: 0, description: 'Recipients that are on the list and published, at least.' }),
    items: Type.Array(Audit),
  },
  { examples: [{ listed: 12_345, items: EXAMPLE }] },
);

const partition = Type.Optional(Type.Integer({ minimum: 0, description: 'Of the input. Default: all.', examples: [3] }));
const EVERY_TENANT = 'It needs a key for every tenant.';

export const REPUBLISH = {
  operationId: 'republish',
  summary: 'Bring the topic of suppressions to the table again',
  description: `Asks the owners of the partitions to compare the topic with the table and to publish again what differs. Answers at once; \`GET\` shows the progress. A comparison that runs begins anew. ${EVERY_TENANT}`,
  tags: ['operation'],
  body: Type.Object({ partition }, { additionalProperties: false, examples: [{ partition: 3 }] }),
  response: bodyAnswers({ 202: json('What was asked for', Audits) }),
};

export const GET_REPUBLISH = {
  operationId: 'getRepublish',
  summary: 'Get the progress of comparisons of the topic with the table',
  description: `Returns the last comparison of each partition, also those that the engine began by itself. ${EVERY_TENANT}`,
  tags: ['operation'],
  response: answers({ 200: json('The comparisons', Progress) }),
};

export const STOP_REPUBLISH = {
  operationId: 'stopRepublish',
  summary: 'Stop comparisons of the topic with the table',
  description: `Stops those that wait or run; what was published again stays. ${EVERY_TENANT}`,
  tags: ['operation'],
  querystring: Query({ partition }),
  response: answers({
    200: json('Those that were stopped', Type.Object({ stopped: Type.Array(Count) }, { examples: [{ stopped: [3] }] })),
  }),
};
