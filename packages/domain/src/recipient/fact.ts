/** From an event and its verdict to what is kept of it; and the one order in which facts are folded. */
import type { Command, DeliveryEvent, LogEvent } from '../event.ts';
import { isCommand } from '../event.ts';
import type { Policy } from '../policy/policy.ts';
import type { Attribution, Verdict } from '@desist/verdicts';
import { categoryInfo, isHardBounce } from '@desist/verdicts';
import { sourceOf } from './classify.ts';
import type { AmendFact, CommandFact, EngagedFact, Fact, FailureFact, ClassifiedReply, SuppressionReason } from './types.ts';

/**
 * The fact that an event leaves behind; undefined when it is none: `accepted` says nothing about the mailbox, `rejected`
 * is the platform's own list, an event that is not certain to be about this recipient proves nothing, `forget` is handled before
 * the fold. `classify` is called for failures only.
 */
export function factOf(event: LogEvent, classify: (event: DeliveryEvent) => ClassifiedReply): Fact | undefined {
  if (isCommand(event)) return commandFact(event);
  if (event.certain === false) return undefined;
  const { id, stream, type } = event;
  const at = event.occurredAt;
  switch (type) {
    case 'deferred':
    case 'bounced':
    case 'expired': {
      const classified = classify(event);
      const message = event.messageId ?? null;
      const causeUnknown = type === 'expired' && (event.smtp === undefined || saysOnlyThatTimeRanOut(classified.verdict));
      return { kind: 'failure', type, at, id, stream, message, classified, causeUnknown, merged: 0 };
    }
    case 'delivered':
      return { kind: 'delivered', at, id, stream, message: event.messageId ?? null };
    case 'engaged': {
      const { kind, messageId = null } = event;
      // Decoders let none pass that does not say how.
      return kind === undefined ? undefined : { kind: type, engagement: kind, at, id, stream, message: messageId, ...sourceOf(event) };
    }
    case 'complained':
    case 'unsubscribed':
      return { kind: type, at, id, stream, ...sourceOf(event) };
    case 'accepted':
    case 'rejected':
      return undefined;
    default:
      unreachable(type);
      return undefined;
  }
}

/** A switch that omits a case does not compile. */
function unreachable(_: never): void {
  // Never called.
}

/** Characters of an operator's note that are kept. */
const NOTE_LIMIT = 300;

function commandFact(command: Command): CommandFact | AmendFact | undefined {
  const { type, id, scope, expiresAt, subdomains, reason } = command;
  if (type === 'forget') return undefined;
  const at = command.occurredAt;
  const force = command.force === true;
  const by = command.by ?? null;
  const note = command.note === undefined ? {} : { note: command.note.slice(0, NOTE_LIMIT) };
  if (type === 'amend') {
    return {
      ...{ kind: type, at, id, scope, force, by },
      ...(reason === undefined ? {} : { reason }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...note,
      ...(subdomains === undefined ? {} : { subdomains }),
    };
  }
  return {
    ...{ kind: type, at, id, scope, expiresAt: expiresAt ?? null, force, by },
    ...note,
    ...sourceOf(command),
    ...(subdomains === true ? { subdomains } : {}),
  };
}

function saysOnlyThatTimeRanOut(verdict: Verdict): boolean {
  return verdict.category === 'expired' || verdict.attribution === 'local';
}

const RANK: Readonly<Record<Fact['kind'], number>> = {
  failure: 0,
  delivered: 1,
  engaged: 2,
  complained: 3,
  unsubscribed: 3,
  suppress: 4,
  release: 4,
  allow: 4,
  disallow: 4,
  amend: 4,
};

/** By time; ties: failures, delivered, engaged, complaint and unsubscribe, commands; then event id. */
export function compareFacts(a: Fact, b: Fact): number {
  if (a.at !== b.at) return a.at - b.at;
  const rank = RANK[a.kind] - RANK[b.kind];
  if (rank !== 0) return rank;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Where the fact belongs in the sorted list: the number of facts before it. */
export function positionOf(facts: readonly Fact[], fact: Fact): number {
  let low = 0;
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareFacts(facts[middle] as Fact, fact) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whose fault it is, as the policy sees it. */
export function attributionOf(policy: Policy, { category, attribution }: Verdict): Attribution {
  return policy.attribution[category] ?? attribution;
}

/** `greylisting`: never within its window, by contrast later. */
export type Weight = 'counts' | 'by_contrast' | 'greylisting' | 'never';

/** Does this failure count against the recipient? */
export function weightOf(policy: Policy, verdict: Verdict): Weight {
  const { category } = verdict;
  // An echo of somebody's own list, and a mailbox that gets mail: whatever a policy says.
  if (category === 'upstream_suppressed' || category === 'recipient_rate_limited') return 'never';
  const attribution = attributionOf(policy, verdict);
  switch (attribution) {
    case 'recipient':
      return 'counts';
    case 'greylisting':
      return 'greylisting';
    case 'system':
    case 'unknown':
      return policy.attribution[category] === undefined && categoryInfo(category).streak === 'never' ? 'never' : 'by_contrast';
    case 'sender':
    case 'message':
    case 'local':
      return 'never';
    default:
      unreachable(attribution);
      return 'never';
  }
}

/**
 * What an `engaged` event voids. A click and a reply need a message that arrived, so they do what a delivery does; whoever signs in or confirms
 * may do so with an address that is dead for mail.
 */
export type Voids = 'everything' | 'all_but_hard_bounces' | 'nothing';

export function voidedByEngagement(policy: Pick<Policy, 'engagement'>, { engagement }: Pick<EngagedFact, 'engagement'>): Voids {
  switch (engagement) {
    case 'reply':
      return 'everything';
    case 'login':
    case 'confirmed':
      return 'all_but_hard_bounces';
    case 'click':
      return policy.engagement.clicks ? 'everything' : 'nothing';
    default:
      unreachable(engagement);
      return 'nothing';
  }
}

/** Whether a suppression of this reason, if failures led to it, is among what is void then. */
export function isVoided(reason: SuppressionReason, voids: Voids): boolean {
  return voids === 'everything' || (voids === 'all_but_hard_bounces' && reason !== 'hard_bounce');
}

/** `bounced`, permanent, the recipient's fault, and one of the categories that do not heal. */
export function isHard(policy: Policy, fact: FailureFact): boolean {
  if (fact.type !== 'bounced') return false;
  const { verdict } = fact.classified;
  return attributionOf(policy, verdict) === 'recipient' && isHardBounce(verdict);
}
