import { CATEGORIES } from '@desist/verdicts';
import { Type } from 'typebox';
import { Count, OneOf, OrNull, Query, Tenant, Time, Words, WordsInput } from './basics.ts';
import { Incident, SenderReply } from './incidents.ts';
import { answers, bodyAnswers, json, Ref } from './problem.ts';

const hints = {
  retryAfter: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds.' })),
  blockList: Type.Optional(Words),
  link: Type.Optional(Words),
  limit: Type.Optional(Words),
};

export const MOST_REPLIES = 1_000;
/** Bytes of a request. */
export const REPLIES_LIMIT = 256 * 1024;
const REPLY_LIMIT = 65_536;
const NAME_LIMIT = 255;

const ATTRIBUTIONS = ['recipient', 'system', 'unknown', 'greylisting', 'sender', 'message', 'local'] as const;
const Category = OneOf(CATEGORIES.map(({ category }) => category));
const Attribution = OneOf(ATTRIBUTIONS, { description: 'Whose fault it is.' });
const Provider = WordsInput(NAME_LIMIT, { description: 'A short name, or a registrable domain.', examples: ['gmail'] });

const knowledge = {
  meaning: Words,
  causes: Type.Array(Words),
  actions: Type.Array(Words, { description: 'What to do, the most useful first.' }),
  worryAfterHours: OrNull(
    Type.Number({ minimum: 0, description: 'Age in hours at which somebody should look; 0: at once; null: never, the policy handles it.' }),
  ),
};
const verdict = {
  category: Category,
  attribution: Attribution,
  permanence: OneOf(['temporary', 'permanent']),
  rule: Type.String({ description: 'The rule that decided.' }),
  counts: Type.Boolean({ description: 'It counts against the recipient.' }),
  hardBounce: Type.Boolean({ description: 'A bounce with it suppresses at once.' }),
};
const A_VERDICT = {
  category: 'user_unknown',
  attribution: 'recipient',
  permanence: 'permanent',
  rule: 'enhanced.1.1',
  counts: true,
  hardBounce: true,
};
const SOME_KNOWLEDGE = {
  meaning: 'The mailbox does not exist at this domain.',
  causes: ['typing error at sign-up'],
  actions: ['stop sending to the address'],
  worryAfterHours: null,
};

const AskedReply = Type.Object({
  reply: Type.String({ maxLength: REPLY_LIMIT, examples: ['550 5.1.1 no such user'] }),
  code: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
  enhanced: Type.Optional(Type.String({ maxLength: 16, examples: ['5.1.1'] })),
  phase: Type.Optional(Type.String({ maxLength: 64, description: 'The command that was answered.', examples: ['rcpt'] })),
  remoteHost: Type.Optional(Type.String({ maxLength: NAME_LIMIT, examples: ['mx1.example.com'] })),
  recipient: Type.Optional(Type.String({ maxLength: 320, description: 'For its domain.' })),
  provider: Type.Optional(Provider),
});

export const CLASSIFY_REPLIES = {
  operationId: 'classifyReplies',
  summary: 'Say what replies mean',
  description: `Up to ${MOST_REPLIES} replies and ${REPLIES_LIMIT / 1024} KiB. Own rules of the policy are asked first. Nothing is stored.`,
  tags: ['verdicts'],
  body: Type.Object(
    {
      replies: Type.Array(Type.Union([Type.String({ maxLength: REPLY_LIMIT }), AskedReply]), { minItems: 1, maxItems: MOST_REPLIES }),
      explain: Type.Optional(Type.Boolean({ description: 'Adds `knowledge`: what it means and what to do.' })),
    },
    {
      examples: [
        { replies: ['550 5.1.1 no such user', { reply: 'mailbox full', code: 452, remoteHost: 'mx1.example.com' }], explain: false },
      ],
    },
  ),
  response: bodyAnswers({
    200: json(
      'A verdict for each reply, in their order',
      Type.Object(
        {
          results: Type.Array(
            Type.Object({
              reply: Words,
              ...verdict,
              provider: OrNull(Words),
              hints: Type.Optional(Type.Object(hints, { description: 'What the reply itself advises.' })),
              knowledge: Type.Optional(Type.Object(knowledge)),
            }),
          ),
        },
        { examples: [{ results: [{ reply: '550 5.1.1 no such user', ...A_VERDICT, provider: null }] }] },
      ),
    ),
  }),
};

const registered = { code: Words, meaning: Words, source: Words };
const CodeEntry = Type.Object({ code: Words, provider: Type.Optional(Words), category: Category, ...knowledge, source: Words });

