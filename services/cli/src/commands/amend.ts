/** `desist amend`. */
import { createClient } from '../client.ts';
import { defineCommand, flag, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { ADDRESSES, OPERATOR_OPTIONS, operate } from '../operator.ts';

export const command = defineCommand({
  name: 'amend',
  section: 'The list',
  summary: 'change expiry and note of entries that are active; exit code 1 if there is none',
  operands: ADDRESSES,
  options: {
    ...OPERATOR_OPTIONS,
    note: value('TEXT', "the new note; '' removes it"),
    scope: value('SCOPE', '* or a stream; default *'),
    reason: value('REASON', "the entry with this reason; default: the operator's, or all of the scope if there is none"),
    expires: value('WHEN', 'a duration (30d), a time (RFC 3339), or never'),
    subdomains: value('yes|no', 'of a domain: also for the domains below it'),
    force: flag('complaint and unsubscribe may end earlier, too'),
  },
  examples: [
    "desist amend alice@example.com --expires 30d --note 'back in May'",
    'desist amend @example.com --subdomains no',
    'desist amend bob@example.com --reason persistent_deferral --expires never',
  ],
  run: ({ operands, options: { subdomains, ...options } }) => {
    if (options.expires === undefined && options.note === undefined && subdomains === undefined)
      throw new CommandError(EXIT.usage, 'amend: give --expires, --note or --subdomains');
    if (subdomains !== undefined && subdomains !== 'yes' && subdomains !== 'no')
      throw new CommandError(EXIT.usage, '--subdomains: must be yes or no');
    return operate(createClient(options.url), 'amend', operands, {
      ...options,
      ...(subdomains === undefined ? {} : { subdomains: subdomains === 'yes' }),
    });
  },
});
