import { parseTime } from '@desist/formats/event';
import { INCIDENT_ACTIONS } from '@desist/domain';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  A_TIME,
  Count,
  Cursor,
  DomainInput,
  Limit,
  NextCursor,
  OneOf,
  OrNull,
  Page,
  Query,
  Rule,
  Tenant,
  TenantFilter,
  TextInput,
  Time,
  TimeInput,
  Words,
  WordsInput,
} from './basics.ts';
import { answers, bodyAnswers, json, Ref } from './problem.ts';

const NOTE_LIMIT = 1_000;
const WORD_LIMIT = 1_024;
const REPLY_LIMIT = 4_096;

const terms = {
  tenant: OrNull(Type.String({ description: 'Null: every tenant.' })),
  provider: OrNull(Type.String({ description: 'The operator of the mailbox, by the name that verdicts use.' })),
  domain: OrNull(Type.String({ description: "Domain of the recipient's address." })),
  code: OrNull(Type.String({ description: 'Reply code, enhanced code, or both.' })),
  text: OrNull(Type.String({ description: 'Part of the reply; case is ignored.' })),
  from: Time,
  until: OrNull(Type.String({ format: 'date-time', description: 'Exclusive; null: the incident is open.' })),
};
const Codes = Type.Array(Type.Object({ code: Words, count: Count }));

const AN_INCIDENT = {
  id: 'op-Zl3Jr0v2k1bq9XW7mQ4s8A',
  kind: 'provider',
  origin: 'operator',
  state: 'not_held_back',
  revision: 0,
  action: 'opened',
  holds: false,
  tenant: null,
  provider: 'gmail',
  domain: null,
  code: '550 5.1.1',
  text: null,
  from: A_TIME,
  until: '2026-03-01T16:00:00.000Z',
  counts: null,
  codes: [],
  samples: [],
  by: 'support',
  note: 'confirmed by the provider',
  sender: null,
  decidedAt: A_TIME,
  createdAt: A_TIME,
};

const A_SENDER_INCIDENT = {
  ...{
    id: 'sender-gmail-13dt0-0x1f3k9a2b4c5',
    kind: 'sender',
    origin: 'detected',
    state: 'open',
    revision: 1,
    action: 'opened',
    holds: false,
  },
  ...{ tenant: 'acme', provider: 'gmail', domain: null, code: null, text: null, from: A_TIME, until: null, counts: null },
  ...{ codes: [{ code: '421 4.7.28', count: 180 }], samples: ['421-4.7.28 unusual rate of unsolicited mail'], by: null, note: null },
  sender: {
    ...{ pool: 'pool-1', tries: 240, refused: 180, share: 0.75, usualShare: 0.01 },
    replies: [
      {
        ...{ category: 'rate_limited', code: '421 4.7.28', count: 180, reply: '421-4.7.28 unusual rate of unsolicited mail' },
        ...{ meaning: 'You send faster than the server accepts mail from you.', actions: ['slow down to that provider'] },
      },
    ],
  },
  ...{ decidedAt: A_TIME, createdAt: A_TIME },
};

export const INCIDENT_KINDS = ['provider', 'sender'] as const;

export const SenderReply = Type.Object({
  category: Words,
  code: Type.String({ description: 'As in `421 4.7.28`; `none`: the reply names no code.' }),
  count: Count,
  reply: OrNull(Type.String({ description: 'An example, with addresses removed.' })),
  meaning: Words,
  actions: Type.Array(Words, { description: 'What to do, most useful first.' }),
});

const Sender = Type.Object(
  {
    pool: OrNull(Type.String({ description: 'Which IP pool or route; null: all of the tenant.' })),
    tries: Type.Integer({ minimum: 0, description: 'Tries that were answered: delivered, deferred or bounced.' }),
    refused: Type.Integer({ minimum: 0, description: "Of them, for the sender's fault: rate, reputation, authentication." }),
    share: Type.Number({ description: 'Refused / tries.' }),
    usualShare: Type.Number({ description: 'The same in the days before.' }),
    replies: Type.Array(SenderReply, { description: 'The most frequent first.' }),
  },
  { description: 'Of `kind` sender, as of the latest decision.' },
);

