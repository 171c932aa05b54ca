/** `desist policy check|show`: the mistakes of a policy file, and what it comes to. */
import { readFileSync } from 'node:fs';
import { policiesOf } from '@desist/assembly';
import { writePolicy } from '@desist/contracts';
import type { PolicySet } from '@desist/domain';
import { CommandError, EXIT } from '../exit.ts';

/** The file's policies; the defaults without one. @throws ConfigError with every mistake. */
export function policiesFrom(file: string | undefined): PolicySet {
  const path = file ?? process.env['DESIST_POLICY'];
  if (path === undefined || path === '') return policiesOf(undefined);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(EXIT.missing, `${path} can not be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return policiesOf(text, path);
}

export function runPolicyCheck(file: string | undefined, { json }: { readonly json: boolean }): void {
  const { version, tenants } = policiesFrom(file);
  if (json) console.log(JSON.stringify({ version, tenants: [...tenants.keys()] }));
  else console.log(`no mistakes; version ${version}${tenants.size === 0 ? '' : `, ${tenants.size} tenants with policies of their own`}`);
}

export function runPolicyShow(file: string | undefined): void {
  const policies = policiesFrom(file);
  console.log(`# version ${policies.version}`);
  process.stdout.write(writePolicy(policies));
}
