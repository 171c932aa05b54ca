/** `desist policy check`: the mistakes of a policy file, and what its own rules change. */
import { classifierOf, classify } from '@desist/verdicts';
import type { Rule } from '@desist/verdicts';
import { defineCommand, JSON_OPTION } from '../../command.ts';
import { policiesFrom } from '../../policies.ts';
import { shippedReplies } from '../../replies.ts';
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
  const { version, tenants, rules = [] } = await policiesFrom(file);
  const changes = rules.length === 0 ? [] : changesBy(rules);
  if (json) {
    sayJson({ version, tenants: [...tenants.keys()], rules: rules.map(({ name }) => name), changes });
    return;
  }
  say(`no mistakes; version ${version}${tenants.size === 0 ? '' : `, ${tenants.size} tenants with their own policies`}`);
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
