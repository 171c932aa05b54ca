/** Prints why a recipient is in its state, for a running service and for a replay. */
import { ENGAGEMENTS } from '@desist/contracts/explanation';
import { CATEGORY_KNOWLEDGE, hintsIn, knowledgeFor, providerIn } from '@desist/verdicts';
import type { Category } from '@desist/verdicts';
import { hintLines, knowledgeLines } from './advice.ts';
import { paint } from './terminal.ts';

export interface Terms {
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
  readonly createdBy?: string | null;
  readonly note?: string | null;
  readonly source?: string | null;
  readonly subdomains?: boolean;
  /** The entry of a domain that it is. */
  readonly entry?: string;
}

export interface Why {
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
  /** Suppressions of an erased recipient with this address. */
  readonly erased?: readonly Terms[];
  /** Of its domain and of those above it. */
  readonly domains?: readonly Terms[];
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
    /** Of `engaged`: how, and what it did. */
    readonly kind?: string;
    readonly effect?: string | null;
    /** Id of the incident that holds it back. */
    readonly incident?: string | null;
  }[];
  readonly transitions: readonly {
    readonly type: string;
    readonly at: string;
    readonly from: string;
    readonly to: string;
    readonly cause: string;
    /** Of the cause `engaged`: how. */
    readonly engagement?: string;
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

/** The state, every fact that is kept, and what would change the state, one line each. */
export function whyLines(why: Why): readonly string[] {
  const {
    address,
    state,
    policy,
    streak,
    suppressAt,
    advice,
    suppressions,
    erased = [],
    domains = [],
    allowed,
    facts,
    transitions,
    whatWouldChangeIt,
    refold,
    underPolicy,
  } = why;
  const lines = [
    `${paint('bold', address)} is ${paint(state === 'suppressed' ? 'red' : 'bold', state)}${policy === null ? '' : `  (policy ${policy.slice(0, 19)})`}`,
    ...suppressions.map((terms) => `  suppressed: ${termsLine(terms)}`),
    ...domains.map(
      (terms) => `  blocked by ${terms.entry ?? ''}: ${termsLine(terms)}; \`desist why ${terms.entry ?? ''}\` explains that entry`,
    ),
    ...erased.map(
      (terms) => `  suppressed: ${termsLine(terms)}; of an erased recipient with this address, of which only a keyed hash is stored`,
    ),
    ...allowed.map(({ scope, expiresAt }) => `  allowed: ${streamsOf(scope)}, ${expiresAt === null ? 'for good' : `until ${expiresAt}`}`),
  ];
  if (streak !== null)
    lines.push(
      `  streak: ${streak.failures} failures of ${streak.messages} messages since ${streak.startedAt}, the last at ${String(streak.lastFailureAt)}`,
    );
  if (suppressAt !== null) lines.push(`  will be suppressed at ${suppressAt} if nothing changes`);
  if (advice !== null) lines.push(`  advice: ${advice}`);
  if (facts.length === 0) lines.push(erased.length === 0 ? '  no event that counts against it is kept' : '  its events were erased');
  lines.push(...facts.map(factLine), ...heldBackLines(facts), ...lastReplyLines(facts));
  lines.push(...transitions.map(transitionLine));
  lines.push(...whatWouldChangeIt.map((line) => `  next: ${line}`));
  if (refold?.agrees === false)
    lines.push(`  under the current policy the state is ${refold.state}: it will be applied when the clock advances`);
  if (underPolicy !== undefined) lines.push(...underPolicyLines(underPolicy));
  return lines;
}

function termsLine({ scope, reason, since, expiresAt, createdBy, note, source, subdomains }: Terms): string {
  const parts = [
    `${reason}, ${streamsOf(scope)}, since ${since}, ${expiresAt === null ? 'until released' : `until ${expiresAt}`}`,
    ...(subdomains === true ? ['also for the domains below it'] : []),
    ...(createdBy == null ? [] : [`by ${createdBy}`]),
    ...(source == null ? [] : [`from ${source}`]),
    ...(note == null ? [] : [`note: ${note}`]),
  ];
  return parts.join(', ');
}

const streamsOf = (scope: string): string => (scope === '*' ? 'all streams' : `stream ${scope}`);

function factLine({ at, type, role, counts, why, rule, reply, by, note, merged, kind, effect }: Why['facts'][number]): string {
  const who = by == null ? '' : `  by ${by}${note == null ? '' : `: ${note}`}`;
  const more = merged === undefined ? '' : `  (and ${merged} similar ones before)`;
  const did = effect == null ? '' : `, ${effect}`;
  const what = `${kind === undefined ? type : `${engagementText(kind)}${did}`}${reply == null ? '' : `  ${reply}`}${rule == null ? '' : `  [${rule}]`}${who}${more}`;
  const line = `  ${at}  ${roleText(role).padEnd(16)} ${what}${why === null ? '' : `  (${why})`}`;
  return counts || role === 'decided' ? line : paint('dim', line);
}

/** What the recipient did; a kind that is not known here as it is. */
function engagementText(kind: string): string {
  return (ENGAGEMENTS as Readonly<Record<string, string>>)[kind] ?? kind;
}

/** What a fact did, in words; a role that is not known here as it is. */
const ROLES: Readonly<Record<string, string>> = {
  counted: 'counts',
  waiting: 'not yet known',
  held_back: 'held back',
  hard_bounce: 'hard bounce',
  not_counted: 'does not count',
  while_suppressed: 'suppressed then',
  no_effect: 'no effect',
};

const roleText = (role: string): string => ROLES[role] ?? role;

const CAUSES: Readonly<Record<string, string>> = {
  event: 'an event',
  deadline: 'a deadline passed',
  delivered: 'mail was delivered',
  engaged: 'the recipient showed that somebody is there',
  expiry: 'the suppression expired',
  lapse: 'nothing failed for a long time',
  operator: 'an operator',
  correction: 'events that came late',
};

/** `at_risk` leaves the state as it is. */
export function transitionLine({ type, at, from, to, cause, engagement }: Why['transitions'][number]): string {
  const [now, before] = [to, from].map((state) => state.replaceAll('_', ' '));
  const change = now === before ? `still ${String(now)}` : `was ${String(before)}`;
  return `  ${at}  => ${type.replaceAll('_', ' ')} (${change}): ${engagement === undefined ? (CAUSES[cause] ?? cause) : `the recipient ${engagementText(engagement)}`}`;
}

function underPolicyLines({ state, suppressAt, alters }: NonNullable<Why['underPolicy']>): readonly string[] {
  const deadline = suppressAt === null ? '' : `, suppressed at ${suppressAt} if nothing changes`;
  return [
    `  under that policy: ${state}${deadline}`,
    ...(alters.length === 0 ? ['    nothing would change'] : alters.map((line) => `    ${line}`)),
  ];
}

function heldBackLines(facts: Why['facts']): readonly string[] {
  const heldBack = facts.filter(({ role }) => role === 'held_back');
  if (heldBack.length === 0) return [];
  const ids = [...new Set(heldBack.flatMap(({ incident }) => incident ?? []))];
  const where = (ids.length === 0 ? ['ID'] : ids).map((id) => `desist incident show ${id}`);
  return [`  held back: ${heldBack.length} of these failures, because of an incident: ${where.join(', ')}`];
}

/**
 * What the latest reply means and what to do about it. Replies that an incident holds back are skipped: they say nothing about this
 * recipient.
 */
function lastReplyLines(facts: Why['facts']): readonly string[] {
  const last = facts.findLast(({ category, role }) => category != null && category in CATEGORY_KNOWLEDGE && role !== 'held_back');
  if (last?.category == null) return [];
  const reply = last.reply ?? '';
  const code = /^\d{3}(?: \d\.\d+\.\d+)?/.exec(reply)?.[0];
  const knowledge = knowledgeFor(last.category as Category, code, providerIn(reply));
  return [`  the latest reply is ${last.category}:`, ...knowledgeLines(knowledge), ...hintLines(hintsIn(reply))];
}
