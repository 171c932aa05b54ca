/** `desist why`: state, what counted and what did not, and what would change it. */
import { readFileSync } from 'node:fs';
import { CATEGORY_KNOWLEDGE, hintsIn, providerIn } from '@desist/domain';
import type { Category } from '@desist/domain';
import { hintLines, knowledgeFor, knowledgeLines } from '../advice.ts';
import type { Client } from '../client.ts';
import { queryOf } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import { paint, printable, table } from '../terminal.ts';

interface Terms {
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
}

interface Why {
  readonly tenant: string;
  readonly address: string;
  readonly state: string;
  readonly policy: string | null;
  readonly streak: {
    readonly startedAt: string;
    readonly lastFailureAt: string | null;
    readonly failures: number;
    readonly messages: number;
  } | null;
  readonly suppressAt: string | null;
  readonly advice: string | null;
  readonly suppressions: readonly Terms[];
  readonly allowed: readonly { readonly scope: string; readonly expiresAt: string | null }[];
  readonly facts: readonly {
    readonly at: string;
    readonly type: string;
    readonly role: string;
    readonly counts: boolean;
    readonly why: string | null;
    readonly rule?: string | null;
    readonly category?: string | null;
    readonly reply?: string | null;
    readonly by?: string | null;
    readonly note?: string | null;
    readonly merged?: number;
    /** Held back by it. */
    readonly incident?: string | null;
  }[];
  readonly transitions: readonly {
    readonly type: string;
    readonly at: string;
    readonly from: string;
    readonly to: string;
    readonly cause: string;
  }[];
  readonly whatWouldChangeIt: readonly string[];
  readonly refold: { readonly state: string; readonly agrees: boolean } | null;
  readonly underPolicy?: {
    readonly state: string;
    readonly suppressions: readonly Terms[];
    readonly suppressAt: string | null;
    readonly alters: readonly string[];
  };
}

interface Change {
  readonly recipientVersion: number;
  readonly type: string;
  readonly effectiveAt: string;
  readonly cause: string;
  readonly state: { readonly from: string; readonly to: string };
  readonly suppression: Terms | null;
  /** The incident that brought it about, or whose undoing did. */
  readonly incident?: string;
}

export interface WhyOptions {
  readonly tenant?: string;
  /** A policy file: what it would alter. */
  readonly policy?: string;
  /** Every published change, too. */
  readonly history: boolean;
  readonly json: boolean;
}

export async function runWhy(client: Client, address: string, options: WhyOptions): Promise<void> {
  const { tenant, policy, json } = options;
  const path = `/v1/recipients/${encodeURIComponent(address)}`;
  const found = (await (policy === undefined
    ? client.get(`${path}/why${queryOf({ tenant })}`)
    : client.post(`${path}/why`, { tenant, policy: textOf(policy) }))) as Why;
  if (json) console.log(JSON.stringify(found));
  else printWhy(found);
  if (!options.history) return;
  let cursor: string | null = null;
  do {
    const page = (await client.get(`${path}/history${queryOf({ tenant, limit: '1000', cursor: cursor ?? undefined })}`)) as {
      items: readonly Change[];
      cursor: string | null;
    };
    if (json) for (const change of page.items) console.log(JSON.stringify(change));
    else if (page.items.length > 0)
      console.log(`\n${table(['CHANGE', 'TYPE', 'AT', 'CAUSE', 'FROM', 'TO', 'SUPPRESSION'], page.items.map(changeCells))}`);
    cursor = page.cursor;
  } while (cursor !== null);
}

function changeCells({ recipientVersion, type, effectiveAt, cause, state, suppression, incident }: Change): readonly string[] {
  const what = suppression === null ? '' : `${suppression.reason} (${suppression.scope})`;
  const through = incident === undefined ? cause : `${cause}, incident ${incident}`;
  return [String(recipientVersion), type, effectiveAt, through, state.from, state.to, what];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new CommandError(EXIT.missing, `--policy: ${file} can not be read`);
  }
}

