/** `desist disallow`. */
import { createClient } from '../client.ts';
import { defineCommand, value } from '../command.ts';
import { ADDRESSES, OPERATOR_OPTIONS, operate } from '../operator.ts';

export const command = defineCommand({
  name: 'disallow',
  section: 'The list',
  summary: 'end an allowance made by `allow`',
  operands: ADDRESSES,
  options: { ...OPERATOR_OPTIONS, scope: value('SCOPE', '* or a stream; default *') },
  examples: ["desist disallow alice@example.com --note 'ticket 4711'", 'desist disallow --file addresses.txt'],
  run: ({ operands, options }) => operate(createClient(options.url), 'disallow', operands, options),
});
