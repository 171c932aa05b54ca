/** `desist key`: a new API key, shown once, and the line of configuration that admits it. */
import { newKey, ROLES } from '@desist/assembly';
import type { Role } from '@desist/assembly';
import { NAME } from '@desist/contracts';
import { CommandError, EXIT } from '../exit.ts';

export function runKey(name: string, options: { readonly role: string; readonly tenant: string; readonly json: boolean }): void {
  if (!NAME.test(name)) throw new CommandError(EXIT.usage, `${name}: a key's name is like ${NAME.source}`);
  const roles = options.role.split(',');
  const wrong = roles.find((role) => !(ROLES as readonly string[]).includes(role));
  if (wrong !== undefined) throw new CommandError(EXIT.usage, `--role: ${wrong} is none of ${ROLES.join(', ')}`);
  const tenants = options.tenant === '*' ? '*' : options.tenant.split(',');
  if (tenants !== '*' && !tenants.every((tenant) => NAME.test(tenant)))
    throw new CommandError(EXIT.usage, '--tenant: names separated by commas, or *');
  const { key, line } = newKey(name, roles as Role[], tenants);
  if (options.json) console.log(JSON.stringify({ key, line }));
  else console.log(`the key, shown once:\n  ${key}\na line of DESIST_API_KEYS, or of the file that DESIST_API_KEYS_FILE names:\n  ${line}`);
}
