/**
 * The sequential machine of one recipient: facts in order, timers in between.
 *
 *   healthy ──> deferred ──> persistent ──> soft_bounced ──> suppressed
 *      ^            └── delivered, or lapse ──┘  (give-ups are          │
 *      └────────────── released ─────────────── remembered 60 d) <──────┘
 *
 * `apply` takes the next fact, `advance` fires the timers up to a moment. At one instant facts come before timers. The
 * machine is a mutable value owned by one fold; the same facts and clock always leave the same machine behind.
 */
import type { Policy } from '../policy/policy.ts';
import type { Verdict } from '../verdict/index.ts';
import { NO_REPLY, NO_REPLY_PERMANENT } from '../verdict/index.ts';
import type { AskContrast } from './contrast.ts';
import { closingOf } from './contrast.ts';
import { compareFacts, isHard, weightOf } from './fact.ts';
import type {
  Allowance,
  Cause,
  ChangeType,
  CommandFact,
  ContrastAnswer,
  DeliveredFact,
  Evidence,
  Fact,
  FailureFact,
  Judged,
  RecipientStateName,
  Scope,
  SuppressionReason,
  SuppressionTerms,
} from './types.ts';
import { ALL_STREAMS } from './types.ts';

export interface Streak {
  readonly firstAt: number;
  lastAt: number;
  failures: number;
  /** Distinct messages; a missing message id is a message of its own. */
  readonly messages: Set<string>;
  unnamed: number;
  lastJudged: Judged;
  /** Of the stream of the first failure. */
  readonly policy: Policy;
  atRisk: boolean;
}

/** A failure that counts, or that waits for its window to close. */
export interface Counted {
  readonly fact: FailureFact;
  readonly judged: Judged;
  readonly policy: Policy;
  /** `at_risk` was announced of a streak that it belongs to. */
  warned: boolean;
}

export interface Waiting extends Counted {
  readonly closesAt: number;
}

export interface GiveUp {
  readonly at: number;
  readonly message: string | null;
  readonly judged: Judged;
  readonly policy: Policy;
}

export interface ActiveSuppression {
  readonly scope: Scope;
  readonly reason: SuppressionReason;
  readonly since: number;
  expiresAt: number | null;
  /** `hard_bounce` only: the messages that bounced. */
  messages: (string | null)[];
  readonly evidence: Evidence | null;
}

export interface Transition {
  readonly type: Exclude<ChangeType, 'corrected'>;
  readonly at: number;
  readonly cause: Cause;
  readonly from: RecipientStateName;
  readonly to: RecipientStateName;
  readonly suppression: SuppressionTerms | null;
  readonly allowance: Allowance | null;
  readonly evidence: Evidence | null;
}

/** What became of a fact, for explanations: called while facts are applied. */
export interface Witness {
  fact(fact: Fact, role: Role): void;
  /** Everything that counted so far counts no longer. */
  voided(why: VoidedBy): void;
}
export type Role = 'counted' | 'waiting' | 'held_back' | 'hard_bounce' | 'not_counted' | 'while_suppressed' | 'decided' | 'no_effect';
export type VoidedBy = 'delivered' | 'release' | 'expiry' | 'lapse';

export interface Machine {
  /** The partition clock: no window that closes later is closed. */
  clock: number;
  streak: Streak | undefined;
  /** Counted failures since evidence was last voided, by time: what the streak and the give-ups were made of. */
  counted: Counted[];
  /** Failures that count by contrast, while their windows are open. */
  waiting: Waiting[];
  /** What windows answered, to be kept with the facts. */
  answered: { readonly fact: FailureFact; readonly answer: ContrastAnswer }[];
  giveUps: GiveUp[];
  suppressions: ActiveSuppression[];
  allowed: Allowance[];
  /** `persistent_deferral` suppressions since the last delivery. */
  episodes: number;
  /** First and last greylisting since the last reset. */
  greylisting: { readonly first: number; last: number } | undefined;
  /** The verdict of the latest deferral of each message, for `expired` events that have none. */
  readonly deferrals: Map<string, Judged>;
  state: RecipientStateName;
  /** The latest moment that facts or timers were evaluated at. */
  at: number;
  lastTimerAt: number;
  /** Facts were applied at `at`, and what they bring about was not looked at yet. */
  pending: boolean;
  /** ... and one of them joined the streak. */
  joined: boolean;
  readonly policyOf: (stream: string) => Policy;
  readonly emit: (transition: Transition) => void;
  readonly witness: Witness | undefined;
  /** Without it, what is not kept with the facts is not known. */
  readonly ask: AskContrast | undefined;
}

