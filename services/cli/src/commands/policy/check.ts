/** `desist policy check`: the mistakes of a policy file, and what its own rules change. */
import { shadowDifferences } from '@desist/contracts';
import { classifierOf, classify } from '@desist/verdicts';
import type { Rule } from '@desist/verdicts';
import { defineCommand, JSON_OPTION } from '../../command.ts';
import { policiesFrom } from '../../policies.ts';
import { shippedReplies } from '../../replies.ts';
import { shadowLines } from '../../shadow-policy.ts';
import { say, sayJson } from '../../terminal.ts';

export const command = defineCommand({
  name: 'policy check',
  section: 'Services and set-up',
  summary: 'check a policy file: print every mistake, and the effect of its own rules',
  operands: { name: 'FILE', summary: 'default DESIST_POLICY', least: 0, most: 1 },
  options: JSON_OPTION,
  examples: ['desist policy check policy.yaml'],
  run: ({ operands: [file], options: { json } }) => checkPolicy(file, json),
});

async function checkPolicy(file: string | undefined, json: boolean): Promise<void> {
  const policies = await policiesFrom(file);
  const { version, tenants, rules = [], shadow } = policies;
  const changes = rules.length === 0 ? [] : changesBy(rules);
  if (json) {
    const differences = shadowDifferences(policies)?.map(({ path, from, to }) => ({ path, from, to }));
    const beside = shadow === undefined ? null : { name: shadow.name, version: shadow.version, changes: differences };
    sayJson({ version, tenants: [...tenants.keys()], rules: rules.map(({ name }) => name), changes, shadow: beside });
    return;
  }
  say(`no mistakes; version ${version}${tenants.size === 0 ? '' : `, ${tenants.size} tenants with their own policies`}`);
  const lines = shadowLines(policies);
  if (lines.length > 0) say(...lines);
  if (rules.length === 0) return;
  say(`${rules.length} own rules; of the ${shippedReplies().length} replies that ship with Desist they change ${changes.length}:`);
  for (const { reply, from, to } of changes)
    say(`  ${from.category} (${from.attribution}) => ${to.category} (${to.attribution}, ${to.rule})  ${reply}`);
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
