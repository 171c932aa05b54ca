/** `desist policy show`: what a policy file comes to, every value written out. */
import { writePolicy } from '@desist/contracts';
import { defineCommand } from '../../command.ts';
import { policiesFrom } from '../../policies.ts';
import { shadowLines } from '../../shadow-policy.ts';
import { say } from '../../terminal.ts';

export const command = defineCommand({
  name: 'policy show',
  section: 'Services and set-up',
  summary: 'print a policy file with every value, defaults included, and where its shadow policy differs',
  operands: { name: 'FILE', summary: 'default DESIST_POLICY, otherwise the built-in defaults', least: 0, most: 1 },
  options: {},
  examples: ['desist policy show policy.yaml'],
  run: async ({ operands: [file] }) => {
    const policies = await policiesFrom(file);
    const comments = [`version ${policies.version}`, ...shadowLines(policies)];
    say(...comments.map((line) => `# ${line}`), ...writePolicy(policies).trimEnd().split('\n'));
  },
});