const incidentFields = {
  id: Words,
  kind: OneOf([...INCIDENT_KINDS], {
    description:
      "`provider`: failures that are not the recipients' fault. `sender`: a provider refuses the sender's mail; holds nothing back.",
  }),
  origin: OneOf(['detected', 'operator']),
  state: OneOf(['open', 'held_back', 'not_held_back', 'over'], { description: '`over`: of `kind` sender only.' }),
  revision: Count,
  action: OneOf([...INCIDENT_ACTIONS]),
  holds: Type.Boolean({ description: 'Failures inside are held back: they do not count.' }),
  ...terms,
  counts: OrNull(Type.Object({ failing: Count, delivered: Count, usualShare: OrNull(Type.Number()) })),
  codes: Codes,
  samples: Type.Array(Words, { description: 'Replies, with addresses removed.' }),
  by: OrNull(Words),
  note: OrNull(Words),
  sender: OrNull(Sender),
  decidedAt: Time,
  createdAt: Time,
};
export const Incident = Type.Object(incidentFields, {
  $id: 'Incident',
  description: 'A window in which failures are not the fault of the recipients.',
  examples: [AN_INCIDENT, A_SENDER_INCIDENT],
});
export type Incident = Static<typeof Incident>;

/** Any string: an unknown id is a 404, whatever its form. */
const IncidentPath = Type.Object({ id: Type.String({ examples: [AN_INCIDENT.id] }) });

export const LIST_INCIDENTS = {
  operationId: 'listIncidents',
  summary: 'List incidents, the newest first',
  description: 'Both kinds in one order. Incidents that concern every tenant are visible only to keys for every tenant.',
  tags: ['incidents'],
  querystring: Query({
    tenant: Type.Optional(TenantFilter),
    kind: Type.Optional(OneOf([...INCIDENT_KINDS], { description: 'Default: both.', examples: ['sender'] })),
    state: Type.Optional(OneOf(['open'], { description: 'Only those that go on.' })),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Limit),
  }),
  response: answers({ 200: json('One page', Page(Ref(Incident), [{ items: [A_SENDER_INCIDENT, AN_INCIDENT], cursor: null }])) }),
};

const decision = {
  by: Type.Optional(OrNull(TextInput(NOTE_LIMIT, 'Who decided.'))),
  note: Type.Optional(OrNull(TextInput(NOTE_LIMIT, 'Why.'))),
};
const Decision = Type.Object(decision, { examples: [{ by: 'support', note: 'confirmed by the provider' }] });
export type Decision = Static<typeof Decision>;

const CODE = /^(\d{3})?(?:(?:^|\s)[245]\.\d{1,3}\.\d{1,3})?$/;
const NewIncident = Type.Object(
  {
    tenant: Type.Optional(OrNull(Tenant)),
    provider: Type.Optional(OrNull(WordsInput(WORD_LIMIT, { examples: ['gmail'] }))),
    domain: Type.Optional(OrNull(DomainInput())),
    code: Type.Optional(
      OrNull(
        Type.Refine(
          Type.String({ minLength: 1, maxLength: 32, description: 'Reply code, enhanced code, or both.', examples: ['550 5.1.1'] }),
          (text) => CODE.test(text.trim()),
          () => 'must be like 550, 5.1.1 or "550 5.1.1"',
        ),
      ),
    ),
    text: Type.Optional(
      OrNull(
        Type.Refine(
          WordsInput(REPLY_LIMIT, { description: 'Part of the reply; case is ignored.' }),
          (text) => !text.includes('@'),
          () => 'must be part of a stored reply, which contains no addresses',
        ),
      ),
    ),
    from: TimeInput(),
    until: Type.Optional(OrNull(TimeInput())),
    ...decision,
  },
  {
    allOf: [
      Rule('provider: must be given if there is no domain', ({ provider, domain }) => isGiven(provider) || isGiven(domain)),
      Rule('until: must be after from', ({ from, until }) => isBefore(from, until)),
    ],
    examples: [{ provider: 'gmail', from: A_TIME, until: AN_INCIDENT.until, code: '550 5.1.1' }],
  },
);

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** True where one of them is no time, because that has an error of its own. */
function isBefore(from: unknown, until: unknown): boolean {
  const [begin, end] = [from, until].map((text) => (typeof text === 'string' ? parseTime(text) : undefined));
  return begin === undefined || end === undefined || begin < end;
}

export const CREATE_INCIDENT = {
  operationId: 'createIncident',
  summary: 'Create an incident: a window whose failures are not the fault of the recipients',
  description:
    'Needs a provider or a domain, and a window. Nothing changes until the incident is voided. A request with the same terms refers to the same incident.',
  tags: ['incidents'],
  body: NewIncident,
  response: bodyAnswers({ 200: json('The incident exists already', Ref(Incident)), 201: json('The incident was created', Ref(Incident)) }),
};