function printWhy(why: Why): void {
  const {
    address,
    state,
    policy,
    streak,
    suppressAt,
    advice,
    suppressions,
    allowed,
    facts,
    transitions,
    whatWouldChangeIt,
    refold,
    underPolicy,
  } = why;
  console.log(
    `${paint('bold', address)} is ${paint(state === 'suppressed' ? 'red' : 'bold', state)}${policy === null ? '' : `  (policy ${policy.slice(0, 19)})`}`,
  );
  for (const { scope, reason, since, expiresAt } of suppressions) {
    const until = expiresAt === null ? 'until released' : `until ${expiresAt}`;
    console.log(`  suppressed: ${reason}, ${scope === '*' ? 'all streams' : `stream ${scope}`}, since ${since}, ${until}`);
  }
  for (const { scope, expiresAt } of allowed)
    console.log(
      `  allowed: ${scope === '*' ? 'all streams' : `stream ${scope}`}, ${expiresAt === null ? 'for good' : `until ${expiresAt}`}`,
    );
  if (streak !== null)
    console.log(
      `  streak: ${streak.failures} failures of ${streak.messages} messages since ${streak.startedAt}, the last at ${String(streak.lastFailureAt)}`,
    );
  if (suppressAt !== null) console.log(`  will be suppressed at ${suppressAt} if nothing changes`);
  if (advice !== null) console.log(`  advice: ${advice}`);
  if (facts.length === 0) console.log('  nothing is known against it');
  for (const { at, type, role, counts, why: reason, rule, reply, by, note, merged } of facts) {
    const who = by == null ? '' : `  by ${by}${note == null ? '' : `: ${note}`}`;
    const what = `${type}${reply == null ? '' : `  ${reply}`}${rule == null ? '' : `  [${rule}]`}${who}${merged === undefined ? '' : `  (and ${merged} like it before)`}`;
    const line = `  ${at}  ${role.padEnd(16)} ${printable(what)}${reason === null ? '' : `  (${reason})`}`;
    console.log(counts || role === 'decided' ? line : paint('dim', line));
  }
  for (const line of heldBackLines(facts)) console.log(line);
  for (const line of lastReplyLines(facts)) console.log(line);
  for (const { type, at, from, to, cause } of transitions) console.log(`  ${at}  => ${type}: ${from} to ${to} (${cause})`);
  for (const line of whatWouldChangeIt) console.log(`  next: ${line}`);
  if (refold?.agrees === false) console.log(`  the policy in force now says ${refold.state}: it is applied when the clock moves`);
  if (underPolicy !== undefined) {
    console.log(
      `  under that policy: ${underPolicy.state}${underPolicy.suppressAt === null ? '' : `, suppressed at ${underPolicy.suppressAt} if nothing changes`}`,
    );
    for (const line of underPolicy.alters) console.log(`    ${line}`);
    if (underPolicy.alters.length === 0) console.log('    it alters nothing');
  }
}

function heldBackLines(facts: Why['facts']): readonly string[] {
  const held = facts.filter(({ role }) => role === 'held_back');
  if (held.length === 0) return [];
  const ids = [...new Set(held.flatMap(({ incident }) => incident ?? []))];
  const where = (ids.length === 0 ? ['ID'] : ids).map((id) => `desist incident show ${id}`);
  return [`  held back: ${held.length} of these failures, because of an incident: ${where.join(', ')}`];
}

/** What the latest reply means and what to do about it; what an incident holds back says nothing about this recipient. */
function lastReplyLines(facts: Why['facts']): readonly string[] {
  const last = facts.findLast(({ category, role }) => category != null && category in CATEGORY_KNOWLEDGE && role !== 'held_back');
  if (last?.category == null) return [];
  const reply = last.reply ?? '';
  const code = /^\d{3}(?: \d\.\d+\.\d+)?/.exec(reply)?.[0];
  const knowledge = knowledgeFor(last.category as Category, code, providerIn(reply));
  return [`  the latest reply is ${last.category}:`, ...knowledgeLines(knowledge), ...hintLines(hintsIn(reply))];
}
