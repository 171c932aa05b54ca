/**
 * The oracle's machine: what one event does, and what is looked at when time has come to an instant.
 * How the text of the design is read stands at the top of oracle.ts.
 */
import type { Command, DeliveryEvent, LogEvent, Policy, PolicySet, RecipientStateName, SuppressionReason } from '@desist/domain';
import type { Verdict } from '@desist/verdicts';

export interface OracleInput {
  /** One recipient's events, in any order, duplicates allowed. */
  readonly events: readonly LogEvent[];
  /** Timers fire up to here, ms. */
  readonly clock: number;
  readonly policy: PolicySet;
  /** The verdict on the reply of a deferred, bounced or expired event; null: it has no reply. */
  readonly verdictOf: (event: DeliveryEvent) => Verdict | null;
  /**
   * The kept answer of the window that closes then, for the provider of the event whose reply is meant. Without it: never.
   * `windows.ts` computes it from a whole log.
   */
  readonly contrastOf?: (event: DeliveryEvent, closesAt: number) => boolean;
  /** Is this failure inside an incident that holds? `incidents.ts` answers it. Without it: none is. */
  readonly heldBack?: (event: DeliveryEvent) => boolean;
}

export interface OracleSuppression {
  readonly scope: string;
  readonly reason: SuppressionReason;
  readonly since: number;
  readonly expiresAt: number | null;
}

/** What an entry says besides. */
export interface OracleDetails {
  readonly scope: string;
  readonly reason: SuppressionReason;
  readonly by: string | null;
  readonly note: string | null;
  readonly source: string | null;
  readonly subdomains: boolean;
}

export interface OracleAllowance {
  readonly scope: string;
  readonly expiresAt: number | null;
}

export type OracleTransitionType =
  'deferred' | 'persistent' | 'soft_bounced' | 'suppressed' | 'released' | 'recovered' | 'allowed' | 'disallowed' | 'at_risk';

export type OracleCause = 'event' | 'deadline' | 'delivered' | 'engaged' | 'expiry' | 'lapse' | 'operator';

export interface OracleTransition {
  readonly type: OracleTransitionType;
  /** When it takes effect, ms. */
  readonly at: number;
  readonly cause: OracleCause;
  readonly scope?: string;
  readonly reason?: SuppressionReason;
  readonly from: RecipientStateName;
  readonly to: RecipientStateName;
}

export interface OracleAnswer {
  readonly state: RecipientStateName;
  /** Sorted by scope, then reason, by code units. */
  readonly suppressions: readonly OracleSuppression[];
  /** Of the same, in the same order. */
  readonly details: readonly OracleDetails[];
  /** Sorted by scope. */
  readonly allowed: readonly OracleAllowance[];
  readonly streak: { readonly startedAt: number; readonly lastAt: number; readonly failures: number } | null;
  /** On probation until then; null: it is not. */
  readonly probationUntil: number | null;
  /** Everything that happened, in order. */
  readonly transitions: readonly OracleTransition[];
}

interface Held {
  scope: string;
  reason: SuppressionReason;
  since: number;
  expiresAt: number | null;
  /** `hard_bounce` only: the messages that bounced; null is a message of its own. */
  bounced: { readonly message: string | null; /** Null: of any. */ readonly stream: string | null }[];
  /** `operator` only: the latest expiry of what was raised into it; null: never. */
  raisedUntil?: number | null;
  by: string | null;
  note: string | null;
  source: string | null;
  subdomains: boolean;
  /** `persistent_deferral` only: the probation after its expiry. */
  after?: { readonly lasts: number; readonly categories: readonly string[] };
}

/** What the last persistent deferral that has expired leaves behind. */
interface Probation {
  readonly until: number;
  readonly categories: readonly string[];
}

interface Streak {
  /** Of the reply that was counted last. */
  source: string | null;
  startedAt: number;
  lastAt: number;
  failures: number;
  policy: Policy;
  warned: boolean;
}

interface GiveUp {
  at: number;
  message: string | null;
  source: string | null;
  policy: Policy;
  category: string;
}

/** A failure that counts, or (`waiting`) may count when its window closes. */
interface Counted {
  id: string;
  at: number;
  message: string | null;
  source: string | null;
  policy: Policy;
  category: string;
  giveUp: boolean;
  /** `at_risk` was announced of a streak that it belongs to. */
  warned: boolean;
}

