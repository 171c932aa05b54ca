/**
 * The sequential machine of one recipient: facts in order, timers in between.
 *
 *   healthy ──> deferred ──> persistent ──> soft_bounced ──> suppressed
 *      ^       └── delivered, engaged, or lapse ──┘ (give-ups are       │
 *      └────────────── released ─────────────── remembered 60 d) <──────┘
 *
 * `apply` applies the next fact, `advance` fires the timers up to a moment. At one instant facts come before timers. The
 * machine is a mutable value owned by one fold; the same facts and clock always leave the same machine behind.
 */
import type { EngagementKind } from '../event.ts';
import type { Policy } from '../policy/policy.ts';
import type { Verdict } from '@desist/verdicts';
import { NO_REPLY, NO_REPLY_PERMANENT } from '@desist/verdicts';
import type { AskBaseline } from './baseline.ts';
import { windowClosesAt } from './baseline.ts';
import { compareFacts, isHard, isVoided, voidedByEngagement, weightOf } from './fact.ts';
import type {
  Allowance,
  AmendFact,
  Cause,
  ChangeType,
  CommandFact,
  BaselineAnswer,
  DeliveredFact,
  EngagedFact,
  EntryDetails,
  Evidence,
  Fact,
  FailureFact,
  ClassifiedReply,
  ObjectionFact,
  PreviousSuppression,
  RecipientStateName,
  Scope,
  SuppressionReason,
  SuppressionTerms,
} from './types.ts';
import { ALL_STREAMS, isObjectionReason } from './types.ts';

export interface Streak {
  readonly firstAt: number;
  lastAt: number;
  failures: number;
  /** Distinct messages; a missing message id is a message of its own. */
  readonly messages: Set<string>;
  unnamed: number;
  /** Of the failures in it. */
  readonly categories: Set<string>;
  lastClassified: ClassifiedReply;
  /** Of the stream of the first failure. */
  readonly policy: Policy;
  atRisk: boolean;
}

/** A failure that counts, or that waits for its window to close. */
export interface Counted {
  readonly fact: FailureFact;
  readonly classified: ClassifiedReply;
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
  readonly classified: ClassifiedReply;
  readonly policy: Policy;
}

export interface SuppressionEntry {
  readonly scope: Scope;
  readonly reason: SuppressionReason;
  readonly since: number;
  expiresAt: number | null;
  /** `hard_bounce` only: what bounced, the latest `BOUNCES`. */
  bounces: readonly Bounce[];
  /** The stream that asked for the entry, when it was raised to `*` for want of room. */
  raisedFrom: Scope | undefined;
  /** `operator` only: how long the raised entries in it last; no command for `*` ends them earlier. Undefined: there are none. */
  raisedUntil: number | null | undefined;
  /** Of a domain: also for those below it. */
  subdomains: boolean;
  details: EntryDetails;
  readonly evidence: Evidence | null;
  /** `persistent_deferral` only: what follows its expiry. */
  readonly probation?: ProbationTerms;
}

/** What a suppression says of the probation after it. */
interface ProbationTerms {
  /** How long it is, ms; 0: there is none. */
  readonly length: number;
  /** Of the failures that the suppression rested on. */
  readonly categories: ReadonlySet<string>;
}

/** After a `persistent_deferral` has expired: the next counted failure of one of these categories suppresses again. */
export interface Probation {
  /** ms; a failure of this instant still does. */
  readonly until: number;
  readonly categories: ReadonlySet<string>;
  readonly previous: PreviousSuppression;
}

/** A hard bounce: only a delivery of another message releases it, and of this stream, when one is named. */
interface Bounce {
  readonly message: string | null;
  readonly stream: string | null;
}

/** Streams of one recipient that may have suppressions of their own; the same number may have allowances. */
export const SCOPES = 256;
/** Bounces that one entry remembers by their messages. */
export const BOUNCES = 32;

/** How many ends complaints, unsubscribes and hard bounces of a recipient are given, all together, until they are released. */
export const AMENDS = 32;

export interface Transition {
  readonly type: Exclude<ChangeType, 'corrected'>;
  readonly at: number;
  readonly cause: Cause;
  /** Of cause `engaged`: how. */
  readonly engagement?: EngagementKind;
  readonly from: RecipientStateName;
  readonly to: RecipientStateName;
  readonly suppression: SuppressionTerms | null;
  readonly allowance: Allowance | null;
  readonly evidence: Evidence | null;
  /** Of an expiry after which the recipient is on probation: until when, ms. */
  readonly probationUntil?: number;
}

