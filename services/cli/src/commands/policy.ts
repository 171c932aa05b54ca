/** `desist policy check|show`: the mistakes of a policy file, and what it comes to. */
import { readFileSync } from 'node:fs';
import { policiesOf } from '@desist/assembly';
import { writePolicy } from '@desist/contracts';
import { classifierOf, classify } from '@desist/domain';
import type { PolicySet, Rule } from '@desist/domain';
import { CommandError, EXIT } from '../exit.ts';
import { shippedReplies } from '../replies.ts';

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
  const { version, tenants, rules = [] } = policiesFrom(file);
  const changes = rules.length === 0 ? [] : changesBy(rules);
  if (json) {
    console.log(JSON.stringify({ version, tenants: [...tenants.keys()], rules: rules.map(({ name }) => name), changes }));
    return;
  }
  console.log(`no mistakes; version ${version}${tenants.size === 0 ? '' : `, ${tenants.size} tenants with policies of their own`}`);
  if (rules.length === 0) return;
  console.log(`${rules.length} own rules; of the ${shippedReplies().length} replies that ship with Desist they change ${changes.length}:`);
  for (const { reply, from, to } of changes)
    console.log(`  ${from.category} (${from.attribution}) => ${to.category} (${to.attribution}, ${to.rule})  ${reply}`);
}

interface ChangedVerdict {
  readonly reply: string;
  readonly from: Shown;
  readonly to: Shown;
}
type Shown = Pick<ReturnType<typeof classify>, 'category' | 'attribution' | 'rule'>;

/** What own rules do to the replies that ship with the project. */
function changesBy(rules: readonly Rule[]): readonly ChangedVerdict[] {
  const own = classifierOf(rules);
  const shown = ({ category, attribution, rule }: Shown): Shown => ({ category, attribution, rule });
  return shippedReplies().flatMap((reply) => {
    const from = classify(reply);
    const to = own.classify(reply);
    return from.category === to.category && from.attribution === to.attribution
      ? []
      : [{ reply: reply.text, from: shown(from), to: shown(to) }];
  });
}

export function runPolicyShow(file: string | undefined): void {
  const policies = policiesFrom(file);
  console.log(`# version ${policies.version}`);
  process.stdout.write(writePolicy(policies));
}
