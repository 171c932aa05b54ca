/** `desist release`. */
import { createClient } from '../client.ts';
import { defineCommand, flag, value } from '../command.ts';
import { ADDRESSES, OPERATOR_OPTIONS, operate } from '../operator.ts';

export const command = defineCommand({
  name: 'release',
  section: 'The list',
  summary: 'lift suppressions and void earlier evidence; exit code 1 if nothing was lifted',
  operands: ADDRESSES,
  options: { ...OPERATOR_OPTIONS, scope: value('SCOPE', '* or a stream; default *'), force: flag('complaint and unsubscribe, too') },
  examples: ["desist release alice@example.com --note 'ticket 4711'", "desist release --force alice@example.com --note 'asked us to'"],
  run: ({ operands, options }) => operate(createClient(options.url), 'release', operands, options),
});