/** What became of a fact, for explanations: called while facts are applied. */
export interface MachineObserver {
  fact(fact: Fact, role: Role): void;
  /** Everything that counted so far counts no longer. */
  voided(why: VoidedBy): void;
  /** The entry that this fact asks for was raised to `*`: `SCOPES` others have entries of their own. */
  raised?(fact: Fact): void;
  /** On probation, this failure alone suppressed. */
  again?(fact: FailureFact, previous: PreviousSuppression): void;
  /** The fact changed this entry, which is now so and expired then before: ms; null: never. */
  amended?(fact: AmendFact, entry: SuppressionEntry, expiryBefore: number | null): void;
}
export type Role =
  | 'counted'
  | 'waiting'
  | 'held_back'
  | 'hard_bounce'
  | 'not_counted'
  | 'while_suppressed'
  | 'decided'
  | 'no_effect'
  | 'refused'
  /** An `amend` of what is not active. */
  | 'nothing_active'
  /** An `amend` that would end a complaint or an unsubscribe earlier. */
  | 'needs_force';
export type VoidedBy = 'delivered' | 'engaged' | 'release' | 'expiry' | 'lapse';

export interface Machine {
  /** The partition clock: no window that closes later is closed. */
  clock: number;
  streak: Streak | undefined;
  /** Counted failures since evidence was last voided, by time: what the streak and the give-ups were made of. */
  counted: Counted[];
  /** Failures that count by contrast, while their windows are open. */
  waiting: Waiting[];
  /** Answers of windows that have closed, to be kept with the facts. */
  answered: { readonly fact: FailureFact; readonly answer: BaselineAnswer }[];
  giveUps: GiveUp[];
  suppressions: SuppressionEntry[];
  allowed: Allowance[];
  /** How often what lasts until it is released was given another end since its last release (`AMENDS`), by reason and scope. */
  amends: Map<string, number>;
  /** `persistent_deferral` suppressions since the last delivery or proof of life. */
  episodes: number;
  /** A delivery, proof of life or a release of `*` ends it; without any of them it ends by itself. */
  probation: Probation | undefined;
  /** Some failure suppresses by itself (`again`). */
  marked: boolean;
  /** First and last greylisting since the last reset. */
  greylisting: { readonly first: number; last: number } | undefined;
  /** The verdict of the latest deferral of each message, for `expired` events that have none. */
  readonly deferrals: Map<string, ClassifiedReply>;
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
  readonly observer: MachineObserver | undefined;
  /** Undefined: only answers that are kept with the facts are known. */
  readonly askBaseline: AskBaseline | undefined;
}

export function newMachine(
  policyOf: (stream: string) => Policy,
  emit: (transition: Transition) => void,
  observer?: MachineObserver,
  askBaseline?: AskBaseline,
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
    amends: new Map(),
    episodes: 0,
    probation: undefined,
    marked: false,
    greylisting: undefined,
    deferrals: new Map(),
    state: 'healthy',
    at: Number.NEGATIVE_INFINITY,
    lastTimerAt: Number.NEGATIVE_INFINITY,
    pending: false,
    joined: false,
    policyOf,
    emit,
    observer,
    askBaseline,
  };
}

// ------------------------------------------------------------------------------------------------ facts

/**
 * Applies the next fact in order. The caller has advanced the machine to the millisecond before it, and made the deferrals of its
 * instant known (`noteDeferrals`). What the facts of one instant bring about by their number and spacing is looked at after the last
 * of them, by `advance` or `look`.
 */
export function apply(m: Machine, fact: Fact): void {
  m.at = Math.max(m.at, fact.at);
  switch (fact.kind) {
    case 'failure':
      applyFailure(m, fact);
      break;
    case 'delivered':
      reset(m, fact, 'everything', 'delivered');
      break;
    case 'engaged':
      applyEngaged(m, fact);
      break;
    case 'complained': {
      const policy = m.policyOf(fact.stream);
      const scope = policy.suppression.complaintScope === 'all' ? ALL_STREAMS : fact.stream;
      object(m, fact, scope, 'complaint');
      break;
    }
    case 'unsubscribed':
      object(m, fact, fact.stream, 'unsubscribe');
      break;
    case 'suppress':
    case 'release':
    case 'allow':
    case 'disallow': {
      const role = applyCommand(m, fact);
      m.observer?.fact(fact, role);
      break;
    }
    case 'amend': {
      const role = applyAmend(m, fact);
      m.observer?.fact(fact, role);
      break;
    }
    default:
      fact satisfies never;
  }
  m.pending = true;
}

/**
 * Makes the deferrals of one instant known before its facts are applied: an `expired` takes the verdict of one of its own instant,
 * whichever of the two comes first in the order. `from`: position of the instant's first fact.
 */
