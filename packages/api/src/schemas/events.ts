import { Type } from 'typebox';
import { NDJSON } from '../http/bodies.ts';
import { OneOrMany } from '../http/items.ts';
import { Count } from './basics.ts';
import { DeliveryEvent } from './items.ts';
import { bodyAnswers, json, Mistake, Ref } from './problem.ts';

const Lines = { schema: Type.String({ description: 'One event per line.' }) };

export const SEND_EVENTS = {
  operationId: 'sendEvents',
  summary: 'Send delivery events',
  description:
    'Accepts one event, an array, or NDJSON. 202 means that the valid events are durable in the log; the response lists the others. After a 503 repeat the whole request: duplicates are recognised by their id, or by their content.',
  tags: ['events'],
  body: {
    content: {
      'application/json': { schema: OneOrMany(Ref(DeliveryEvent)) },
      ...Object.fromEntries(NDJSON.map((type) => [type, Lines])),
    },
  },
  response: bodyAnswers({
    202: json(
      'Durable in the log',
      Type.Object(
        {
          accepted: Count,
          rejected: Count,
          errors: Type.Array(Mistake, { description: 'Every invalid item; when there are many mistakes, with its first one only.' }),
        },
        { examples: [{ accepted: 2, rejected: 1, errors: [{ index: 1, reason: 'unreadable', detail: 'not JSON' }] }] },
      ),
    ),
  }),
};