export interface Machine {
  /** As last announced. */
  state: RecipientStateName;
  /** Every counted failure since evidence was last voided, by time. */
  counted: Counted[];
  /** Failures whose window is open, and the answer that it will give. */
  waiting: (Counted & { closesAt: number; holds: boolean })[];
  /** First and last greylisting since evidence was last voided. */
  greylisted: { first: number; last: number } | null;
  streak: Streak | null;
  giveUps: GiveUp[];
  held: Held[];
  allowed: { scope: string; expiresAt: number | null }[];
  /** `persistent_deferral` suppressions since the last delivery. */
  inARow: number;
  probation: Probation | null;
  /** Ends given by `amend` to what has none by itself, since that was released. */
  amends: { readonly scope: string; readonly reason: SuppressionReason }[];
  transitions: OracleTransition[];
}

export function healthyMachine(): Machine {
  return {
    state: 'healthy',
    counted: [],
    waiting: [],
    greylisted: null,
    streak: null,
    giveUps: [],
    held: [],
    allowed: [],
    inARow: 0,
    probation: null,
    amends: [],
    transitions: [],
  };
}

// --- Time ----------------------------------------------------------------------------------------

/** Everything that holds or ends at `at`, in the fixed order. `rise`: the cause if something gets worse. */
export function look(m: Machine, at: number, rise: 'event' | 'deadline', clock: number): void {
  closeWindows(m, Math.min(at, clock));
  const due = (what: { expiresAt: number | null }): boolean => what.expiresAt !== null && what.expiresAt <= at;
  const over = m.held.find((held) => held.reason === 'persistent_deferral' && due(held));
  if (over) {
    voidEvidence(m);
    const { lasts, categories } = over.after ?? { lasts: 0, categories: [] };
    m.probation = lasts > 0 ? { until: (over.expiresAt ?? 0) + lasts, categories } : null;
  }
  if (m.probation && m.probation.until < at) m.probation = null;
  if (!m.held.some((held) => held.scope === '*' && !due(held))) {
    m.giveUps = m.giveUps.filter((giveUp) => giveUp.at + giveUp.policy.giveUp.remembered > at);
    if (m.streak && at > m.streak.lastAt + m.streak.policy.deferral.largestGap) m.streak = null;
  }
  lift(m, at, 'expiry', due);
  for (const { scope } of m.allowed.filter(due).sort(byScope)) disallow(m, at, 'expiry', scope);
  settle(m, at, rise);
  // A failure of this very instant was still within it.
  if (m.probation && m.probation.until <= at) m.probation = null;
}

function settle(m: Machine, at: number, rise: 'event' | 'deadline'): void {
  if (isSuppressed(m)) return;

  announceStage(m, at, rise, 'lapse');
  const again = m.counted.find(({ category }) => m.probation?.categories.includes(category));
  const proof = again ? { ...again, categories: [again.category] } : proven(m, at);
  if (proof) {
    const list = proof.policy.suppression.expiry;
    const lasts = list[Math.min(m.inARow, list.length - 1)] ?? null;
    m.inARow += 1;
    const expiresAt = lasts === null ? null : at + lasts;
    hold(m, at, rise, { scope: '*', reason: 'persistent_deferral', expiresAt, source: proof.source });
    const held = m.held.find(({ reason }) => reason === 'persistent_deferral');
    if (held) held.after = { lasts: proof.policy.suppression.probation, categories: proof.categories };
    m.probation = null;
    return;
  }
  if (m.streak && !m.streak.warned && isAtRisk(m.streak, at)) {
    m.streak.warned = true;
    for (const counted of m.counted) counted.warned ||= counted.at >= m.streak.startedAt;
    emit(m, 'at_risk', { at, cause: rise, to: m.state });
  }
}

/** What counts by contrast enters at its own time when its window has closed: streak and give-ups are what all counted failures make of them. */
function closeWindows(m: Machine, closedUpTo: number): void {
  const closed = m.waiting.filter(({ closesAt }) => closesAt <= closedUpTo);
  m.waiting = m.waiting.filter((one) => !closed.includes(one));
  const entering = closed.filter(({ holds }) => holds);
  if (entering.length === 0) return;
  m.counted = [...m.counted, ...entering].sort((a, b) => a.at - b.at || compare(a.id, b.id));
  m.streak = null;
  m.giveUps = [];
  for (const counted of m.counted) count(m, counted);
}