export function newMachine(
  policyOf: (stream: string) => Policy,
  emit: (transition: Transition) => void,
  witness?: Witness,
  ask?: AskContrast,
): Machine {
  return {
    clock: Number.POSITIVE_INFINITY,
    streak: undefined,
    counted: [],
    waiting: [],
    answered: [],
    giveUps: [],
    suppressions: [],
    allowed: [],
    episodes: 0,
    greylisting: undefined,
    deferrals: new Map(),
    state: 'healthy',
    at: Number.NEGATIVE_INFINITY,
    lastTimerAt: Number.NEGATIVE_INFINITY,
    pending: false,
    joined: false,
    policyOf,
    emit,
    witness,
    ask,
  };
}

// ------------------------------------------------------------------------------------------------ facts

/**
 * Applies the next fact in order. The caller has advanced the machine to the millisecond before it. What the facts of one
 * instant bring about by their number and spacing is looked at after the last of them, by `advance` or `look`.
 */
export function apply(m: Machine, fact: Fact): void {
  m.at = Math.max(m.at, fact.at);
  switch (fact.kind) {
    case 'failure':
      applyFailure(m, fact);
      break;
    case 'delivered':
      applyDelivered(m, fact);
      break;
    case 'complained': {
      const policy = m.policyOf(fact.stream);
      const scope = policy.suppression.complaintScope === 'all' ? ALL_STREAMS : fact.stream;
      tell(m, fact, suppress(m, scope, 'complaint', fact.at, null, 'event', null));
      break;
    }
    case 'unsubscribed':
      tell(m, fact, suppress(m, fact.stream, 'unsubscribe', fact.at, null, 'event', null));
      break;
    case 'suppress':
    case 'release':
    case 'allow':
    case 'disallow':
      tell(m, fact, applyCommand(m, fact));
      break;
    default:
      fact satisfies never;
  }
  m.pending = true;
}

function tell(m: Machine, fact: Fact, changed: boolean): void {
  m.witness?.fact(fact, changed ? 'decided' : 'no_effect');
}

function applyFailure(m: Machine, fact: FailureFact): void {
  const policy = m.policyOf(fact.stream);
  const judged = causeOf(m, fact);
  if (fact.type === 'deferred' && fact.message !== null) m.deferrals.set(fact.message, judged);
  if (fact.incident !== undefined) {
    m.witness?.fact(fact, 'held_back');
    return;
  }
  if (isHard(policy, fact)) {
    const scope = judged.verdict.category === 'recipient_refused' ? fact.stream : ALL_STREAMS;
    hardBounce(m, scope, fact);
    m.witness?.fact(fact, 'hard_bounce');
    return;
  }
  const weight = weightOf(policy, judged.verdict);
  if (weight === 'greylisting') noteGreylisting(m, policy, fact.at);
  if (weight === 'never' || (weight === 'greylisting' && !isOverdue(m, policy, fact.at))) {
    m.witness?.fact(fact, 'not_counted');
    return;
  }
  if (isBlocked(m)) {
    m.witness?.fact(fact, 'while_suppressed');
    return;
  }
  const counted: Counted = { fact, judged, policy, warned: false };
  if (weight !== 'counts') {
    m.waiting.push({ ...counted, closesAt: fact.contrast?.closesAt ?? closingOf(policy, fact.at) });
    m.witness?.fact(fact, 'waiting');
    return;
  }
  if (m.streak !== undefined && hasLapsed(m.streak, fact.at)) {
    lapse(m);
    restate(m, fact.at, 'lapse');
  }
  m.counted.push(counted);
  count(m, counted);
  m.joined = true;
  m.witness?.fact(fact, 'counted');
}

