import { NAME } from '@desist/formats/event';
import { WHATIF_STATES } from '@desist/pipeline';
import { DIMENSIONS } from '@desist/domain';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { A_TIME, Count, Limit, OneOf, OrNull, Query, TenantFilter, TextInput, Time, TimeInput, Words } from './basics.ts';
import { PolicyText } from './policy.ts';
import { answers, bodyAnswers, json } from './problem.ts';

const Share = OrNull(
  Type.Object(
    { share: Type.Number(), low: Type.Number(), high: Type.Number() },
    { description: 'From 0 to 1, with the interval of 95 %. Null: nothing is known.' },
  ),
);
const Hours = OrNull(Type.Number());

const Regret = Type.Object({
  addresses: Type.Integer({ minimum: 0, description: 'Suppressed for failures.' }),
  tookMail: Type.Integer({ minimum: 0, description: 'Took mail within 30 days afterwards.' }),
  followed: Type.Integer({ minimum: 0, description: 'Tried to the end of the 30 days, and took none.' }),
  untried: Type.Integer({ minimum: 0, description: 'Never tried again: nothing is known.' }),
  notYetKnown: Type.Integer({ minimum: 0, description: 'Took none so far, and the history ends before the 30 days do.' }),
  share: Share,
  days: Type.Integer({ minimum: 0, maximum: 30, description: 'The share is about so many days.' }),
});

const Measures = Type.Object({
  suppressed: Type.Integer({ minimum: 0, description: 'Addresses, for whatever reason.' }),
  regret: Regret,
  attempts: Type.Integer({ minimum: 0, description: 'Attempts in vain that the policy would have made.' }),
  uselessAttempts: Type.Integer({ minimum: 0, description: 'All attempts in vain.' }),
  waste: Share,
});

const Waste = Type.Object({
  addresses: Count,
  attempts: Count,
  useless: Type.Integer({ minimum: 0, description: 'The address took no mail afterwards.' }),
  notYetKnown: Count,
  share: Share,
});

const Moved = Type.Object({ count: Count, p10: Hours, p50: Hours, p90: Hours }, { description: 'Addresses, and quantiles in hours.' });

const Compared = Type.Object({
  onlyA: Type.Integer({ minimum: 0, description: 'Addresses that only A would have suppressed.' }),
  onlyB: Count,
  same: Type.Integer({ minimum: 0, description: 'Suppressed by both at the same moment.' }),
  earlier: Moved,
  later: Moved,
  regretOnlyA: Regret,
  regretOnlyB: Regret,
  spared: Type.Object(Waste.properties, { description: 'Attempts that B would have spared and A made.' }),
  added: Type.Object(Waste.properties, { description: 'Attempts that B would have made and A spared.' }),
});

const Result = Type.Object({
  events: Count,
  duplicates: Count,
  leftOut: Count,
  recipients: Type.Integer({ minimum: 0, description: 'Recipients that something was kept of.' }),
  from: OrNull(Time),
  to: OrNull(Time),
  policies: Type.Object({ a: Words, b: Words }, { description: 'Versions: A is the policy in force, B the other.' }),
  a: Measures,
  b: Measures,
  compared: Compared,
  groups: Type.Array(Type.Object({ by: OneOf([...DIMENSIONS]), value: Words, a: Measures, b: Measures, compared: Compared }), {
    description: 'The same by reason, category, provider and tenant: 20 values of each at most.',
  }),
  text: Type.Array(Type.String(), { description: 'What it comes to, in sentences.' }),
});

const WhatIf = Type.Object({
  id: Type.String({ pattern: '^wi_[0-9a-f]{24}$' }),
  state: OneOf([...WHATIF_STATES], { description: '`stopped`: nobody runs it until it is asked for again; then it begins anew.' }),
  tenant: OrNull(Type.String({ description: 'Null: of all tenants.' })),
  since: OrNull(Time),
  by: OrNull(Words),
  key: OrNull(Type.String({ description: 'Name of the API key.' })),
  records: Type.Integer({ minimum: 0, description: 'Records of the log that were read.' }),
  total: OrNull(Type.Integer({ minimum: 0, description: 'Null: not known yet.' })),
  problem: OrNull(Type.String({ description: 'Why it failed.' })),
  result: OrNull(Result),
  startedAt: Time,
  updatedAt: Time,
});
export type WhatIf = Static<typeof WhatIf>;
export type WhatIfResult = Static<typeof Result>;

