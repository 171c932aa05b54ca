import { parseDuration } from '@desist/formats/event';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ROLES } from '../keys.ts';
import { A_TIME, Cursor, Limit, Name, NextCursor, OneOf, OrNull, Query, TextInput, Time, TimeInput, Words } from './basics.ts';
import { answers, bodyAnswers, json } from './problem.ts';

const tags = ['keys'];
const MOST_TENANTS = 1_000;
const BY_LIMIT = 256;
const ID = 'key_5f2c9a10b7e3d4486a1c';
const KeyPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, examples: [ID] }) });

const Roles = Type.Array(OneOf([...ROLES]), { description: '`operator` includes the others.', examples: [['reader']] });
const Tenants = OrNull(Type.Array(Name, { description: 'Null: every tenant.', examples: [['acme']] }));

const key = {
  id: Words,
  name: Name,
  roles: Roles,
  tenants: Tenants,
  createdAt: Time,
  createdBy: OrNull(Words),
  expiresAt: OrNull(Type.String({ format: 'date-time', description: 'Null: it does not end by itself.' })),
  rotatedAt: OrNull(Time),
  endedAt: OrNull(Time),
  lastUsedAt: OrNull(Type.String({ format: 'date-time', description: 'To about an hour; null: not used yet.' })),
};
const Key = Type.Object(key);
export type Key = Static<typeof Key>;

const A_KEY: Key = {
  id: ID,
  name: 'support',
  roles: ['reader'],
  tenants: ['acme'],
  createdAt: A_TIME,
  createdBy: 'eve (key desk)',
  expiresAt: null,
  rotatedAt: null,
  endedAt: null,
  lastUsedAt: A_TIME,
};

const secret = {
  key: Type.String({ description: 'What its owner sends. It is shown once and stored nowhere.' }),
};
const A_SECRET = 'desist_…';

export const LIST_KEYS = {
  operationId: 'listKeys',
  summary: 'List API keys',
  description:
    'Those that are not ended, the newest first; never the secrets. A key of some tenants sees keys of no other tenants. `configured`: keys of the configuration of this process, on the first page; they are changed there.',
  tags,
  querystring: Query({ cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) }),
  response: answers({
    200: json(
      'One page',
      Type.Object(
        {
          items: Type.Array(Key),
          configured: Type.Array(Type.Object({ name: Name, roles: Roles, tenants: Tenants })),
          cursor: NextCursor,
        },
        { examples: [{ items: [A_KEY], configured: [{ name: 'desk', roles: ['operator'], tenants: null }], cursor: null }] },
      ),
    ),
  }),
};

export const CREATE_KEY = {
  operationId: 'createKey',
  summary: 'Make an API key',
  description:
    'A key of some tenants makes keys of these tenants; one of every tenant makes any. Each process accepts the new key within seconds. The first key of a service without keys must be an operator of every tenant that does not expire: from then on, every call needs a key. 409: keys of the same tenants that are not ended have different names.',
  tags,
  body: Type.Object(
    {
      name: Name,
      roles: Type.Array(OneOf([...ROLES]), { minItems: 1, maxItems: ROLES.length, description: '`operator` includes the others.' }),
      tenants: OrNull(Type.Array(Name, { minItems: 1, maxItems: MOST_TENANTS, description: 'Null: every tenant.' })),
      expiresAt: Type.Optional(OrNull(TimeInput({ description: 'When it ends by itself; default: never.' }))),
      by: Type.Optional(OrNull(TextInput(BY_LIMIT, 'Who makes it, for the record; the calling key is added.'))),
    },
    { examples: [{ name: 'support', roles: ['reader'], tenants: ['acme'], expiresAt: '2027-03-01T00:00:00.000Z' }] },
  ),
  response: bodyAnswers(
    {
      201: json(
        'The key, with its secret',
        Type.Object({ ...secret, ...key }, { examples: [{ key: A_SECRET, ...A_KEY, lastUsedAt: null }] }),
      ),
    },
    [409],
  ),
};

export const ROTATION = { usual: '24h', longest: '90d' } as const;

const Overlap = Type.Refine(
  Type.String({
    maxLength: 12,
    description: `How long the earlier secret still works: ${ROTATION.usual} by default, 0s to end it at once.`,
    examples: ['24h'],
  }),
  (text) => (parseDuration(text) ?? Infinity) <= (parseDuration(ROTATION.longest) ?? 0),
  () => `must be a duration such as 15m, 6h, 30d, up to ${ROTATION.longest}`,
);

export const ROTATE_KEY = {
  operationId: 'rotateKey',
  summary: 'Give an API key another secret',
  description:
    'Name, roles, tenants and expiry stay. The earlier secret works for the time of `overlap`, so that its users can change one after the other. 409: too many secrets of the key are still valid.',
  tags,
  params: KeyPath,
  body: Type.Object(
    { overlap: Type.Optional(Overlap), by: Type.Optional(OrNull(TextInput(BY_LIMIT, 'Who rotates it, for the record.'))) },
    { examples: [{ overlap: '24h' }] },
  ),
  response: bodyAnswers(
    {
      200: json(
        'The key, with its new secret',
        Type.Object(
          {
            ...secret,
            ...key,
            earlierUntil: Type.String({ format: 'date-time', description: 'When earlier secrets end, at the latest.' }),
          },
          { examples: [{ key: A_SECRET, ...A_KEY, rotatedAt: A_TIME, earlierUntil: '2026-03-02T10:00:00.000Z' }] },
        ),
      ),
    },
    [404, 409],
  ),
};

export const END_KEY = {
  operationId: 'endKey',
  summary: 'End an API key',
  description:
    'Each process refuses it within seconds, and sessions of the console that were opened with it end. 409: it is the last one that may make keys of every tenant, and none of the configuration may.',
  tags,
  params: KeyPath,
  response: answers({ 200: json('The key', Type.Object(key, { examples: [{ ...A_KEY, endedAt: A_TIME }] })) }, [404, 409]),
};
