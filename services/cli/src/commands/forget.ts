/** `desist forget`. */
import { createClient } from '../client.ts';
import { defineCommand, flag } from '../command.ts';
import { ADDRESSES, OPERATOR_OPTIONS, operate } from '../operator.ts';

export const command = defineCommand({
  name: 'forget',
  section: 'The list',
  summary: 'erase these addresses: nothing readable remains; suppressed addresses stay blocked by a keyed hash',
  operands: ADDRESSES,
  options: { ...OPERATOR_OPTIONS, yes: flag('do not ask for confirmation; required without a terminal') },
  examples: ["desist forget alice@example.com --note 'ticket 4711'", 'desist forget --yes --file addresses.txt'],
  run: ({ operands, options }) => operate(createClient(options.url), 'forget', operands, options),
});
