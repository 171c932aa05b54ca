/** `desist key`: creates an API key, shown once, and its line for the configuration. It needs no service. */
import { newKey } from '@desist/runtime';
import { defineCommand, JSON_OPTION, required } from '../command.ts';
import { requireName, rolesIn, tenantsIn } from '../keys.ts';
import { say, sayJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'key',
  section: 'Keys and shells',
  summary: 'create an API key for the configuration, shown once, and its line; it needs no service (`keys make` adds one to the database)',
  operands: { name: 'NAME', summary: 'for people and the audit log', least: 1, most: 1 },
  options: {
    role: required('ROLES', 'reader, ingester, operator; several separated by commas'),
    tenant: required('TENANTS', 'names separated by commas, or * for all'),
    ...JSON_OPTION,
  },
  examples: ['desist key support --role reader,operator --tenant acme', "desist key mta --role ingester --tenant '*'"],
  run: ({ operands: [name = ''], options }) => runKey(name, options),
});

function runKey(name: string, options: { readonly role: string; readonly tenant: string; readonly json: boolean }): void {
  requireName(name);
  const { key, line } = newKey(name, rolesIn(options.role), tenantsIn(options.tenant));
  if (options.json) sayJson({ key, line });
  else
    say(
      'the key, shown once:',
      `  ${key}`,
      'add this line to DESIST_API_KEYS, or to the file that DESIST_API_KEYS_FILE names:',
      `  ${line}`,
    );
}