/** Later than the window after the first one: no longer taken for greylisting. */
function isOverdue({ greylisting }: Machine, policy: Policy, at: number): boolean {
  return greylisting !== undefined && at - greylisting.first > policy.greylisting.window;
}

/** `expired` without a reply of its own takes the verdict of the message's latest deferral; with none it is unknown. */
function causeOf(m: Machine, fact: FailureFact): Judged {
  if (!fact.causeUnknown) return fact.judged;
  const deferral = fact.message === null ? undefined : m.deferrals.get(fact.message);
  return deferral ?? { ...fact.judged, verdict: NO_CAUSE };
}
const NO_CAUSE: Verdict = { ...NO_REPLY, rule: 'expired_without_deferral' };

function noteGreylisting(m: Machine, policy: Policy, at: number): void {
  if (m.greylisting === undefined || at - m.greylisting.last >= policy.greylisting.renewAfter) {
    m.greylisting = { first: at, last: at };
  } else {
    m.greylisting.last = at;
  }
}

/** The next counted failure in order of time joins the streak, or begins one; a give-up is remembered. */
function count(m: Machine, { fact, judged, policy, warned }: Counted): void {
  if (m.streak !== undefined && hasLapsed(m.streak, fact.at)) m.streak = undefined;
  if (m.streak === undefined) {
    const { at } = fact;
    const messages = new Set<string>();
    m.streak = { firstAt: at, lastAt: at, failures: 1, messages, unnamed: 0, lastJudged: judged, policy, atRisk: warned };
  } else {
    // Of a streak that starts with this fact, what was merged into it is not known to belong to it: it is left out.
    m.streak.failures += 1 + fact.merged;
    m.streak.lastAt = fact.at;
    m.streak.lastJudged = judged;
    m.streak.atRisk ||= warned;
  }
  if (fact.message === null) m.streak.unnamed += 1;
  else m.streak.messages.add(fact.message);
  if (isGiveUp(fact, judged)) rememberGiveUp(m, policy, fact, judged);
}

/** The sender stopped trying, or the source says that it may: without a reply there is nothing else to go by. */
export function isGiveUp(fact: FailureFact, { verdict }: Judged): boolean {
  return fact.type !== 'deferred' || verdict.rule === NO_REPLY_PERMANENT.rule;
}

/**
 * What waits for windows that have closed enters at its own time, if they say so: streak and give-ups are made again of
 * everything that counted since evidence was last voided.
 */
function enterByContrast(m: Machine, now: number): void {
  if (m.waiting.length === 0) return;
  const closed = m.waiting.filter(({ closesAt }) => closesAt <= now);
  if (closed.length === 0) return;
  m.waiting = m.waiting.filter(({ closesAt }) => closesAt > now);
  let entered = false;
  for (const one of closed) {
    const { holds } = answerFor(m, one);
    m.witness?.fact(one.fact, holds ? 'counted' : 'not_counted');
    if (!holds) continue;
    entered = true;
    m.counted.push(one);
  }
  if (entered) countAgain(m);
}

function answerFor(m: Machine, { fact, judged, closesAt }: Waiting): ContrastAnswer {
  if (fact.contrast !== undefined) return fact.contrast;
  const asked = judged.provider === null ? undefined : m.ask?.(judged.provider, closesAt);
  const answer = asked ?? { closesAt, holds: false, deliveries: 0, failing: 0 };
  m.answered.push({ fact, answer });
  return answer;
}

function countAgain(m: Machine): void {
  m.counted.sort((a, b) => compareFacts(a.fact, b.fact));
  m.streak = undefined;
  m.giveUps = [];
  for (const one of m.counted) count(m, one);
  if (m.witness === undefined || m.streak === undefined) return;
  // A streak that had lapsed may have been joined to what came after it.
  const { firstAt } = m.streak as Streak;
  for (const { fact } of m.counted) if (fact.at >= firstAt) m.witness.fact(fact, 'counted');
}

