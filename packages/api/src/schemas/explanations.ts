import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ENGAGEMENT_KINDS } from '@desist/domain';
import { A_TIME, Count, OneOf, OrNull, Reason, Scope, State, Tenant, Time, Words } from './basics.ts';
import { answers, bodyAnswers, json } from './problem.ts';
import { A_RECIPIENT, AddressPath, OneRecipient, recipientFields } from './recipients.ts';
import { PolicyText } from './policy.ts';
import { Allowance } from './suppressions.ts';

const Fact = Type.Object({
  at: OrNull(Time),
  type: Words,
  kind: Type.Optional(OneOf(ENGAGEMENT_KINDS, { description: 'Of `engaged`.' })),
  effect: Type.Optional(
    OrNull(Type.String({ description: 'Of `engaged`: what it voided and released, and what it left as it was; null: it changed nothing.' })),
  ),
  role: OneOf(['counted', 'waiting', 'held_back', 'hard_bounce', 'not_counted', 'while_suppressed', 'decided', 'no_effect', 'refused']),
  counts: Type.Boolean({ description: 'The current state depends on it.' }),
  why: OrNull(Type.String({ description: 'Why it does not count.' })),
  voidedBy: OrNull(OneOf(['delivered', 'engaged', 'release', 'expiry', 'lapse'])),
  category: OrNull(Words),
  attribution: OrNull(Words),
  permanence: OrNull(Words),
  rule: OrNull(Words),
  reply: OrNull(Words),
  messageId: Type.Optional(Words),
  stream: OrNull(Words),
  scope: Type.Optional(Scope),
  expiresAt: Type.Optional(OrNull(Time)),
  force: Type.Optional(Type.Boolean()),
  by: Type.Optional(OrNull(Words)),
  note: Type.Optional(OrNull(Words)),
  source: Type.Optional(Words),
  reason: Type.Optional(Reason),
  subdomains: Type.Optional(Type.Boolean()),
  merged: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Number of further failures between the previous fact and this one, of which only the count is kept.',
    }),
  ),
  incident: Type.Optional(Type.String({ description: 'Id of the incident that holds it back.' })),
});

const Terms = Type.Object({
  ...{ scope: Scope, reason: Reason, since: OrNull(Time), expiresAt: OrNull(Time) },
  subdomains: Type.Optional(Type.Boolean()),
});
export type TermsValue = Static<typeof Terms>;

const Transition = Type.Object({
  at: OrNull(Time),
  type: Words,
  cause: Words,
  engagement: Type.Optional(OneOf(ENGAGEMENT_KINDS, { description: 'Of the cause `engaged`: how.' })),
  from: State,
  to: State,
  suppression: OrNull(Terms),
  allowance: Type.Optional(Allowance),
  evidence: OrNull(
    Type.Object({
      firstFailureAt: OrNull(Time),
      lastFailureAt: OrNull(Time),
      failures: Count,
      messages: Count,
      category: Words,
      rule: Words,
      reply: OrNull(Words),
      previous: Type.Optional(
        Type.Object({ since: Time, endedAt: Time }, { description: 'Of a suppression on probation: the one before, which had expired.' }),
      ),
    }),
  ),
  probation: Type.Optional(Type.Object({ until: Time }, { description: 'What the expiry begins.' })),
});

const fields = {
  ...recipientFields,
  facts: Type.Array(Fact, { description: 'The facts that are kept, in order of time.' }),
  transitions: Type.Array(Transition, { description: 'The transitions that these facts caused, in order.' }),
  whatWouldChangeIt: Type.Array(Words),
  refold: OrNull(
    Type.Object(
      { note: Words, state: State, agrees: Type.Boolean(), policy: Words },
      { description: 'The state as computed again from these facts alone.' },
    ),
  ),
};
const Explanation = Type.Object(fields, {
  examples: [
    {
      ...A_RECIPIENT,
      state: 'healthy',
      suppressions: [],
      facts: [],
      transitions: [],
      whatWouldChangeIt: [],
      refold: { note: 'computed again from these facts', state: 'healthy', agrees: true, policy: 'sha256:3f1c' },
    },
  ],
});
export type Explanation = Static<typeof Explanation>;

export const EXPLAIN_RECIPIENT = {
  operationId: 'explainRecipient',
  summary: 'Explain the state of a recipient',
  description: 'Returns every fact that is kept, whether it counts and why not, and what would release or suppress the recipient.',
  tags: ['recipients'],
  ...OneRecipient,
  response: answers({ 200: json('The explanation', Explanation) }),
};

const TrialRequest = Type.Object(
  {
    tenant: Type.Optional(OrNull(Tenant)),
    policy: PolicyText,
  },
  { examples: [{ policy: 'version: 1\ndeferral:\n  suppress_after: 96h\n' }] },
);

const Trial = Type.Object({
  policy: Type.String({ description: 'Version of the policy that was sent.' }),
  state: State,
  suppressions: Type.Array(Terms),
  suppressAt: OrNull(Time),
  alters: Type.Array(Words, { description: 'The differences from the current state.' }),
});
export type Trial = Static<typeof Trial>;

export const TRY_POLICY = {
  operationId: 'explainRecipientUnderPolicy',
  summary: 'Explain a recipient under another policy',
  description:
    'Returns the explanation, and in `underPolicy` the result of the same facts under the policy file in the request. Nothing is changed. Only for operators, one request at a time, with a time limit of two seconds.',
  tags: ['recipients'],
  params: AddressPath,
  body: TrialRequest,
  response: bodyAnswers(
    {
      200: json(
        'The explanation under both policies',
        Type.Object(
          { ...fields, underPolicy: Trial },
          {
            examples: [
              {
                ...A_RECIPIENT,
                facts: [],
                transitions: [],
                whatWouldChangeIt: [],
                refold: null,
                underPolicy: {
                  policy: 'sha256:77aa',
                  state: 'suppressed',
                  suppressions: [{ scope: '*', reason: 'hard_bounce', since: A_TIME, expiresAt: null }],
                  suppressAt: null,
                  alters: [],
                },
              },
            ],
          },
        ),
      ),
    },
    [408],
  ),
};