const Progress = Type.Object({
  told: Type.Boolean({ description: 'The latest decision is in the log.' }),
  partitions: Count,
  done: Type.Integer({ minimum: 0, description: 'Partitions that have applied it completely.' }),
  looked: Type.Integer({ minimum: 0, description: 'Recipients examined.' }),
  changed: Type.Integer({ minimum: 0, description: 'Recipients changed.' }),
});

const Counted = Type.Object({
  quarters: Type.Array(Type.Object({ at: Time, failing: Count, delivered: Count }), {
    description:
      'Recipients that began to fail and messages that were delivered, by the quarter of an hour, from three hours before it to three hours after it.',
  }),
  threshold: Type.Object({
    share: Type.Number({ description: 'Share of failing among failing and delivered from which on it is an incident.' }),
    recipients: Type.Integer({ minimum: 0, description: 'Recipients that must fail as well.' }),
  }),
});

export const GET_INCIDENT = {
  operationId: 'getIncident',
  summary: 'Get an incident and the progress of its latest decision',
  description:
    '`progress` counts the partitions that have applied the latest decision, and the recipients that they examined and changed. A sender incident changes none: there `told` alone says something.',
  tags: ['incidents'],
  params: IncidentPath,
  querystring: Query({}),
  response: answers(
    {
      200: json(
        'The incident',
        Type.Object(
          {
            ...incidentFields,
            progress: Progress,
            counted: OrNull(
              Type.Object(Counted.properties, {
                description: 'What it is decided from. Null: of a sender, of no provider, or the counts are no longer kept.',
              }),
            ),
          },
          {
            examples: [
              {
                ...AN_INCIDENT,
                progress: { told: true, partitions: 4, done: 4, looked: 120, changed: 7 },
                counted: { quarters: [{ at: A_TIME, failing: 40, delivered: 3 }], threshold: { share: 0.5, recipients: 20 } },
              },
            ],
          },
        ),
      ),
    },
    [404],
  ),
};

export const PREVIEW_INCIDENT = {
  operationId: 'previewIncident',
  summary: 'Preview what voiding or restoring an incident would do',
  description: 'Returns counts for one page of recipients. Add up the pages for the total.',
  tags: ['incidents'],
  params: IncidentPath,
  querystring: Query({ cursor: Type.Optional(Cursor) }),
  response: answers(
    {
      200: json(
        'One page',
        Type.Object(
          {
            recipients: Type.Integer({ minimum: 0, description: 'Recipients with failures inside.' }),
            failures: Count,
            heldBack: Type.Integer({ minimum: 0, description: 'Failures that are held back already.' }),
            suppressed: Type.Integer({ minimum: 0, description: 'Recipients that are suppressed now.' }),
            released: Type.Integer({ minimum: 0, description: 'Recipients for whom a suppression would end if the incident were voided.' }),
            suppressedAgain: Type.Integer({
              minimum: 0,
              description: 'Recipients for whom a suppression would begin if the incident were restored.',
            }),
            codes: Codes,
            samples: Type.Array(Words),
            addresses: Type.Array(Words, { description: 'Examples of the recipients.' }),
            cursor: NextCursor,
          },
          {
            examples: [
              {
                recipients: 2,
                failures: 2,
                heldBack: 0,
                suppressed: 2,
                released: 1,
                suppressedAgain: 0,
                codes: [{ code: '550 5.1.1', count: 2 }],
                samples: ['550 5.1.1 no such user'],
                addresses: ['alice@example.com', 'bob@example.com'],
                cursor: null,
              },
            ],
          },
        ),
      ),
    },
    [404, 409],
  ),
};

const decide = (operationId: string, summary: string, description: string) => ({
  operationId,
  summary,
  description,
  tags: ['incidents'],
  params: IncidentPath,
  body: Decision,
  response: bodyAnswers(
    {
      200: json('The incident was in this state already', Ref(Incident)),
      202: json('Decided; `progress` of the incident shows how many partitions have applied it', Ref(Incident)),
    },
    [404, 409],
  ),
});

export const DECIDE_INCIDENT = {
  void: decide(
    'voidIncident',
    'Hold back the failures inside an incident',
    'Suppressions that depend on failures inside the incident end.',
  ),
  restore: decide(
    'restoreIncident',
    'Let the failures inside an incident count again',
    'Failures inside count as if the incident did not exist.',
  ),
};