/** The next counted failure in order of time. */
function count(m: Machine, { at, message, source, policy, category, giveUp, warned }: Counted): void {
  if (m.streak && at > m.streak.lastAt + m.streak.policy.deferral.largestGap) m.streak = null;
  m.streak ??= { startedAt: at, lastAt: at, failures: 0, policy, warned: false, source };
  m.streak.lastAt = at;
  m.streak.source = source;
  m.streak.failures += 1;
  m.streak.warned ||= warned;
  if (!giveUp) return;
  m.giveUps = m.giveUps.filter((known) => known.at + known.policy.giveUp.remembered >= at);
  if (message === null || !m.giveUps.some((known) => known.message === message)) m.giveUps.push({ at, message, source, policy, category });
}

interface Proof {
  readonly policy: Policy;
  readonly source: string | null;
  /** Of the failures that it rests on. */
  readonly categories: readonly string[];
}

/** The policy under which `persistent_deferral` holds now, and the source of the last reply; or null. */
function proven(m: Machine, at: number): Proof | null {
  const { streak } = m;
  if (streak && isDense(streak) && at >= streak.startedAt + streak.policy.deferral.suppressAfter) {
    const joined = m.counted.filter((one) => one.at >= streak.startedAt);
    return { ...streak, categories: joined.map(({ category }) => category) };
  }
  const first = m.giveUps[0];
  const last = m.giveUps[m.giveUps.length - 1];
  if (!first || !last) return null;
  const { messages, span } = last.policy.giveUp;
  if (m.giveUps.length < messages || last.at - first.at < span) return null;
  return { ...last, categories: m.giveUps.map(({ category }) => category) };
}

function isDense({ startedAt, lastAt, failures, policy }: Streak): boolean {
  return failures >= policy.deferral.suppressFailures && lastAt >= startedAt + policy.deferral.evidenceSpan;
}

function isAtRisk(streak: Streak, at: number): boolean {
  const deadline = streak.startedAt + streak.policy.deferral.suppressAfter;
  const lasts = deadline <= streak.lastAt + streak.policy.deferral.largestGap;
  return lasts && isDense(streak) && at >= deadline - streak.policy.deferral.atRiskBefore && at < deadline;
}

// --- Events --------------------------------------------------------------------------------------

/** Applies one event (`known`: all of its time or before it); true when it was a counted failure that joined the streak. */
export function apply(m: Machine, event: LogEvent, known: readonly LogEvent[], input: OracleInput): boolean {
  const at = event.occurredAt;
  switch (event.type) {
    case 'deferred':
    case 'bounced':
    case 'expired':
      return fail(m, event, known, input);
    case 'engaged': {
      const arrived = event.kind === 'reply' || (event.kind === 'click' && policyOf(input.policy, event).engagement.clicks);
      if (event.kind === 'click' && !arrived) return false;
      showLife(m, event, arrived, 'engaged');
      return false;
    }
    case 'delivered':
      showLife(m, event, true, 'delivered');
      return false;
    case 'complained': {
      const wide = policyOf(input.policy, event).suppression.complaintScope === 'all';
      const scope = wide ? '*' : roomFor(m, event.stream);
      hold(m, at, 'event', { scope, reason: 'complaint', expiresAt: null, source: event.source ?? null });
      return false;
    }
    case 'unsubscribed':
      hold(m, at, 'event', { scope: roomFor(m, event.stream), reason: 'unsubscribe', expiresAt: null, source: event.source ?? null });
      return false;
    case 'suppress':
    case 'release':
    case 'allow':
    case 'disallow':
      command(m, event);
      return false;
    case 'amend':
      amend(m, event);
      return false;
    case 'forget':
      throw new Error('the oracle does not know forget yet');
    case 'accepted':
    case 'rejected':
      throw new Error(`${event.type} is no fact`);
    default:
      event satisfies never;
      return false;
  }
}

/** `arrived`: a message reached the mailbox, so that bounces of others are over. */
function showLife(m: Machine, event: DeliveryEvent, arrived: boolean, cause: 'delivered' | 'engaged'): void {
  const at = event.occurredAt;
  const message = event.messageId ?? null;
  voidEvidence(m);
  m.inARow = 0;
  m.probation = null;
  if (arrived) {
    for (const held of m.held) {
      held.bounced = held.bounced.filter((bounced) => {
        if (bounced.stream !== null && bounced.stream !== event.stream) return true;
        return bounced.message !== null && bounced.message === message;
      });
    }
  }
  lift(m, at, cause, (held) => {
    return held.reason === 'persistent_deferral' || (held.reason === 'hard_bounce' && held.bounced.length === 0);
  });
  announceStage(m, at, cause, cause);
}