function rememberGiveUp(m: Machine, policy: Policy, fact: FailureFact, judged: Judged): void {
  const { at, message } = fact;
  m.giveUps = m.giveUps.filter((known) => known.at + known.policy.giveUp.remembered >= at);
  if (message !== null && m.giveUps.some((known) => known.message === message)) return;
  m.giveUps.push({ at, message, judged, policy });
}

function hardBounce(m: Machine, scope: Scope, fact: FailureFact): void {
  const known = find(m, scope, 'hard_bounce');
  if (known === undefined) {
    const { verdict, reply } = fact.judged;
    const evidence: Evidence = {
      firstFailureAt: fact.at,
      lastFailureAt: fact.at,
      failures: 1,
      messages: 1,
      category: verdict.category,
      rule: verdict.rule,
      reply,
    };
    suppress(m, scope, 'hard_bounce', fact.at, null, 'event', evidence);
    (find(m, scope, 'hard_bounce') as ActiveSuppression).messages.push(fact.message);
  } else if (!known.messages.includes(fact.message)) {
    known.messages.push(fact.message);
  }
}

function applyDelivered(m: Machine, fact: DeliveredFact): void {
  voidEvidence(m);
  m.episodes = 0;
  m.witness?.voided('delivered');
  for (const held of [...m.suppressions]) {
    if (held.reason === 'persistent_deferral') release(m, held, fact.at, 'delivered');
    if (held.reason !== 'hard_bounce') continue;
    if (held.scope !== ALL_STREAMS && held.scope !== fact.stream) continue;
    // A bounce of the delivered message itself stands, whichever came first (asynchronous bounce).
    held.messages = held.messages.filter((message) => message !== null && message === fact.message);
    if (held.messages.length === 0) release(m, held, fact.at, 'delivered');
  }
  restate(m, fact.at, 'delivered');
  m.witness?.fact(fact, 'decided');
}

/** Answers whether anything changed. An expiry that is not after the command itself ends at once. */
function applyCommand(m: Machine, command: CommandFact): boolean {
  const { at, scope, expiresAt } = command;
  switch (command.kind) {
    case 'suppress': {
      const known = find(m, scope, 'operator');
      if (known === undefined) return suppress(m, scope, 'operator', at, expiresAt, 'operator', null);
      if (known.expiresAt === expiresAt) return false;
      known.expiresAt = expiresAt;
      announce(m, 'suppressed', at, 'operator', m.state, m.state, known, null);
      return true;
    }
    case 'release':
      return applyRelease(m, command);
    case 'allow': {
      const known = m.allowed.find((allowance) => allowance.scope === scope);
      if (known !== undefined && known.expiresAt === expiresAt) return false;
      const allowance: Allowance = { scope, expiresAt };
      m.allowed = [...m.allowed.filter((other) => other !== known), allowance].sort(byScope);
      announce(m, 'allowed', at, 'operator', m.state, m.state, null, allowance);
      return true;
    }
    case 'disallow': {
      const known = m.allowed.find((allowance) => allowance.scope === scope);
      if (known === undefined) return false;
      disallow(m, known, at, 'operator');
      return true;
    }
    default:
      command.kind satisfies never;
      return false;
  }
}

function applyRelease(m: Machine, command: CommandFact): boolean {
  const { at, scope, force } = command;
  const everything = scope === ALL_STREAMS;
  let changed = false;
  if (everything) {
    changed = hasEvidence(m);
    voidEvidence(m);
    m.witness?.voided('release');
  }
  for (const held of [...m.suppressions]) {
    const objection = held.reason === 'complaint' || held.reason === 'unsubscribe';
    if ((objection && !force) || (!everything && held.scope !== scope)) continue;
    release(m, held, at, 'operator');
    changed = true;
  }
  restate(m, at, 'operator');
  return changed;
}

