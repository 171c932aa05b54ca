/** `desist allow`. */
import { createClient } from '../client.ts';
import { defineCommand, value } from '../command.ts';
import { ADDRESSES, OPERATOR_OPTIONS, operate } from '../operator.ts';

export const command = defineCommand({
  name: 'allow',
  section: 'The list',
  summary: 'allow sending in spite of persistent_deferral and hard_bounce',
  operands: ADDRESSES,
  options: {
    ...OPERATOR_OPTIONS,
    scope: value('SCOPE', '* or a stream; default *'),
    expires: value('WHEN', 'a duration (30d) or a time (RFC 3339)'),
  },
  examples: ["desist allow alice@example.com --note 'ticket 4711'", 'desist allow --file addresses.txt'],
  run: ({ operands, options }) => operate(createClient(options.url), 'allow', operands, options),
});