function command(m: Machine, event: Command): void {
  const { occurredAt: at, scope } = event;
  const expiresAt = event.expiresAt ?? null;
  if (event.type === 'suppress') {
    const under = roomFor(m, scope);
    const raised = under !== scope;
    const held = m.held.find((one) => one.scope === under && one.reason === 'operator');
    if (!held) {
      const { by = null, note, source = null, subdomains = false } = event;
      hold(m, at, 'operator', { scope: under, reason: 'operator', expiresAt, by, note: note ?? '', source, subdomains });
      const opened = m.held.find((one) => one.scope === under && one.reason === 'operator');
      if (raised && opened) opened.raisedUntil = expiresAt;
      return;
    }
    if (raised) held.raisedUntil = held.raisedUntil === undefined ? expiresAt : latest(held.raisedUntil, expiresAt);
    const asked = raised ? latest(held.expiresAt, expiresAt) : expiresAt;
    const until = held.raisedUntil === undefined ? asked : latest(asked, held.raisedUntil);
    const note = event.note === undefined || event.note === '' ? held.note : event.note;
    const subdomains = held.subdomains || event.subdomains === true;
    if (held.expiresAt === until && held.note === note && held.subdomains === subdomains) return;
    Object.assign(held, { expiresAt: until, note, subdomains });
    emit(m, 'suppressed', { at, cause: 'operator', to: m.state, scope: under, reason: 'operator' });
  }
  if (event.type === 'release') {
    if (scope === '*') {
      voidEvidence(m);
      m.probation = null;
    }
    m.amends = m.amends.filter((one) => {
      return (scope !== '*' && one.scope !== scope) || (one.reason !== 'hard_bounce' && event.force !== true);
    });
    lift(m, at, 'operator', (held) => {
      if (scope !== '*' && held.scope !== scope) return false;
      return event.force === true || (held.reason !== 'complaint' && held.reason !== 'unsubscribe');
    });
    if (scope === '*') announceStage(m, at, 'operator', 'operator');
  }
  if (event.type === 'allow') {
    if (m.allowed.some((one) => one.scope === scope && one.expiresAt === expiresAt)) return;
    const others = m.allowed.filter((one) => one.scope !== '*' && one.scope !== scope);
    if (scope !== '*' && others.length >= LARGEST && !m.allowed.some((one) => one.scope === scope)) return;
    m.allowed = m.allowed.filter((one) => one.scope !== scope);
    m.allowed.push({ scope, expiresAt });
    emit(m, 'allowed', { at, cause: 'operator', to: m.state, scope });
  }
  if (event.type === 'disallow' && m.allowed.some((one) => one.scope === scope)) disallow(m, at, 'operator', scope);
}

function amend(m: Machine, { occurredAt: at, scope, reason, expiresAt, note, subdomains, force }: Command): void {
  const ofScope = m.held.filter((held) => held.scope === scope).sort(byScope);
  const asked = reason ?? (ofScope.some((held) => held.reason === 'operator') ? 'operator' : undefined);
  for (const held of ofScope.filter((one) => asked === undefined || one.reason === asked)) {
    const before = JSON.stringify([held.expiresAt, held.note, held.subdomains]);
    const firm = (held.reason === 'complaint' || held.reason === 'unsubscribe') && force !== true;
    const endless = held.reason !== 'operator' && held.reason !== 'persistent_deferral';
    const refused =
      (firm && expiresAt !== undefined && latest(held.expiresAt, expiresAt) !== expiresAt) || (endless && m.amends.length >= 32);
    if (expiresAt !== undefined && expiresAt !== held.expiresAt && !refused) {
      if (endless) m.amends.push({ scope, reason: held.reason });
      held.expiresAt = held.raisedUntil === undefined ? expiresAt : latest(expiresAt, held.raisedUntil);
    }
    if (note !== undefined) held.note = note === '' ? null : note;
    if (subdomains !== undefined) held.subdomains = subdomains;
    if (JSON.stringify([held.expiresAt, held.note, held.subdomains]) === before) continue;
    emit(m, 'suppressed', { at, cause: 'operator', to: m.state, scope, reason: held.reason });
  }
}

