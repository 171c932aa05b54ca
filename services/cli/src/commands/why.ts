/** `desist why`: state, what counted and what did not, and what would change it. */
import { CATEGORY_KNOWLEDGE, hintsIn, providerIn } from '@desist/domain';
import type { Category } from '@desist/domain';
import { hintLines, knowledgeFor, knowledgeLines } from '../advice.ts';
import type { Client } from '../client.ts';
import { queryOf } from '../client.ts';

interface Why {
  readonly tenant: string;
  readonly address: string;
  readonly state: string;
  readonly policy: string;
  readonly suppressions: readonly {
    readonly scope: string;
    readonly reason: string;
    readonly since: string;
    readonly expiresAt: string | null;
  }[];
  readonly facts: readonly {
    readonly at: string;
    readonly type: string;
    readonly role: string;
    readonly why: string | null;
    readonly rule?: string | null;
    readonly category?: string | null;
    readonly reply?: string | null;
  }[];
  readonly transitions: readonly { readonly type: string; readonly at: string; readonly from: string; readonly to: string }[];
  readonly whatWouldChangeIt: readonly string[];
}

export async function runWhy(
  client: Client,
  address: string,
  options: { readonly tenant?: string; readonly json: boolean },
): Promise<void> {
  const found = (await client.get(`/v1/recipients/${encodeURIComponent(address)}/why${queryOf({ tenant: options.tenant })}`)) as Why;
  if (options.json) console.log(JSON.stringify(found));
  else printWhy(found);
}

function printWhy({ address, state, policy, suppressions, facts, transitions, whatWouldChangeIt }: Why): void {
  console.log(`${address} is ${state}  (policy ${policy.slice(0, 19)})`);
  for (const { scope, reason, since, expiresAt } of suppressions) {
    const until = expiresAt === null ? 'until released' : `until ${expiresAt}`;
    console.log(`  suppressed: ${reason}, ${scope === '*' ? 'all streams' : `stream ${scope}`}, since ${since}, ${until}`);
  }
  if (facts.length === 0) console.log('  nothing is known against it');
  for (const { at, type, role, why, rule, reply } of facts) {
    const what = `${type}${reply == null ? '' : `  ${reply}`}${rule == null ? '' : `  [${rule}]`}`;
    console.log(`  ${at}  ${role.padEnd(16)} ${what}${why === null ? '' : `  (${why})`}`);
  }
  for (const line of lastReplyLines(facts)) console.log(line);
  for (const { type, at, from, to } of transitions) console.log(`  ${at}  => ${type}: ${from} to ${to}`);
  for (const line of whatWouldChangeIt) console.log(`  next: ${line}`);
}

/** What the latest reply means and what to do about it. */
function lastReplyLines(facts: Why['facts']): readonly string[] {
  const last = facts.findLast(({ category }) => category != null && category in CATEGORY_KNOWLEDGE);
  if (last?.category == null) return [];
  const reply = last.reply ?? '';
  const code = /^\d{3}(?: \d\.\d+\.\d+)?/.exec(reply)?.[0];
  const knowledge = knowledgeFor(last.category as Category, code, providerIn(reply));
  return [`  the latest reply is ${last.category}:`, ...knowledgeLines(knowledge), ...hintLines(hintsIn(reply))];
}
