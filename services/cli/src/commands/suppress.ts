/** `desist suppress`. */
import { createClient } from '../client.ts';
import { defineCommand, flag, value } from '../command.ts';
import { ADDRESSES, OPERATOR_OPTIONS, operate } from '../operator.ts';

export const command = defineCommand({
  name: 'suppress',
  section: 'The list',
  summary: 'suppress these addresses, or domains (@example.com)',
  operands: ADDRESSES,
  options: {
    ...OPERATOR_OPTIONS,
    scope: value('SCOPE', '* or a stream; default *'),
    expires: value('WHEN', 'a duration (30d) or a time (RFC 3339)'),
    subdomains: flag('of a domain: also for the domains below it'),
    source: value('NAME', 'what it comes from, such as a list or a ticket system'),
  },
  examples: [
    "desist suppress alice@example.com --note 'ticket 4711'",
    'desist suppress @example.com --subdomains',
    'desist suppress --file addresses.txt',
  ],
  run: ({ operands, options }) => operate(createClient(options.url), 'suppress', operands, options),
});
