/**
 * Why a recipient is in its state: every fact that is kept, and what it did. Folding only the facts that are listed as
 * counted or deciding gives the same state.
 */
import type { FoldContext, Recipient } from './fold.ts';
import { run } from './fold.ts';
import type { Role, Transition, VoidedBy } from './machine.ts';
import { newMachine } from './machine.ts';
import type { ContrastAnswer, Fact } from './types.ts';
import type { Policy, TenantPolicy } from '../policy/policy.ts';
import { viewOf } from './view.ts';
import type { RecipientView } from './view.ts';

export interface ExplainedFact {
  readonly fact: Fact;
  readonly role: Role;
  /** It counted once, and something made it void since. */
  readonly voidedBy: VoidedBy | null;
  /** In plain words, for the facts that did not count. */
  readonly why: string | null;
}

export interface Explanation {
  readonly view: RecipientView;
  readonly facts: readonly ExplainedFact[];
  /** Everything that happened, in order, as the kept facts tell it. */
  readonly transitions: readonly Transition[];
  /** What would change the state, in plain words. */
  readonly whatWouldChangeIt: readonly string[];
}

export function explain(r: Recipient, context: FoldContext): Explanation {
  const { policies } = context;
  const facts: { fact: Fact; role: Role; voidedBy: VoidedBy | null }[] = [];
  const transitions: Transition[] = [];
  const machine = newMachine(
    (stream) => policies.streams.get(stream) ?? policies.base,
    (transition) => transitions.push(transition),
    {
      fact(fact, role) {
        // A second time when its window has closed.
        const known = facts.find((one) => one.fact === fact);
        if (known === undefined) facts.push({ fact, role, voidedBy: null });
        else Object.assign(known, { role, voidedBy: null });
      },
      voided(by) {
        for (const one of facts) if (one.role === 'counted' || (one.role === 'waiting' && by !== 'lapse')) one.voidedBy ??= by;
      },
    },
    context.contrast,
  );
  run(r.facts, r.clock, machine);
  const view = viewOf(r, context);
  return {
    view,
    facts: facts.map((one) => ({ ...one, why: whyNot(one, policies) })),
    transitions,
    whatWouldChangeIt: outlook(view),
  };
}

function whyNot({ fact, role, voidedBy }: Omit<ExplainedFact, 'why'>, { base, streams }: TenantPolicy): string | null {
  if (role === 'while_suppressed') return 'came while suppressed: kept for the record, extends nothing';
  if (role === 'no_effect') return 'changed nothing';
  if (role === 'counted' || (role === 'waiting' && voidedBy !== null)) return voidedBy === null ? null : VOIDED[voidedBy];
  if (fact.kind !== 'failure') return null;
  if (role === 'held_back') return `held back: part of incident ${fact.incident ?? ''}, many recipients failed together`;
  if (role === 'waiting') return WAITING;
  if (role !== 'not_counted') return null;
  if (fact.contrast !== undefined) return noContrast(fact.contrast, base);
  const { attribution, category } = fact.judged.verdict;
  if (category === 'upstream_suppressed') return "an echo of somebody else's list: no new evidence";
  if (category === 'recipient_rate_limited') return 'the mailbox gets mail, only too much of it: it never counts';
  if ((streams.get(fact.stream) ?? base).attribution[category] !== undefined) return BY_POLICY;
  switch (attribution) {
    case 'sender':
      return `${category} is the sender's own problem: it never counts`;
    case 'message':
      return `${category} is about the message: it never counts`;
    case 'local':
      return `${category} was said by the sending side: it never counts`;
    case 'greylisting':
      return 'greylisting: the server asks to try again';
    case 'system':
    case 'unknown':
    case 'recipient':
      return `${category} says nothing about the mailbox: it never counts`;
    default:
      attribution satisfies never;
      return null;
  }
}

const BY_POLICY = 'the policy says that it does not count';
const WAITING = 'by contrast: counts if it shows, when its window has closed, that the same provider accepted mail for others';

function noContrast({ deliveries, failing }: ContrastAnswer, { contrast }: Policy): string {
  const share = failing === 0 ? 0 : failing / (failing + deliveries);
  const figures = `${deliveries} deliveries, ${failing} failing recipients`;
  return share >= contrast.failingShare
    ? `did not count: the provider was failing for ${Math.round(100 * share)} % of recipients (${figures})`
    : `did not count: the provider delivered too little to compare with (${figures})`;
}

const VOIDED: Readonly<Record<VoidedBy, string>> = {
  delivered: 'void: a later message was delivered',
  release: 'void: an operator released the recipient',
  expiry: 'void: the suppression that it led to has expired',
  lapse: 'void: the streak ended, nothing failed for too long',
};

function outlook(view: RecipientView): readonly string[] {
  const lines: string[] = [];
  for (const { reason, scope, expiresAt } of view.suppressions) {
    const where = scope === '*' ? '' : ` of stream ${scope}`;
    const until = expiresAt === null ? '' : `; ends by itself at ${timeOf(expiresAt)}`;
    lines.push(`${reason}${where}: ${ENDS[reason]}${until}`);
  }
  if (view.suppressAt !== null) lines.push(`suppressed at ${timeOf(view.suppressAt)} unless something is delivered before`);
  else if (view.streak !== null && view.suppressions.length === 0) {
    lines.push('not on its way to a suppression: the evidence is too thin or too old; a delivery ends the streak');
  }
  return lines;
}

const ENDS: Readonly<Record<RecipientView['suppressions'][number]['reason'], string>> = {
  persistent_deferral: 'a delivery or `release` ends it',
  hard_bounce: "another message's delivery or `release` ends it",
  complaint: 'only `release` with force ends it',
  unsubscribe: 'only `release` with force ends it',
  operator: '`release` ends it',
};

const DAY_MS = 86_400_000;

/** RFC 3339 without the host's Date: civil date from days since the epoch (proleptic Gregorian calendar). */
function timeOf(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const year = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const civilMonth = month < 10 ? month + 3 : month - 9;
  const civilYear = year + era * 400 + (civilMonth <= 2 ? 1 : 0);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `${two(Math.floor(rest / 3_600_000))}:${two(Math.floor(rest / 60_000) % 60)}:${two(Math.floor(rest / 1000) % 60)}`;
  return `${String(civilYear).padStart(4, '0')}-${two(civilMonth)}-${two(day)}T${time}.${String(rest % 1000).padStart(3, '0')}Z`;
}