export function noteDeferrals(m: Machine, facts: readonly Fact[], from: number): void {
  const { at } = facts[from] as Fact;
  for (let i = from; facts[i]?.at === at; i += 1) {
    const fact = facts[i] as Fact;
    if (fact.kind === 'failure' && fact.type === 'deferred' && fact.message !== null) m.deferrals.set(fact.message, fact.classified);
  }
}

function object(m: Machine, fact: ObjectionFact, wanted: Scope, reason: 'complaint' | 'unsubscribe'): void {
  const { scope, raisedFrom } = effectiveScope(m, fact, wanted);
  const details = { ...NO_DETAILS, source: fact.source ?? null };
  const changed = suppress(m, { scope, raisedFrom, reason, since: fact.at, expiresAt: null, cause: 'event', evidence: null, details });
  m.observer?.fact(fact, changed ? 'decided' : 'no_effect');
}

const NO_DETAILS: EntryDetails = { by: null, note: null, source: null, provider: null };

function detailsOf({ source, provider }: ClassifiedReply): EntryDetails {
  return { ...NO_DETAILS, source: source ?? null, provider };
}

/** The scope of the entry: the one asked for, or `*` when `SCOPES` other streams have entries of their own. */
function effectiveScope(m: Machine, fact: Fact, wanted: Scope): { readonly scope: Scope; readonly raisedFrom: Scope | undefined } {
  if (wanted === ALL_STREAMS) return { scope: wanted, raisedFrom: undefined };
  if (!isRaised(fact) && hasRoom(m.suppressions, wanted)) return { scope: wanted, raisedFrom: undefined };
  m.observer?.raised?.(fact);
  return { scope: ALL_STREAMS, raisedFrom: wanted };
}

function isRaised(fact: Fact): boolean {
  return 'raised' in fact && fact.raised;
}

function hasRoom(entries: readonly { readonly scope: Scope }[], wanted: Scope): boolean {
  if (entries.length < SCOPES) return true;
  const scopes = new Set(entries.map(({ scope }) => scope));
  scopes.delete(ALL_STREAMS);
  return scopes.size < SCOPES || scopes.has(wanted);
}

function applyFailure(m: Machine, fact: FailureFact): void {
  const policy = m.policyOf(fact.stream);
  const classified = causeOf(m, fact);
  if (fact.causeOnly === true) {
    m.observer?.fact(fact, 'not_counted');
    return;
  }
  if (fact.incident !== undefined) {
    m.observer?.fact(fact, 'held_back');
    return;
  }
  if (isHard(policy, fact)) {
    hardBounce(m, classified.verdict.category === 'recipient_refused' ? fact.stream : ALL_STREAMS, fact);
    m.observer?.fact(fact, 'hard_bounce');
    return;
  }
  const weight = weightOf(policy, classified.verdict);
  if (weight === 'greylisting') noteGreylisting(m, policy, fact.at);
  if (weight === 'never' || (weight === 'greylisting' && !isOverdue(m, policy, fact.at))) {
    m.observer?.fact(fact, 'not_counted');
    return;
  }
  if (isBlocked(m)) {
    m.observer?.fact(fact, 'while_suppressed');
    return;
  }
  const counted: Counted = { fact, classified, policy, warned: false };
  if (weight !== 'counts') {
    m.waiting.push({ ...counted, closesAt: fact.baseline?.closesAt ?? windowClosesAt(policy, fact.at) });
    m.observer?.fact(fact, 'waiting');
    return;
  }
  if (m.streak !== undefined && hasLapsed(m.streak, fact.at)) {
    lapse(m);
    restate(m, fact.at, 'lapse');
  }
  m.counted.push(counted);
  count(m, counted);
  m.joined = true;
  m.observer?.fact(fact, 'counted');
}

/** Later than the window after the first one: no longer taken for greylisting. */
function isOverdue({ greylisting }: Machine, policy: Policy, at: number): boolean {
  return greylisting !== undefined && at - greylisting.first > policy.greylisting.window;
}

