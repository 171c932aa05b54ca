import { Type } from 'typebox';
import { A_TIME, Count, Cursor, NextCursor, OneOf, OrNull, Query, TenantFilter, Time, Words } from './basics.ts';
import { answers, json } from './problem.ts';

export const LETTERS = { most: 100, usual: 50 } as const;

const ID = '0-812';
const LetterPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 40, examples: [ID] }) });

const letter = {
  id: Words,
  reason: Type.String({
    description:
      'Why it could not be read: `wrong_key`, `unreadable`, `invalid`, `unsupported_version`, `too_large`, `poison`, or what a source says.',
  }),
  detail: Type.String({ description: 'What is wrong, and where.' }),
  recordedAt: Time,
  tenant: OrNull(Type.String({ description: 'Of the key; null: the key names none.' })),
  key: OrNull(Type.String({ description: 'Null: it has none, or it is not UTF-8.' })),
  size: Type.Integer({ minimum: 0, description: 'Bytes of the value.' }),
  truncated: Type.Boolean({ description: 'It was longer than the log takes: the rest is lost.' }),
  origin: OrNull(
    Type.Object(
      { topic: Words, partition: Count, offset: Count },
      { description: 'Where it was read; null: a source could not read what it got.' },
    ),
  ),
};

const A_LETTER = {
  id: ID,
  reason: 'wrong_key',
  detail: 'key: must be acme/alice@example.com',
  recordedAt: A_TIME,
  tenant: 'acme',
  key: 'acme/Alice@Example.com',
  size: 312,
  truncated: false,
  origin: { topic: 'delivery-events', partition: 3, offset: 81_234 },
};

const DESCRIPTION =
  'Keys of some tenants see records whose key and whose content name these tenants: what cannot be read may be of anybody. Reads of dead letters come one at a time (429).';

export const LIST_DEAD_LETTERS = {
  operationId: 'listDeadLetters',
  summary: 'List records that could not be read',
  description: `The newest of each partition first. A page may hold fewer than \`limit\`, even none, and have a cursor. ${DESCRIPTION}`,
  tags: ['events'],
  querystring: Query({
    tenant: Type.Optional(TenantFilter),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 64, examples: ['wrong_key'] })),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LETTERS.most, default: LETTERS.usual, description: 'Items per page.' })),
  }),
  response: answers({
    200: json(
      'One page',
      Type.Object({ items: Type.Array(Type.Object(letter)), cursor: NextCursor }, { examples: [{ items: [A_LETTER], cursor: null }] }),
    ),
  }),
};

export const GET_DEAD_LETTER = {
  operationId: 'getDeadLetter',
  summary: 'Get a record that could not be read',
  description: `With its content as it was. ${DESCRIPTION}`,
  tags: ['events'],
  params: LetterPath,
  response: answers(
    {
      200: json(
        'The record',
        Type.Object(
          {
            ...letter,
            value: OrNull(Type.String({ description: 'In the encoding that `encoding` names.' })),
            encoding: OneOf(['utf-8', 'base64']),
          },
          { examples: [{ ...A_LETTER, value: '{"version":1}', encoding: 'utf-8' }] },
        ),
      ),
    },
    [404],
  ),
};

export const RESEND_DEAD_LETTER = {
  operationId: 'resendDeadLetter',
  summary: 'Send a record again that could not be read',
  description:
    'Appends it to the delivery events, with its key and bytes as they were: after a fix of what reads it. What can be read then is folded once, however often it is sent. The dead letter stays. 409: it was cut, it has no key or no content, or it never was in the delivery events.',
  tags: ['events'],
  params: LetterPath,
  response: answers(
    {
      202: json(
        'Durable in the log',
        Type.Object(
          { id: Words, appended: Type.Object({ partition: Count, offset: Count }) },
          { examples: [{ id: ID, appended: { partition: 3, offset: 90_001 } }] },
        ),
      ),
    },
    [404, 409],
  ),
};