// ----------------------------------------------------------------------------------------------- timers

/** Fires every timer with a deadline up to `limit` (inclusive), in order. */
export function advance(m: Machine, limit: number): void {
  for (;;) {
    const due = nextDue(m);
    if (due > limit) return;
    look(m, due);
  }
}

/** What holds or ends at `now`, which is the instant of the last facts or a later one. */
export function look(m: Machine, now: number): void {
  const by = m.joined && now === m.at ? 'event' : 'deadline';
  m.pending = false;
  m.joined = false;
  m.at = Math.max(m.at, now);
  m.lastTimerAt = now;
  enterByContrast(m, Math.min(now, m.clock));
  endExpired(m, now);
  settle(m, now, by);
}

/** The next moment at which something happens by itself; Infinity when nothing will. */
export function nextDue(m: Machine): number {
  if (m.pending) return m.at;
  let due = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of m.suppressions) if (expiresAt !== null) due = Math.min(due, expiresAt);
  for (const { expiresAt } of m.allowed) if (expiresAt !== null) due = Math.min(due, expiresAt);
  for (const { closesAt } of m.waiting) due = Math.min(due, closesAt);
  if (isBlocked(m)) return due;
  for (const giveUp of m.giveUps) due = Math.min(due, giveUp.at + giveUp.policy.giveUp.remembered);
  if (m.streak === undefined) return due;
  const { streak } = m;
  const { deferral } = streak.policy;
  due = Math.min(due, streak.lastAt + deferral.largestGap + 1);
  const ahead = (deadline: number): void => {
    if (deadline > m.at && deadline < due) due = deadline;
  };
  if (streak.failures >= deferral.persistentFailures) ahead(streak.firstAt + deferral.persistentAfter);
  if (streak.failures >= deferral.softBounceFailures) ahead(streak.firstAt + deferral.softBounceAfter);
  if (isDense(streak)) {
    ahead(streak.firstAt + deferral.suppressAfter);
    if (!streak.atRisk) ahead(streak.firstAt + deferral.suppressAfter - deferral.atRiskBefore);
  }
  return due;
}

/** The deadline that will suppress if nothing changes, ms; null when none is set. */
export function suppressAt(m: Machine): number | null {
  if (m.streak === undefined || isBlocked(m) || !isDense(m.streak)) return null;
  const { deferral } = m.streak.policy;
  const deadline = m.streak.firstAt + deferral.suppressAfter;
  return hasLapsed(m.streak, deadline) ? null : deadline;
}

function endExpired(m: Machine, now: number): void {
  const over = (item: { expiresAt: number | null }): boolean => item.expiresAt !== null && item.expiresAt <= now;
  for (const held of m.suppressions.filter(over)) {
    if (held.reason === 'persistent_deferral') {
      voidEvidence(m);
      m.witness?.voided('expiry');
    }
    const wasBlocked = isBlocked(m);
    m.suppressions = m.suppressions.filter((other) => other !== held);
    // The evidence was frozen while the suppression lasted: bring it up to this moment before naming the state.
    if (wasBlocked && !isBlocked(m)) outdate(m, now);
    announceEnd(m, held, now, 'expiry');
  }
  for (const allowance of m.allowed.filter(over)) disallow(m, allowance, now, 'expiry');
}

/** What the evidence says at this moment: forget, lapse, name the state, suppress, warn. */
function settle(m: Machine, now: number, by: 'event' | 'deadline'): void {
  if (isBlocked(m)) return;
  const lapsed = outdate(m, now);
  restate(m, now, lapsed && m.streak === undefined ? 'lapse' : by);
  suppressIfProven(m, now, by);
  warnIfAtRisk(m, now, by);
}

function outdate(m: Machine, now: number): boolean {
  const forgot = forgetGiveUps(m, now);
  if (m.streak === undefined || !hasLapsed(m.streak, now)) return forgot;
  lapse(m);
  return true;
}