export const GET_CODE = {
  operationId: 'getCode',
  summary: 'Explain a reply code',
  description:
    'A basic code, an enhanced code, or both, of 4xx and 5xx: what the standards say, how a reply without words is read, and what is known of providers.',
  tags: ['verdicts'],
  params: Type.Object({ code: Type.String({ minLength: 1, maxLength: 32, examples: ['550 5.1.1'] }) }),
  querystring: Query({ provider: Type.Optional(Provider) }),
  response: answers({
    200: json(
      'The code',
      Type.Object(
        {
          code: Words,
          basic: OrNull(Type.Object(registered, { description: 'Null: not given, or not registered.' })),
          enhanced: OrNull(Type.Object({ ...registered, class: OneOf(['temporary', 'permanent']), subject: Words })),
          reading: Type.Object({ ...verdict, ...knowledge }, { description: 'How a reply with this code and no words is read.' }),
          entries: Type.Array(CodeEntry, { description: 'What is known beyond the standards, the most precise first.' }),
        },
        {
          examples: [
            {
              code: '550 5.1.1',
              basic: { code: '550', meaning: 'The mailbox is not available.', source: 'RFC 5321 section 4.2.3' },
              enhanced: {
                code: '5.1.1',
                class: 'permanent',
                subject: 'addressing',
                meaning: 'The mailbox does not exist.',
                source: 'RFC 3463',
              },
              reading: { ...A_VERDICT, ...SOME_KNOWLEDGE },
              entries: [],
            },
          ],
        },
      ),
    ),
  }),
};

const Connections = Type.Object({ least: Count, most: Count }, { description: 'Connections at a time from one IP address.' });
const counted = { failing: Type.Integer({ minimum: 0, description: 'Recipients that began to fail.' }), delivered: Count };
const A_PROVIDER = { provider: 'gmail', title: 'Gmail and Google Workspace', connections: { least: 10, most: 20 } };

export const LIST_PROVIDERS = {
  operationId: 'listProviders',
  summary: 'List the known providers',
  description: 'With what was counted in the last hour of the partition clocks, and how many incidents are open there.',
  tags: ['verdicts'],
  querystring: Query({ tenant: Type.Optional(Tenant) }),
  response: answers({
    200: json(
      'The providers, by name',
      Type.Object(
        {
          items: Type.Array(
            Type.Object({
              provider: Words,
              title: Words,
              connections: Connections,
              recent: OrNull(Type.Object(counted, { description: 'Null: nothing was counted.' })),
              openIncidents: Count,
            }),
          ),
        },
        { examples: [{ items: [{ ...A_PROVIDER, recent: { failing: 12, delivered: 3_400 }, openIncidents: 0 }] }] },
      ),
    ),
  }),
};

export const GET_PROVIDER = {
  operationId: 'getProvider',
  summary: 'Get what is known of a provider',
  description:
    'Its domains and hosts, how to send to it, what was counted in the last hour of the partition clocks, and its open incidents. A domain that is not in the table gets the advice for small domains.',
  tags: ['verdicts'],
  params: Type.Object({ provider: Provider }),
  querystring: Query({ tenant: Type.Optional(Tenant) }),
  response: answers({
    200: json(
      'The provider',
      Type.Object(
        {
          provider: Words,
          title: Words,
          known: Type.Boolean({ description: 'It is in the built-in table.' }),
          domains: Type.Array(Words),
          hosts: Type.Array(Type.String({ description: 'What the names of its hosts end with.' })),
          advice: Type.Object({ connections: Connections, notes: Type.Array(Words), source: Words, asOf: Words }),
          retry: Type.Object(
            { minutes: Type.Array(Count), giveUpAfterHours: Count, source: Words },
            { description: 'Minutes before each further attempt; the last one repeats.' },
          ),
          recent: OrNull(
            Type.Object({
              from: Time,
              to: Time,
              ...counted,
              codes: Type.Array(Type.Object({ code: Words, count: Count })),
              samples: Type.Array(Type.String({ description: 'A reply, with addresses removed.' })),
            }),
          ),
          seen: Type.Object(
            {
              limits: Type.Array(
                Type.Object({
                  ...SenderReply.properties,
                  hints: Type.Object(hints, { description: 'What the reply itself advises.' }),
                }),
                { description: "Replies of the last 24 hours that refused mail for the sender's fault, the most frequent first." },
              ),
              greylisting: OrNull(
                Type.Object(
                  { count: Count, p50: Type.Number(), p90: Type.Number() },
                  { description: 'Of the last 7 days: messages that were greylisted and delivered, and how long that took, seconds.' },
                ),
              ),
            },
            { description: 'What this installation has seen of it.' },
          ),
          openIncidents: Type.Array(Ref(Incident)),
          codes: Type.Array(CodeEntry),
        },
        {
          examples: [
            {
              ...{ provider: 'gmail', title: A_PROVIDER.title, known: true, domains: ['gmail.com'], hosts: ['google.com'] },
              advice: { connections: A_PROVIDER.connections, notes: [], source: "operators' practice", asOf: '2024' },
              retry: { minutes: [15, 30, 60, 120, 240], giveUpAfterHours: 72, source: 'RFC 5321 section 4.5.4.1' },
              ...{ recent: null, seen: { limits: [], greylisting: { count: 25, p50: 900, p90: 2_100 } }, openIncidents: [], codes: [] },
            },
          ],
        },
      ),
    ),
  }),
};