const NOTHING = { addresses: 0, tookMail: 0, followed: 0, untried: 0, notYetKnown: 0, share: null, days: 0 };
const NO_WASTE = { addresses: 0, attempts: 0, useless: 0, notYetKnown: 0, share: null };
const NOT_MOVED = { count: 0, p10: null, p50: null, p90: null };
const SOME = {
  suppressed: 310,
  regret: { ...NOTHING, addresses: 290 },
  attempts: 9_100,
  uselessAttempts: 12_000,
  waste: { share: 0.758, low: 0.741, high: 0.775 },
};

const A_WHATIF: WhatIf = {
  ...{ id: 'wi_5f2c9a0b41d7e863aa190c4d', state: 'done', tenant: null, since: null, by: 'eve', key: 'support' },
  ...{ records: 120_000, total: 120_000, problem: null, startedAt: A_TIME, updatedAt: A_TIME },
  result: {
    ...{ events: 119_950, duplicates: 50, leftOut: 0, recipients: 1_200, from: A_TIME, to: A_TIME },
    policies: { a: 'sha256:3f1c', b: 'sha256:77aa' },
    ...{ a: SOME, b: SOME },
    compared: {
      ...{ onlyA: 0, onlyB: 212, same: 98, earlier: NOT_MOVED, later: NOT_MOVED },
      regretOnlyA: NOTHING,
      regretOnlyB: {
        addresses: 212,
        tookMail: 9,
        followed: 203,
        untried: 0,
        notYetKnown: 0,
        share: { share: 0.04245, low: 0.02249, high: 0.0787 },
        days: 30,
      },
      spared: { addresses: 260, attempts: 1_900, useless: 1_840, notYetKnown: 0, share: { share: 0.96842, low: 0.93, high: 0.986 } },
      added: NO_WASTE,
    },
    groups: [],
    text: [
      'B would have suppressed 212 more addresses than A; 9 of them took mail afterwards (4.2 %, 2.2 to 7.9 %); it would have spared 1,840 useless attempts.',
    ],
  },
};
const WAITING: WhatIf = { ...A_WHATIF, state: 'waiting', records: 0, total: null, result: null };

const id = Type.Object({ id: Type.String({ pattern: '^wi_[0-9a-f]{24}$', examples: [A_WHATIF.id] }) });
const example = (one: WhatIf) => Type.Object(WhatIf.properties, { examples: [one] });

export const CREATE_WHATIF = {
  operationId: 'createWhatIf',
  summary: 'Compare a policy with the one in force, on what the log still has',
  description:
    'Creates a job (201). A job that asks the same and is not answered is returned instead (200); if it was stopped, it begins anew. The policy is checked first, with a time limit of two seconds. A key of some tenants compares on the events of one of them. At most ten jobs wait or run.',
  tags: ['policy'],
  body: Type.Object(
    {
      policy: PolicyText,
      tenant: Type.Optional(OrNull(Type.String({ pattern: NAME.source, description: 'Only its events. Default: of all tenants.' }))),
      since: Type.Optional(OrNull(TimeInput({ description: 'Earlier events are left out.' }))),
      by: Type.Optional(OrNull(TextInput(256, 'The person.'))),
    },
    { examples: [{ policy: 'version: 1\ndeferral:\n  suppress_after: 96h\n' }] },
  ),
  response: bodyAnswers({ 200: json('The job that asks the same', example(WAITING)), 201: json('The new job', example(WAITING)) }, [408]),
};

export const GET_WHATIF = {
  operationId: 'getWhatIf',
  summary: 'Get a what-if',
  description: 'State, progress, and what it came to: differences in numbers, regret and waste. It names no address; `desist whatif` does.',
  tags: ['policy'],
  params: id,
  response: answers({ 200: json('The job', example(A_WHATIF)) }, [404]),
};

export const LIST_WHATIFS = {
  operationId: 'listWhatIfs',
  summary: 'List what-ifs',
  description: 'The newest first, of the last 90 days. Keys of some tenants see those of these tenants.',
  tags: ['policy'],
  querystring: Query({ tenant: Type.Optional(TenantFilter), limit: Type.Optional(Limit) }),
  response: answers({ 200: json('The jobs', Type.Object({ items: Type.Array(WhatIf) }, { examples: [{ items: [A_WHATIF] }] })) }),
};

export const STOP_WHATIF = {
  operationId: 'stopWhatIf',
  summary: 'Stop a what-if',
  description: 'Ask for the same again to begin it anew.',
  tags: ['policy'],
  params: id,
  response: answers({ 200: json('The stopped job', example({ ...WAITING, state: 'stopped' })) }, [404, 409]),
};