function forgetGiveUps(m: Machine, now: number): boolean {
  const before = m.giveUps.length;
  if (before === 0) return false;
  m.giveUps = m.giveUps.filter((giveUp) => giveUp.at + giveUp.policy.giveUp.remembered > now);
  return m.giveUps.length < before;
}

function suppressIfProven(m: Machine, now: number, cause: Cause): void {
  const evidence = proofByDuration(m, now) ?? proofByGiveUps(m);
  if (evidence === undefined) return;
  const { expiry } = evidence.policy.suppression;
  const lasts = expiry[Math.min(m.episodes, expiry.length - 1)] ?? null;
  m.episodes += 1;
  suppress(m, ALL_STREAMS, 'persistent_deferral', now, lasts === null ? null : now + lasts, cause, evidence.evidence);
}

interface Proof {
  readonly policy: Policy;
  readonly evidence: Evidence;
}

function proofByDuration(m: Machine, now: number): Proof | undefined {
  const { streak } = m;
  if (streak === undefined || !isDense(streak)) return undefined;
  if (now < streak.firstAt + streak.policy.deferral.suppressAfter) return undefined;
  return { policy: streak.policy, evidence: streakEvidence(streak) };
}

function proofByGiveUps(m: Machine): Proof | undefined {
  const first = m.giveUps[0];
  const last = m.giveUps.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { giveUp } = last.policy;
  if (m.giveUps.length < giveUp.messages || last.at - first.at < giveUp.span) return undefined;
  return { policy: last.policy, evidence: giveUpEvidence(m.giveUps) };
}

function warnIfAtRisk(m: Machine, now: number, cause: Cause): void {
  const { streak } = m;
  if (streak === undefined || streak.atRisk || isBlocked(m) || !isDense(streak)) return;
  const { suppressAfter, atRiskBefore } = streak.policy.deferral;
  const deadline = streak.firstAt + suppressAfter;
  // It suppresses if nothing changes: not when the streak will have lapsed by then.
  if (now < deadline - atRiskBefore || now >= deadline || hasLapsed(streak, deadline)) return;
  streak.atRisk = true;
  for (const one of m.counted) if (one.fact.at >= streak.firstAt) one.warned = true;
  announce(m, 'at_risk', now, cause, m.state, m.state, null, null);
}

// -------------------------------------------------------------------------------------- state and parts

/** A `*` suppression is active: failures join no streak and no deadline fires. */
export function isBlocked(m: Machine): boolean {
  for (const { scope } of m.suppressions) if (scope === ALL_STREAMS) return true;
  return false;
}

function stateAt(m: Machine, now: number): RecipientStateName {
  if (isBlocked(m)) return 'suppressed';
  if (m.giveUps.length > 0) return 'soft_bounced';
  const { streak } = m;
  if (streak === undefined) return 'healthy';
  const { deferral } = streak.policy;
  const since = (after: number): boolean => now >= streak.firstAt + after;
  if (streak.failures >= deferral.softBounceFailures && since(deferral.softBounceAfter)) return 'soft_bounced';
  if (streak.failures >= deferral.persistentFailures && since(deferral.persistentAfter)) return 'persistent';
  return 'deferred';
}

/** Enough failures, and the evidence reaches into the last day before the deadline. */
function isDense(streak: Streak): boolean {
  const { suppressFailures, evidenceSpan } = streak.policy.deferral;
  return streak.failures >= suppressFailures && streak.lastAt >= streak.firstAt + evidenceSpan;
}

function hasLapsed(streak: Streak, now: number): boolean {
  return now - streak.lastAt > streak.policy.deferral.largestGap;
}

function lapse(m: Machine): void {
  m.streak = undefined;
  m.witness?.voided('lapse');
}

function hasEvidence(m: Machine): boolean {
  return m.streak !== undefined || m.giveUps.length > 0 || m.waiting.length > 0;
}

function voidEvidence(m: Machine): void {
  m.counted = [];
  m.waiting = [];
  m.streak = undefined;
  m.giveUps = [];
  m.greylisting = undefined;
}