/** `expired` without a reply of its own takes the verdict of the message's latest deferral; with none it is unknown. */
function causeOf(m: Machine, fact: FailureFact): ClassifiedReply {
  if (!fact.causeUnknown) return fact.classified;
  const deferral = fact.message === null ? undefined : m.deferrals.get(fact.message);
  return deferral ?? { ...fact.classified, verdict: NO_CAUSE };
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
function count(m: Machine, { fact, classified, policy, warned }: Counted): void {
  if (m.streak !== undefined && hasLapsed(m.streak, fact.at)) m.streak = undefined;
  if (m.streak === undefined) {
    const { at } = fact;
    const messages = new Set<string>();
    const categories = new Set<string>();
    m.streak = {
      firstAt: at,
      lastAt: at,
      failures: 1,
      messages,
      unnamed: 0,
      categories,
      lastClassified: classified,
      policy,
      atRisk: warned,
    };
  } else {
    // Of a streak that starts with this fact, what was merged into it is not known to belong to it: it is left out.
    m.streak.failures += 1 + fact.merged;
    m.streak.lastAt = fact.at;
    m.streak.lastClassified = classified;
    m.streak.atRisk ||= warned;
  }
  if (fact.message === null) m.streak.unnamed += 1;
  else m.streak.messages.add(fact.message);
  m.streak.categories.add(classified.verdict.category);
  if (fact.again !== undefined) m.marked = true;
  if (isGiveUp(fact, classified)) rememberGiveUp(m, policy, fact, classified);
}

/** The sender stopped trying, or the source says that it may: without a reply there is nothing else to go by. */
export function isGiveUp(fact: FailureFact, { verdict }: ClassifiedReply): boolean {
  return fact.type !== 'deferred' || verdict.rule === NO_REPLY_PERMANENT.rule;
}

/**
 * Failures whose window has closed and passes count from their own time on: streak and give-ups are built again from everything that
 * counted since evidence was last voided.
 */
function enterByContrast(m: Machine, now: number): void {
  if (m.waiting.length === 0) return;
  const closed = m.waiting.filter(({ closesAt }) => closesAt <= now);
  if (closed.length === 0) return;
  m.waiting = m.waiting.filter(({ closesAt }) => closesAt > now);
  let entered = false;
  for (const one of closed) {
    const { passes } = answerFor(m, one);
    m.observer?.fact(one.fact, passes ? 'counted' : 'not_counted');
    if (!passes) continue;
    entered = true;
    m.counted.push(one);
  }
  if (entered) countAgain(m);
}

function answerFor(m: Machine, { fact, classified, closesAt }: Waiting): BaselineAnswer {
  if (fact.baseline !== undefined) return fact.baseline;
  const asked = classified.provider === null ? undefined : m.askBaseline?.(classified.provider, closesAt);
  const answer = asked ?? { closesAt, passes: false, deliveries: 0, failing: 0 };
  m.answered.push({ fact, answer });
  return answer;
}

function countAgain(m: Machine): void {
  m.counted.sort((a, b) => compareFacts(a.fact, b.fact));
  m.streak = undefined;
  m.giveUps = [];
  for (const one of m.counted) count(m, one);
  if (m.observer === undefined || m.streak === undefined) return;
  // A streak that had lapsed may have been joined to what came after it.
  const { firstAt } = m.streak as Streak;
  for (const { fact } of m.counted) if (fact.at >= firstAt) m.observer.fact(fact, 'counted');
}

function rememberGiveUp(m: Machine, policy: Policy, fact: FailureFact, classified: ClassifiedReply): void {
  const { at, message } = fact;
  m.giveUps = m.giveUps.filter((known) => known.at + known.policy.giveUp.remembered >= at);
  if (message !== null && m.giveUps.some((known) => known.message === message)) return;
  m.giveUps.push({ at, message, classified, policy });
}

function hardBounce(m: Machine, wanted: Scope, fact: FailureFact): void {
  const { scope, raisedFrom } = effectiveScope(m, fact, wanted);
  const bounce: Bounce = { message: fact.message, stream: wanted === ALL_STREAMS ? null : wanted };
  const evidence = failureEvidence(fact, fact.classified);
  const details = detailsOf(fact.classified);
  suppress(m, { scope, raisedFrom, reason: 'hard_bounce', since: fact.at, expiresAt: null, cause: 'event', evidence, details });
  const entry = entryOf(m, scope, 'hard_bounce') as SuppressionEntry;
  entry.bounces = [...entry.bounces.slice(1 - BOUNCES), bounce];
}

function failureEvidence({ at }: FailureFact, { verdict, reply }: ClassifiedReply): Evidence {
  const { category, rule } = verdict;
  return { firstFailureAt: at, lastFailureAt: at, failures: 1, messages: 1, category, rule, reply };
}

/** A delivery, or proof of life: evidence is void, suppressions that rest on it end, and how often there was one begins anew. */
function reset(m: Machine, fact: DeliveredFact | EngagedFact, voids: 'everything' | 'all_but_hard_bounces', because: Because): void {
  voidEvidence(m);
  m.episodes = 0;
  m.probation = undefined;
  m.observer?.voided(fact.kind);
  for (const entry of [...m.suppressions]) {
    if (entry.reason === 'persistent_deferral') release(m, entry, fact.at, because);
    if (entry.reason !== 'hard_bounce' || !isVoided('hard_bounce', voids)) continue;
    entry.bounces = entry.bounces.filter(({ message, stream }) => {
      if (stream !== null && stream !== fact.stream) return true;
      // A bounce of the delivered message itself stays, whichever came first (asynchronous bounce).
      return message !== null && message === fact.message;
    });
    if (entry.bounces.length === 0) release(m, entry, fact.at, because);
  }
  restate(m, fact.at, because);
  m.observer?.fact(fact, 'decided');
}

function applyEngaged(m: Machine, fact: EngagedFact): void {
  const voids = voidedByEngagement(m.policyOf(fact.stream), fact);
  if (voids === 'nothing') m.observer?.fact(fact, 'no_effect');
  else reset(m, fact, voids, { cause: 'engaged', engagement: fact.engagement });
}

/** What the command did. An expiry that is not after the command itself ends at once. */
function applyCommand(m: Machine, command: CommandFact): Role {
  const { at, scope, expiresAt } = command;
  switch (command.kind) {
    case 'suppress':
      return roleOf(applySuppress(m, command));
    case 'release':
      return roleOf(applyRelease(m, command));
    case 'allow': {
      const known = m.allowed.find((allowance) => allowance.scope === scope);
      if (known !== undefined && known.expiresAt === expiresAt) return 'no_effect';
      // No bound may lift a suppression: one more allowance is refused, not widened.
      if (known === undefined && scope !== ALL_STREAMS && !hasRoom(m.allowed, scope)) return 'refused';
      const allowance: Allowance = { scope, expiresAt };
      m.allowed = [...m.allowed.filter((other) => other !== known), allowance].sort(byScope);
      announce(m, { type: 'allowed', at, cause: 'operator', allowance });
      return 'decided';
    }
    case 'disallow': {
      const known = m.allowed.find((allowance) => allowance.scope === scope);
      if (known === undefined) return 'no_effect';
      disallow(m, known, at, 'operator');
      return 'decided';
    }
    default:
      command.kind satisfies never;
      return 'no_effect';
  }
}

function roleOf(changed: boolean): Role {
  return changed ? 'decided' : 'no_effect';
}

/**
 * A second `suppress` of the same scope replaces the expiry; one that is raised to `*` may only prolong it. A note replaces the one before;
 * a domain's entry is only ever widened: `amend` and `release` narrow it.
 */
function applySuppress(m: Machine, command: CommandFact): boolean {
  const { at, by, note, source } = command;
  const { scope, raisedFrom } = effectiveScope(m, command, command.scope);
  const known = entryOf(m, scope, 'operator');
  const raised = raisedFrom !== undefined;
  const raisedUntil = raised ? later(known?.raisedUntil, command.expiresAt) : known?.raisedUntil;
  const asked = raised && known !== undefined ? later(known.expiresAt, command.expiresAt) : command.expiresAt;
  const expiresAt = raisedUntil === undefined ? asked : later(asked, raisedUntil);
  if (known === undefined) {
    const details = { ...NO_DETAILS, by, note: withNote(null, note), source: source ?? null };
    suppress(m, {
      scope,
      raisedFrom,
      reason: 'operator',
      since: at,
      expiresAt,
      cause: 'operator',
      evidence: null,
      details,
      subdomains: command.subdomains === true,
    });
    const entry = entryOf(m, scope, 'operator') as SuppressionEntry;
    entry.raisedUntil = raisedUntil;
    return true;
  }
  known.raisedUntil = raisedUntil;
  const subdomains = known.subdomains || command.subdomains === true;
  const noted = note === '' ? known.details.note : withNote(known.details.note, note);
  if (known.expiresAt === expiresAt && known.subdomains === subdomains && known.details.note === noted) return false;
  if (known.expiresAt !== expiresAt) known.raisedFrom = raisedFrom;
  Object.assign(known, { expiresAt, subdomains, details: { ...known.details, note: noted } });
  announce(m, { type: 'suppressed', at, cause: 'operator', entry: known });
  return true;
}

/** Absent: as it was; the empty text: none. */
function withNote(known: string | null, note: string | undefined): string | null {
  return note === undefined ? known : note === '' ? null : note;
}

/**
 * Changes expiry, note and subdomains of entries that are active: the one of the named reason; without a reason the operator's, or when the
 * operator has none, all others of the scope. Nothing ends a complaint or an unsubscribe earlier but `force`, and nothing what was raised.
 */
function applyAmend(m: Machine, fact: AmendFact): Role {
  const { at, scope, reason } = fact;
  const inScope = m.suppressions.filter((entry) => entry.scope === scope && (reason === undefined || entry.reason === reason));
  const own = inScope.filter((entry) => entry.reason === 'operator');
  const entries = own.length > 0 ? own : inScope;
  if (entries.length === 0) return 'nothing_active';
  const roles = entries.map((entry): Role => {
    const { expiresAt, subdomains, details } = entry;
    const refusal = refusalOf(m, fact, entry);
    const asked = fact.expiresAt === undefined || refusal !== undefined ? expiresAt : fact.expiresAt;
    const amended = {
      expiresAt: entry.raisedUntil === undefined || fact.expiresAt === undefined ? asked : later(asked, entry.raisedUntil),
      subdomains: fact.subdomains ?? subdomains,
      details: { ...details, note: withNote(details.note, fact.note) },
    };
    if (amended.expiresAt === expiresAt && amended.subdomains === subdomains && amended.details.note === details.note) {
      return refusal ?? 'no_effect';
    }
    if (amended.expiresAt !== expiresAt && lastsUntilReleased(entry) && fact.settled !== true) countAmend(m, entry);
    Object.assign(entry, amended);
    m.observer?.amended?.(fact, entry, expiresAt);
    announce(m, { type: 'suppressed', at, cause: 'operator', entry });
    return 'decided';
  });
  // Of several entries: what was done, before why something was not.
  return (['decided', 'needs_force', 'refused'] as const).find((role) => roles.includes(role)) ?? 'no_effect';
}

/** Why the entry does not take this expiry; undefined: it does. */
function refusalOf(m: Machine, { expiresAt, force, settled }: AmendFact, entry: SuppressionEntry): 'needs_force' | 'refused' | undefined {
  if (expiresAt === undefined || expiresAt === entry.expiresAt || !lastsUntilReleased(entry)) return undefined;
  if (isObjectionReason(entry.reason) && !force && isEarlier(expiresAt, entry.expiresAt)) return 'needs_force';
  if (settled === true) return undefined;
  return [...m.amends.values()].reduce((sum, count) => sum + count, 0) >= AMENDS ? 'refused' : undefined;
}

function countAmend({ amends }: Machine, { reason, scope }: SuppressionEntry): void {
  const key = `${reason} ${scope}`;
  amends.set(key, (amends.get(key) ?? 0) + 1);
}

/** By itself such an entry does not end. */
function lastsUntilReleased({ reason }: SuppressionEntry): boolean {
  return isObjectionReason(reason) || reason === 'hard_bounce';
}

/** Is the one expiry before the other? Ms; null: never. */
function isEarlier(one: number | null, other: number | null): boolean {
  return one !== null && (other === null || one < other);
}

/** Of two expiries, ms; null: never. */
function later(one: number | null | undefined, other: number | null): number | null {
  if (one === undefined) return other;
  return one === null || other === null ? null : Math.max(one, other);
}

function applyRelease(m: Machine, command: CommandFact): boolean {
  const { at, scope, force } = command;
  const everything = scope === ALL_STREAMS;
  let changed = false;
  if (everything) {
    changed = hasEvidence(m) || m.probation !== undefined;
    voidEvidence(m);
    m.probation = undefined;
    m.observer?.voided('release');
  }
  for (const key of m.amends.keys()) {
    const [reason, of] = key.split(' ');
    if ((everything || of === scope) && (force || reason === 'hard_bounce')) m.amends.delete(key);
  }
  for (const entry of [...m.suppressions]) {
    if ((isObjectionReason(entry.reason) && !force) || (!everything && entry.scope !== scope)) continue;
    release(m, entry, at, 'operator');
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

/** Evaluates what is due at `now`, which is the instant of the last facts or a later one. */
export function look(m: Machine, now: number): void {
  const by = m.joined && now === m.at ? 'event' : 'deadline';
  m.pending = false;
  m.joined = false;
  m.at = Math.max(m.at, now);
  m.lastTimerAt = now;
  enterByContrast(m, Math.min(now, m.clock));
  endExpired(m, now);
  endProbation(m, now - 1);
  settle(m, now, by);
  // Only now: a failure of this very instant is still within it.
  endProbation(m, now);
}

/** The next moment at which something happens by itself; Infinity when nothing will. */
export function nextDue(m: Machine): number {
  if (m.pending) return m.at;
  let due = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of m.suppressions) if (expiresAt !== null) due = Math.min(due, expiresAt);
  for (const { expiresAt } of m.allowed) if (expiresAt !== null) due = Math.min(due, expiresAt);
  for (const { closesAt } of m.waiting) due = Math.min(due, closesAt);
  if (m.probation !== undefined) due = Math.min(due, m.probation.until);
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
  for (const entry of m.suppressions.filter(over)) {
    if (entry.reason === 'persistent_deferral') {
      voidEvidence(m);
      m.probation = probationAfter(entry);
      m.observer?.voided('expiry');
    }
    const wasBlocked = isBlocked(m);
    m.suppressions = m.suppressions.filter((other) => other !== entry);
    // The evidence was frozen while the suppression lasted: bring it up to this moment before naming the state.
    if (wasBlocked && !isBlocked(m)) outdate(m, now);
    announceEnd(m, entry, now, 'expiry');
  }
  for (const allowance of m.allowed.filter(over)) disallow(m, allowance, now, 'expiry');
}

function probationAfter({ since, expiresAt, probation }: SuppressionEntry): Probation | undefined {
  if (probation === undefined || probation.length === 0 || expiresAt === null) return undefined;
  return { until: expiresAt + probation.length, categories: probation.categories, previous: { since, endedAt: expiresAt } };
}

function endProbation(m: Machine, upTo: number): void {
  if (m.probation !== undefined && m.probation.until <= upTo) m.probation = undefined;
}

/** Evaluates the evidence at this moment: old give-ups and a lapsed streak go, the state is named, then it suppresses or warns. */
function settle(m: Machine, now: number, by: 'event' | 'deadline'): void {
  if (isBlocked(m)) return;
  const lapsed = outdate(m, now);
  restate(m, now, lapsed && m.streak === undefined ? 'lapse' : by);
  suppressIfProven(m, now, by);
  warnIfAtRisk(m, now, by);
}

function outdate(m: Machine, now: number): boolean {
  const forgot = dropOldGiveUps(m, now);
  if (m.streak === undefined || !hasLapsed(m.streak, now)) return forgot;
  lapse(m);
  return true;
}

function dropOldGiveUps(m: Machine, now: number): boolean {
  const before = m.giveUps.length;
  if (before === 0) return false;
  m.giveUps = m.giveUps.filter((giveUp) => giveUp.at + giveUp.policy.giveUp.remembered > now);
  return m.giveUps.length < before;
}

function suppressIfProven(m: Machine, now: number, cause: Cause): void {
  const proof = proofOnProbation(m) ?? proofByDuration(m, now) ?? proofByGiveUps(m);
  if (proof === undefined) return;
  const { expiry, probation } = proof.policy.suppression;
  const lasts = expiry[Math.min(m.episodes, expiry.length - 1)] ?? null;
  m.episodes += 1;
  const expiresAt = lasts === null ? null : now + lasts;
  suppress(m, {
    scope: ALL_STREAMS,
    raisedFrom: undefined,
    reason: 'persistent_deferral',
    since: now,
    expiresAt,
    cause,
    evidence: proof.evidence,
    details: detailsOf(proof.last),
    probation: { length: probation, categories: new Set(proof.categories) },
  });
  m.probation = undefined;
}

interface Proof {
  readonly policy: Policy;
  readonly evidence: Evidence;
  readonly last: ClassifiedReply;
  readonly categories: Iterable<string>;
}

/** One failure is enough: of those that counted since the suppression before expired, the first of a category that it rested on. */
function proofOnProbation(m: Machine): Proof | undefined {
  const { probation } = m;
  if (probation === undefined && !m.marked) return undefined;
  const one = m.counted.find(({ fact, classified }) => {
    return fact.again !== undefined || probation?.categories.has(classified.verdict.category) === true;
  });
  if (one === undefined) return undefined;
  const { fact, classified, policy } = one;
  const previous = (fact.again ?? probation?.previous) as PreviousSuppression;
  m.observer?.again?.(fact, previous);
  const evidence = { ...failureEvidence(fact, classified), previous };
  return { policy, evidence, last: classified, categories: [classified.verdict.category] };
}

function proofByDuration(m: Machine, now: number): Proof | undefined {
  const { streak } = m;
  if (streak === undefined || !isDense(streak)) return undefined;
  if (now < streak.firstAt + streak.policy.deferral.suppressAfter) return undefined;
  return { policy: streak.policy, evidence: streakEvidence(streak), last: streak.lastClassified, categories: streak.categories };
}

function proofByGiveUps(m: Machine): Proof | undefined {
  const first = m.giveUps[0];
  const last = m.giveUps.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { giveUp } = last.policy;
  if (m.giveUps.length < giveUp.messages || last.at - first.at < giveUp.span) return undefined;
  const categories = m.giveUps.map(({ classified }) => classified.verdict.category);
  return { policy: last.policy, evidence: giveUpEvidence(m.giveUps), last: last.classified, categories };
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
  announce(m, { type: 'at_risk', at: now, cause });
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
  m.observer?.voided('lapse');
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

/** What brought a transition about, and of `engaged`, how. */
type Because = Cause | Required<Pick<Transition, 'cause' | 'engagement'>>;

function restate(m: Machine, now: number, because: Because): void {
  const to = stateAt(m, now);
  if (to === m.state) return;
  const from = m.state;
  m.state = to;
  if (to === 'suppressed') return; // announced by the suppression itself
  announce(m, { type: to === 'healthy' ? 'recovered' : to, at: now, cause: because, from });
}

type NewSuppression = Pick<
  SuppressionEntry,
  'scope' | 'reason' | 'since' | 'expiresAt' | 'raisedFrom' | 'evidence' | 'details' | 'probation'
> & {
  readonly cause: Cause;
  readonly subdomains?: boolean;
};

/**
 * When the same suppression is active already, its `since` stays. An end that an `amend` gave it goes: what happened since says by itself
 * that it does not end. Answers false when that changes nothing.
 */
function suppress(m: Machine, { cause, subdomains = false, ...terms }: NewSuppression): boolean {
  const known = entryOf(m, terms.scope, terms.reason);
  if (known !== undefined) {
    if (known.expiresAt === terms.expiresAt) return false;
    known.expiresAt = terms.expiresAt;
    announce(m, { type: 'suppressed', at: terms.since, cause, entry: known });
    return true;
  }
  const entry: SuppressionEntry = { ...terms, bounces: [], raisedUntil: undefined, subdomains };
  m.suppressions = [...m.suppressions, entry].sort(byScopeAndReason);
  const from = m.state;
  // A stream's suppression changes no stage by itself: a rise at this instant is announced on its own.
  if (isBlocked(m)) m.state = 'suppressed';
  announce(m, { type: 'suppressed', at: terms.since, cause, from, entry });
  return true;
}

function release(m: Machine, entry: SuppressionEntry, now: number, because: Because): void {
  m.suppressions = m.suppressions.filter((other) => other !== entry);
  announceEnd(m, entry, now, because);
}

function announceEnd(m: Machine, entry: SuppressionEntry, now: number, because: Because): void {
  const from = m.state;
  const rest = stateAt(m, now);
  // A stream's suppression changes no stage by itself: a rise at this instant is announced on its own.
  if (from === 'suppressed' || rest === 'healthy') m.state = rest;
  announce(m, { type: 'released', at: now, cause: because, from, entry });
}

function disallow(m: Machine, allowance: Allowance, now: number, cause: Cause): void {
  m.allowed = m.allowed.filter((other) => other !== allowance);
  announce(m, { type: 'disallowed', at: now, cause, allowance });
}

interface Announcement extends Pick<Transition, 'type' | 'at'> {
  readonly cause: Because;
  /** The state before; it is as it was when undefined. */
  readonly from?: RecipientStateName;
  /** What begins or ends, if anything does. */
  readonly entry?: SuppressionEntry;
  readonly allowance?: Allowance;
}

function announce(m: Machine, { type, at, cause, from = m.state, entry, allowance }: Announcement): void {
  const because = typeof cause === 'string' ? { cause } : cause;
  const suppression = entry === undefined ? null : termsOf(entry);
  const evidence = entry === undefined ? stateEvidence(m) : entry.evidence;
  // What begins here: another persistent deferral that ends at this instant there is none.
  const begins = cause === 'expiry' && entry?.reason === 'persistent_deferral' && m.probation !== undefined;
  const probation = begins ? { probationUntil: m.probation?.until as number } : {};
  m.emit({ type, at, ...because, from, to: m.state, suppression, allowance: allowance ?? null, evidence, ...probation });
}

function termsOf({ scope, reason, since, expiresAt, subdomains, raisedFrom }: SuppressionEntry): SuppressionTerms {
  return {
    ...{ scope, reason, since, expiresAt },
    ...(subdomains ? { subdomains } : {}),
    ...(raisedFrom === undefined ? {} : { raisedFrom }),
  };
}

function stateEvidence(m: Machine): Evidence | null {
  if (m.streak !== undefined) return streakEvidence(m.streak);
  return m.giveUps.length > 0 ? giveUpEvidence(m.giveUps) : null;
}

export function streakEvidence(streak: Streak): Evidence {
  const { verdict, reply } = streak.lastClassified;
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
  const { verdict, reply } = last.classified;
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

/** The active entry with this scope and reason. */
export function entryOf(m: Machine, scope: Scope, reason: SuppressionReason): SuppressionEntry | undefined {
  return m.suppressions.find((entry) => entry.scope === scope && entry.reason === reason);
}

function byScope(a: { scope: Scope }, b: { scope: Scope }): number {
  return a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : 0;
}

function byScopeAndReason(a: SuppressionEntry, b: SuppressionEntry): number {
  return byScope(a, b) || (a.reason < b.reason ? -1 : a.reason > b.reason ? 1 : 0);
}
