import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ROLES } from '../keys.ts';
import { Name, OneOf, OrNull, Words } from './basics.ts';
import { bodyAnswers, json, withProblems } from './problem.ts';

const A_SESSION = {
  required: true,
  signedIn: true,
  name: 'support',
  roles: ['reader'],
  tenants: ['acme'],
  writes: true,
  version: '0.1.0',
  provider: null,
};

const Session = Type.Object(
  {
    required: Type.Boolean({ description: 'There are keys, so one is required.' }),
    signedIn: Type.Boolean({ description: 'This caller may read: signed in, with a key in a header, or no key is required.' }),
    name: OrNull(Type.String({ description: 'Name of the key, or of the person.' })),
    roles: Type.Array(OneOf([...ROLES])),
    tenants: OrNull(Type.Array(Name, { description: 'Tenants of the key or person; null: every tenant.' })),
    writes: Type.Boolean({ description: 'This process accepts commands; `query` only reads.' }),
    version: Words,
    provider: OrNull(
      Type.String({ description: 'Where people can sign in instead of with a key: a browser goes to `/v1/session/oidc`. Null: nowhere.' }),
    ),
  },
  { examples: [A_SESSION] },
);
export type Session = Static<typeof Session>;

const tags = ['session'];

export const GET_SESSION = {
  operationId: 'getSession',
  summary: 'Get who is signed in',
  description: 'Answers everybody. A browser sends the cookie of `createSession` by itself.',
  tags,
  security: [],
  response: withProblems({ 200: json('The session', Session) }, [421, 429, 503]),
};

export const CREATE_SESSION = {
  operationId: 'createSession',
  summary: 'Sign in with an API key',
  description:
    'Seals the key into a cookie that scripts cannot read and that other sites cannot send. It ends after 12 hours, and when the key ends. With the cookie, requests that change something must come from a page of this service.',
  tags,
  security: [],
  body: Type.Object(
    { key: Type.String({ minLength: 1, maxLength: 256, description: 'The API key.' }) },
    { examples: [{ key: 'desist_…' }] },
  ),
  response: bodyAnswers({ 200: json('Signed in', Session) }),
};

export const DELETE_SESSION = {
  operationId: 'deleteSession',
  summary: 'Sign out',
  description: 'Removes the cookie.',
  tags,
  security: [],
  response: withProblems({ 200: json('Signed out', Session) }, [403, 421, 429, 503]),
};