function restate(m: Machine, now: number, cause: Cause): void {
  const to = stateAt(m, now);
  if (to === m.state) return;
  const from = m.state;
  m.state = to;
  if (to === 'suppressed') return; // announced by the suppression itself
  announce(m, to === 'healthy' ? 'recovered' : to, now, cause, from, to, null, null);
}

/** Answers false when the same suppression is active already: its `since` stays. */
function suppress(
  m: Machine,
  scope: Scope,
  reason: SuppressionReason,
  since: number,
  expiresAt: number | null,
  cause: Cause,
  evidence: Evidence | null,
): boolean {
  if (find(m, scope, reason) !== undefined) return false;
  const held: ActiveSuppression = { scope, reason, since, expiresAt, messages: [], evidence };
  m.suppressions = [...m.suppressions, held].sort(byScopeAndReason);
  const from = m.state;
  // A stream's suppression changes no stage by itself: a rise at this instant is announced on its own.
  if (isBlocked(m)) m.state = 'suppressed';
  announce(m, 'suppressed', since, cause, from, m.state, held, null);
  return true;
}

function release(m: Machine, held: ActiveSuppression, now: number, cause: Cause): void {
  m.suppressions = m.suppressions.filter((other) => other !== held);
  announceEnd(m, held, now, cause);
}

function announceEnd(m: Machine, held: ActiveSuppression, now: number, cause: Cause): void {
  const from = m.state;
  const holds = stateAt(m, now);
  // A stream's suppression changes no stage by itself: a rise at this instant is announced on its own.
  if (from === 'suppressed' || holds === 'healthy') m.state = holds;
  announce(m, 'released', now, cause, from, m.state, held, null);
}

function disallow(m: Machine, allowance: Allowance, now: number, cause: Cause): void {
  m.allowed = m.allowed.filter((other) => other !== allowance);
  announce(m, 'disallowed', now, cause, m.state, m.state, null, allowance);
}

function announce(
  m: Machine,
  type: Transition['type'],
  at: number,
  cause: Cause,
  from: RecipientStateName,
  to: RecipientStateName,
  held: ActiveSuppression | null,
  allowance: Allowance | null,
): void {
  const suppression = held === null ? null : { scope: held.scope, reason: held.reason, since: held.since, expiresAt: held.expiresAt };
  const evidence = held === null ? stateEvidence(m) : held.evidence;
  m.emit({ type, at, cause, from, to, suppression, allowance, evidence });
}

function stateEvidence(m: Machine): Evidence | null {
  if (m.streak !== undefined) return streakEvidence(m.streak);
  return m.giveUps.length > 0 ? giveUpEvidence(m.giveUps) : null;
}

export function streakEvidence(streak: Streak): Evidence {
  const { verdict, reply } = streak.lastJudged;
  return {
    firstFailureAt: streak.firstAt,
    lastFailureAt: streak.lastAt,
    failures: streak.failures,
    messages: streak.messages.size + streak.unnamed,
    category: verdict.category,
    rule: verdict.rule,
    reply,
  };
}

function giveUpEvidence(giveUps: readonly GiveUp[]): Evidence {
  const last = giveUps.at(-1) as GiveUp;
  const { verdict, reply } = last.judged;
  return {
    firstFailureAt: (giveUps[0] as GiveUp).at,
    lastFailureAt: last.at,
    failures: giveUps.length,
    messages: giveUps.length,
    category: verdict.category,
    rule: verdict.rule,
    reply,
  };
}

function find(m: Machine, scope: Scope, reason: SuppressionReason): ActiveSuppression | undefined {
  return m.suppressions.find((held) => held.scope === scope && held.reason === reason);
}

function byScope(a: { scope: Scope }, b: { scope: Scope }): number {
  return a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : 0;
}

function byScopeAndReason(a: ActiveSuppression, b: ActiveSuppression): number {
  return byScope(a, b) || (a.reason < b.reason ? -1 : a.reason > b.reason ? 1 : 0);
}