const HARD: ReadonlySet<string> = new Set([
  'user_unknown',
  'domain_not_found',
  'invalid_address',
  'mailbox_disabled',
  'mailbox_moved',
  'recipient_refused',
]);

/** A deferred, bounced or expired event; true when it joined the streak. */
function fail(m: Machine, event: DeliveryEvent, known: readonly LogEvent[], input: OracleInput): boolean {
  if (input.heldBack?.(event) === true) return false;
  const at = event.occurredAt;
  const message = event.messageId ?? null;
  const policy = policyOf(input.policy, event);
  const { verdict, cause } = verdictOn(event, known, input);
  const attribution = policy.attribution[verdict.category] ?? verdict.attribution;

  if (event.type === 'bounced' && attribution === 'recipient' && verdict.permanence === 'permanent' && HARD.has(verdict.category)) {
    const stream = verdict.category === 'recipient_refused' ? event.stream : null;
    const scope = stream === null ? '*' : roomFor(m, stream);
    hold(m, at, 'event', { scope, reason: 'hard_bounce', expiresAt: null, source: event.source ?? null });
    m.held.find((held) => held.scope === scope && held.reason === 'hard_bounce')?.bounced.push({ message, stream });
    return false;
  }
  if (attribution === 'greylisting') {
    const anew = m.greylisted === null || at >= m.greylisted.last + policy.greylisting.renewAfter;
    m.greylisted = { first: anew ? at : (m.greylisted?.first ?? at), last: at };
  }
  const weight = weightOf(verdict, attribution, m.greylisted !== null && at > m.greylisted.first + policy.greylisting.window, policy);
  if (weight === 'never' || isSuppressed(m)) return false;

  const giveUp = event.type !== 'deferred' || (event.permanent === true && input.verdictOf(event) === null);
  const { category } = verdict;
  const counted: Counted = { id: event.id, at, message, source: cause.source ?? null, policy, category, giveUp, warned: false };
  if (weight === 'by contrast') {
    const { window } = policy.contrast;
    const closesAt = (Math.floor(at / window) + 1) * window;
    m.waiting.push({ ...counted, closesAt, holds: input.contrastOf?.(cause, closesAt) ?? false });
    return false;
  }
  if (m.streak && at > m.streak.lastAt + m.streak.policy.deferral.largestGap) {
    m.streak = null;
    announceStage(m, at, 'lapse', 'lapse');
  }
  m.counted.push(counted);
  count(m, counted);
  return true;
}

const NEVER: ReadonlySet<string> = new Set(['recipient_rate_limited', 'upstream_suppressed']);
/** Of the system's replies, those that are said of the route and not of the moment. */
const NO_CONTRAST: ReadonlySet<string> = new Set(['routing_loop', 'relay_denied', 'protocol_error', 'expired']);

function weightOf(verdict: Verdict, attribution: string, isOverdue: boolean, policy: Policy): 'full' | 'by contrast' | 'never' {
  const { category } = verdict;
  if (NEVER.has(category)) return 'never';
  if (attribution === 'recipient') return 'full';
  if (attribution === 'greylisting') return isOverdue ? 'by contrast' : 'never';
  if (attribution !== 'system' && attribution !== 'unknown') return 'never';
  return NO_CONTRAST.has(category) && policy.attribution[category] === undefined ? 'never' : 'by contrast';
}

const UNKNOWN: Verdict = { category: 'unknown', attribution: 'unknown', permanence: 'temporary', rule: 'no_reply' };

interface Judgement {
  readonly verdict: Verdict;
  /** The event whose reply is judged. */
  readonly cause: DeliveryEvent;
}

/** The event's own verdict; of an `expired` that says nothing, that of the message's latest deferral at or before it. */
function verdictOn(event: DeliveryEvent, known: readonly LogEvent[], input: OracleInput): Judgement {
  const own = input.verdictOf(event);
  const isSilent = own === null || own.category === 'expired' || own.attribution === 'local';
  if (event.type !== 'expired' || !isSilent) return { verdict: own ?? UNKNOWN, cause: event };
  if (event.messageId !== undefined) {
    for (const earlier of [...known].reverse()) {
      if (earlier.type !== 'deferred' || earlier.messageId !== event.messageId) continue;
      return { verdict: input.verdictOf(earlier) ?? UNKNOWN, cause: earlier };
    }
  }
  return { verdict: UNKNOWN, cause: event };
}

