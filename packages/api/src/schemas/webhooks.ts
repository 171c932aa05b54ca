import { Type } from 'typebox';
import { Count } from './basics.ts';
import { json, withProblems } from './problem.ts';

export const RECEIVE_WEBHOOK = {
  operationId: 'receiveWebhook',
  summary: 'Receive a webhook of a provider',
  description:
    'The body is what the provider sends, byte for byte. Its signature or password is checked as configured in the sources file; no API key is required. 200 means that the events are durable in the log. A refusal has a status after which this provider repeats the request; `meant` is the one that HTTP would have.',
  tags: ['events'],
  security: [],
  params: Type.Object({
    format: Type.String({ description: 'Format of the payload, such as `ses`.', examples: ['ses'] }),
    source: Type.String({ description: 'Name of a source in the sources file.', examples: ['main'] }),
  }),
  response: withProblems(
    {
      200: json(
        'Durable in the log',
        Type.Object(
          {
            ...{ accepted: Count, ignored: Count, deadLetters: Count },
            validationResponse: Type.Optional(Type.String({ description: 'The code of a subscription of Event Grid.' })),
          },
          { examples: [{ accepted: 3, ignored: 1, deadLetters: 0 }] },
        ),
      ),
    },
    [400, 401, 403, 404, 409, 413, 415, 421, 429, 500, 503],
  ),
};
