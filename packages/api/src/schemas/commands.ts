import { Type } from 'typebox';
import { OneOrMany } from '../http/items.ts';
import { Count, Words } from './basics.ts';
import { Command } from './items.ts';
import { bodyAnswers, json, Ref } from './problem.ts';

const accepted = { accepted: Count, ids: Type.Array(Words, { description: 'Ids of the commands, in their order.' }) };
const ids = ['Zl3Jr0v2k1bq9XW7mQ4s8A'];

export const SEND_COMMANDS = {
  operationId: 'sendCommands',
  summary: 'Suppress, release, amend, allow, disallow or forget recipients',
  description:
    'Accepts one command or an array, all or none, and appends them to the log. With `Prefer: wait=10` the response is sent when the engine has read each of them (200; `folded` when all were applied, otherwise `refused` names those that were not), or after that many seconds (202, still pending).',
  tags: ['commands'],
  headers: Type.Object({
    'idempotency-key': Type.Optional(
      Type.String({
        pattern: '^[!-~]{1,255}$',
        description: 'Printable ASCII. A repeated request with the same key has the same ids and is applied once.',
        examples: ['ticket-4711'],
      }),
    ),
    prefer: Type.Optional(
      Type.String({ description: '`wait=SECONDS`, at most 30. Other preferences are ignored.', examples: ['wait=10'] }),
    ),
  }),
  body: { content: { 'application/json': { schema: OneOrMany(Ref(Command)) } } },
  response: bodyAnswers({
    200: json(
      'Durable in the log, and read by the engine',
      Type.Object(
        {
          ...accepted,
          folded: Type.Boolean({ description: 'Each command was applied.' }),
          refused: Type.Optional(
            Type.Array(Type.Object({ id: Words, reason: Words, detail: Words }), {
              description:
                'Commands that changed nothing, and why: they became dead letters, or there was nothing that they could change (`nothing_active`, `needs_force`, `too_many_amends`, `too_many_allowances`).',
            }),
          ),
        },
        {
          examples: [
            { accepted: 1, ids, folded: true },
            {
              accepted: 1,
              ids,
              folded: false,
              refused: [{ id: ids[0], reason: 'wrong_key', detail: 'this recipient belongs to another partition' }],
            },
          ],
        },
      ),
    ),
    202: json(
      'Durable in the log, not applied yet',
      Type.Object(
        { ...accepted, folded: Type.Optional(Type.Literal(false, { description: 'Only when waiting was requested.' })) },
        { examples: [{ accepted: 1, ids }] },
      ),
    ),
  }),
};