function policyOf(set: PolicySet, event: DeliveryEvent): Policy {
  const tenant = set.tenants.get(event.tenant);
  return tenant?.streams.get(event.stream) ?? tenant?.base ?? set.base;
}

// --- What holds, and what is announced -------------------------------------------------------------

function isSuppressed(m: Machine): boolean {
  return m.held.some((held) => held.scope === '*');
}

/** The state at `at` as the evidence says it. */
function stateAt(m: Machine, at: number): RecipientStateName {
  if (isSuppressed(m)) return 'suppressed';
  if (m.giveUps.length > 0) return 'soft_bounced';
  if (!m.streak) return 'healthy';
  const { startedAt, failures, policy } = m.streak;
  const d = policy.deferral;
  if (failures >= d.softBounceFailures && at >= startedAt + d.softBounceAfter) return 'soft_bounced';
  if (failures >= d.persistentFailures && at >= startedAt + d.persistentAfter) return 'persistent';
  return 'deferred';
}

/** What waits for its window happened before, too. */
function voidEvidence(m: Machine): void {
  m.counted = [];
  m.waiting = [];
  m.greylisted = null;
  m.streak = null;
  m.giveUps = [];
}

const LARGEST = 256;

/** The scope itself, or `*` when 256 other streams hold suppressions. */
function roomFor(m: Machine, scope: string): string {
  const streams = new Set(m.held.map((held) => held.scope).filter((held) => held !== '*'));
  return scope === '*' || streams.has(scope) || streams.size < LARGEST ? scope : '*';
}

/** Null: never. */
function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

/** Adds a suppression and announces it; one that already holds stays as it is, but for an end that an `amend` gave it. */
function hold(
  m: Machine,
  at: number,
  cause: OracleCause,
  { scope, reason, expiresAt, ...details }: Pick<Held, 'scope' | 'reason' | 'expiresAt'> & Partial<OracleDetails>,
): void {
  const known = m.held.find((held) => held.scope === scope && held.reason === reason);
  if (known) {
    if (known.expiresAt === expiresAt) return;
    known.expiresAt = expiresAt;
    emit(m, 'suppressed', { at, cause, to: m.state, scope, reason });
    return;
  }
  const { by = null, note = null, source = null, subdomains = false } = details;
  m.held.push({ scope, reason, since: at, expiresAt, bounced: [], by, note: note === '' ? null : note, source, subdomains });
  emit(m, 'suppressed', { at, cause, to: scope === '*' ? 'suppressed' : m.state, scope, reason });
}

/** Ends the suppressions that match and announces each. */
function lift(m: Machine, at: number, cause: OracleCause, matches: (held: Held) => boolean): void {
  for (const ended of m.held.filter(matches).sort(byScope)) {
    m.held = m.held.filter((held) => held !== ended);
    const holds = stateAt(m, at);
    // A stream's suppression changes no stage by itself; a rise due at this instant is announced on its own.
    const to = m.state === 'suppressed' || holds === 'healthy' ? holds : m.state;
    emit(m, 'released', { at, cause, to, scope: ended.scope, reason: ended.reason });
  }
}

function disallow(m: Machine, at: number, cause: OracleCause, scope: string): void {
  m.allowed = m.allowed.filter((one) => one.scope !== scope);
  emit(m, 'disallowed', { at, cause, to: m.state, scope });
}

const STAGES = ['healthy', 'deferred', 'persistent', 'soft_bounced', 'suppressed'] as const;

/** Announces a change of the stage, once, from the old to the new. */
function announceStage(m: Machine, at: number, rise: OracleCause, fall: OracleCause): void {
  const to = stateAt(m, at);
  if (to === m.state) return;
  const cause = STAGES.indexOf(to) < STAGES.indexOf(m.state) ? fall : rise;
  emit(m, to === 'healthy' ? 'recovered' : to, { at, cause, to });
}

interface Emitted {
  readonly at: number;
  readonly cause: OracleCause;
  readonly to: RecipientStateName;
  readonly scope?: string;
  readonly reason?: SuppressionReason;
}

function emit(m: Machine, type: OracleTransitionType, { to, ...rest }: Emitted): void {
  m.transitions.push({ type, ...rest, from: m.state, to });
  m.state = to;
}

/** By code units. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function byScope(a: { scope: string; reason?: string }, b: { scope: string; reason?: string }): number {
  return compare(a.scope, b.scope) || compare(a.reason ?? '', b.reason ?? '');
}
