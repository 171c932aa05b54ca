/** `desist keys make`: makes an API key in the database, which every process accepts within seconds. */
import { createClient } from '../../client.ts';
import { defineCommand, required, SERVICE_OPTIONS, value } from '../../command.ts';
import { requireName, rolesIn, tenantsIn } from '../../keys.ts';
import type { Key } from '../../keys.ts';
import { momentAhead } from '../../moments.ts';
import { userName } from '../../operator.ts';
import { say, sayJson } from '../../terminal.ts';

export const command = defineCommand({
  name: 'keys make',
  section: 'Keys and shells',
  summary: 'make an API key, shown once; every process accepts it within seconds',
  operands: { name: 'NAME', summary: 'for people and the audit log', least: 1, most: 1 },
  options: {
    role: required('ROLES', 'reader, ingester, operator; several separated by commas'),
    tenant: required('TENANTS', 'names separated by commas, or * for all'),
    expires: momentAhead('when it ends by itself; default never'),
    by: value('WHO', 'default: the user of this machine'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist keys make support --role reader --tenant acme', "desist keys make desk --role operator --tenant '*' --expires 365d"],
  run: async ({ operands: [name = ''], options: { url, json, role, tenant, expires, by = userName() } }) => {
    requireName(name);
    const roles = rolesIn(role);
    const tenants = tenantsIn(tenant);
    const body = { name, roles, tenants: tenants === '*' ? null : tenants, expiresAt: expires, by };
    const made = (await createClient(url).post('/v1/keys', body)) as Key & { readonly key: string };
    if (json) sayJson(made);
    else say('the key, shown once:', `  ${made.key}`, `its id, to rotate or end it: ${made.id}`);
  },
});
