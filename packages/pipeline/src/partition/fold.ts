/**
 * The one interpreter of the log: what an event, a moment or an incident does to the recipients of a partition. A live partition and a
 * replay both fold with it, and so decide the same.
 *
 *   tick(time)      the partition clock goes on to a record's time; windows of the baseline that have ended are decided
 *   fold(event)     an event changes its recipient
 *   advance(clock)  everything that is due by then happens
 *   apply(notice)   an incident excludes failures, or no longer does; each recipient concerned is then folded again (`refold`)
 *
 * Synchronous, over recipients that are at hand. When they are read, and when what they changed is written, is the caller's.
 *
 * The order of things does not depend on how a log is cut into batches. A timer happens when the clock has passed its instant, for at one
 * instant events come before timers. Timers may be looked at later, in one go (`advance`): each is still recorded at the moment at which the
 * clock passed it (`ticks`).
 */
import {
  addFact,
  advanceTo,
  factOf,
  applyExclusions,
  countsOf,
  countsOfNewShadow,
  eraseRecipient,
  isCommand,
  classifyFailure,
  marked,
  measureRegret,
  shadowOf,
  partsOfKey,
  refusalOf,
  viewOf,
} from '@desist/domain';
import type {
  Change,
  Command,
  CommandRefusal,
  DeliveryEvent,
  Fact,
  FoldContext,
  IncidentNotice,
  LogEvent,
  PolicySet,
  ProviderOf,
  Recipient,
  RecipientKey,
  RecipientRef,
} from '@desist/domain';
import { classifierOf } from '@desist/verdicts';
import type { Incidents } from '../incidents/known.ts';
import type { PipelineMetrics } from '../traffic/metrics.ts';
import type { Beginning, Traffic } from '../traffic/traffic.ts';
import type { ContextOf, ShadowPolicy } from './contexts.ts';
import type { Deadlines } from './deadlines.ts';
import type { CachedRecipient, Publisher, Recipients } from './recipients.ts';
import { createTombstones } from './tombstones.ts';

export type Folded =
  /** `changes`: how many were published. `beginning`: the recipient begins to fail with this event. */
  | {
      readonly kind: 'folded';
      readonly changes: number;
      readonly beginning: Beginning | undefined;
      /** The command was to change something, and did not. */
      readonly refused?: CommandRefusal | undefined;
    }
  | { readonly kind: 'duplicate'; readonly changes: number }
  /** Nothing is known against its recipient, and the event says nothing against it. */
  | { readonly kind: 'no_trace' }
  /** The recipient's row belongs to another partition: the record must be refused. */
  | { readonly kind: 'foreign' };

export interface Fold {
  /** The partition clock, ms. */
  clock(): number;
  /** The clock goes on to a record's time, or to the present. Answers whether windows of the baseline were decided. */
  tick(time: number): boolean;
  /** Does this event change anything, as far as is known of its recipient? If so, its recipient must be at hand. */
  leavesTrace(event: LogEvent, key: RecipientKey): boolean;
  /** Folds an event whose recipient is at hand. `offset`: of its record. */
  fold(event: LogEvent, key: RecipientKey, offset: number): Folded;
  /**
   * Everything that is due at or before `limit` (ms, not after the clock) happens. Before it goes on it yields the recipients that
   * it needs at hand. Returns how many recipients it looked at.
   */
  advance(limit: number): Generator<readonly RecipientRef[], number>;
  /** Everything that the clock has passed: due before its present instant, in which events may still come. */
  passed(): Generator<readonly RecipientRef[], number>;
  /** Takes a decision about an incident over. `new` and `unfinished`: the recipients that it concerns are to be folded again. */
  apply(notice: IncidentNotice, announce: boolean): 'new' | 'unfinished' | 'known';
  /** Folds a recipient at hand again if that was last done under another policy. Answers how many changes that published. */
  underPolicy(key: RecipientKey): number;
  /** Compares a recipient at hand with the incidents as they are known now. Undefined: nothing about it is another. */
  refold(key: RecipientKey): { readonly changes: number } | undefined;
}

export interface FoldOptions {
  readonly policies: PolicySet;
  readonly providerOf: ProviderOf;
  readonly contextOf: ContextOf;
  readonly recipients: Recipients;
  readonly deadlines: Deadlines;
  readonly traffic: Traffic;
  readonly incidents: Incidents;
  readonly publisher: Publisher;
  /** Everything is folded with it, too. */
  readonly shadow?: ShadowPolicy | undefined;
  readonly metrics?: PipelineMetrics | undefined;
  /** Where the clock stands, ms. */
  readonly clock: number;
}

/** Recipients whose timers are looked at in one go. */
const DUE_AT_ONCE = 1_000;

export function createFold(options: FoldOptions): Fold {
  const { policies, providerOf, contextOf, recipients, deadlines, traffic, incidents, publisher, shadow, metrics } = options;
  const shadowVersion = shadow?.version ?? null;
  const classifier = classifierOf(policies.rules);
  const tombstones = createTombstones({ recipients, contextOf, publisher });
  let { clock } = options;
  /** The moments at which the clock went on since timers were last looked at, in order. */
  let ticks: number[] = [];

  function tick(time: number): boolean {
    if (time <= clock) return false;
    clock = time;
    ticks.push(time);
    // What was counted before this moment decides.
    return traffic.close(clock);
  }

  /** Timers up to here were looked at. */
  let lookedUpTo = clock - 1;

  /**
   * The last moment before the clock passed `due`: there, what was due happened. At most `limit`. The baseline answers as it did when the
   * clock had come to the instant before.
   */
  function momentOf(due: number, limit: number): number {
    let low = 0;
    let high = ticks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ticks[middle] as number) > due) high = middle;
      else low = middle + 1;
    }
    const before = ticks[low - 1];
    traffic.askedAt(before === undefined ? lookedUpTo : before - 1);
    return Math.min((ticks[low] ?? Number.POSITIVE_INFINITY) - 1, limit);
  }

  /**
   * What is due of this recipient at or before `limit` happens, each at the moment at which the clock passed it. Its own clock goes no
   * further than that: it is the same whether it was looked at then or later.
   */
  function fire(cached: CachedRecipient, limit: number): readonly Change[] {
    const changes = [...exclude(cached, limit), ...fireOf(cached.recipient, contextOf(cached.tenant), limit)];
    if (shadow === undefined) endShadow(cached);
    else countShadow(cached, fireOf(shadowIn(cached, shadow), shadow.contextOf(cached.tenant), limit));
    return changes;
  }

  function fireOf(recipient: Recipient, context: FoldContext, limit: number): readonly Change[] {
    const changes: Change[] = [];
    for (let last = Number.NEGATIVE_INFINITY; ;) {
      const view = viewOf(recipient, context);
      // Folded under another policy: due at once.
      const due = recipient.policy === context.policyVersion ? view.due : Number.MIN_SAFE_INTEGER;
      if (view.untrackable || due === null || due > limit || due <= last) return changes;
      changes.push(...advanceTo(recipient, momentOf(due, limit), context));
      last = due;
    }
  }

  /** The recipient under the shadow policy: made of its evidence when nothing is known of it, or when the policy is another one. */
  function shadowIn(cached: CachedRecipient, { version, contextOf: shadowContextOf }: ShadowPolicy): Recipient {
    if (cached.shadow?.policy !== version) {
      traffic.askedAt(clock - 1);
      const former = cached.shadow ?? cached.formerShadow;
      cached.shadow = shadowOf(cached.recipient, shadowContextOf(cached.tenant));
      cached.formerShadow = undefined;
      traffic.shadowed(placeOf(cached), countsOfNewShadow(cached.shadow, former));
    }
    return cached.shadow as Recipient;
  }

  /** There is no shadow policy any more. */
  function endShadow(cached: CachedRecipient): void {
    if (cached.formerShadow === undefined) return;
    traffic.shadowed(placeOf(cached), countsOfNewShadow(undefined, cached.formerShadow));
    cached.formerShadow = undefined;
  }

  function countShadow(cached: CachedRecipient, changes: readonly Change[]): void {
    if (changes.length > 0) traffic.shadowed(placeOf(cached), changes.flatMap(countsOf));
  }

  /** Erased, too. What is left is made of the evidence that is left: it was counted here. */
  function eraseShadow(cached: CachedRecipient, event: Command, policy: ShadowPolicy): () => void {
    const context = policy.contextOf(cached.tenant);
    const { changes } = eraseRecipient(shadowIn(cached, policy), event.occurredAt, clock, context);
    cached.shadow = undefined;
    return () => {
      countShadow(cached, changes);
      if (cached.recipient.facts.length > 0) cached.shadow = shadowOf(cached.recipient, context);
    };
  }

  /** Excludes the recipient's failures inside of incidents, and includes those that no incident excludes any more. */
  function exclude(cached: CachedRecipient, at: number): readonly Change[] {
    const version = incidents.version();
    if (cached.incidentsVersion === version) return [];
    cached.incidentsVersion = version;
    const { tenant, address, recipient } = cached;
    const which = { incidents: incidents.concerning(tenant, address), known: (id: string) => incidents.isKnown(id) };
    if (shadow !== undefined) countShadow(cached, applyExclusions(shadowIn(cached, shadow), which, at, shadow.contextOf(tenant)));
    return applyExclusions(recipient, which, at, contextOf(tenant));
  }

  function leavesTrace({ type }: LogEvent, key: RecipientKey): boolean {
    if (type === 'accepted' || type === 'rejected') return false;
    // Whom nothing is known against, a delivery or proof of life tells nothing about.
    return (type !== 'delivered' && type !== 'engaged') || deadlines.isTracked(key);
  }

  /** Whoever is not tracked has nothing that a policy could see in another way. */
  function isOfOtherPolicy({ recipient, tenant, shadowPolicy }: CachedRecipient, key: RecipientKey): boolean {
    const isOther = recipient.policy !== contextOf(tenant).policyVersion || shadowPolicy !== shadowVersion;
    return isOther && deadlines.isTracked(key);
  }

  /** What the clock has passed happens before the event does. Answers how many changes that published. */
  function catchUp(cached: CachedRecipient, key: RecipientKey): number {
    const passed = clock - 1;
    const outdated = deadlines.isDue(key, passed) || cached.incidentsVersion !== incidents.version() || isOfOtherPolicy(cached, key);
    if (!outdated || !Number.isFinite(passed)) return 0;
    const changes = fire(cached, passed);
    settle(key, changes);
    return changes.length;
  }

  function fold(event: LogEvent, key: RecipientKey, offset: number): Folded {
    const cached = recipients.get(key);
    if (cached === undefined || !leavesTrace(event, key)) return { kind: 'no_trace' };
    if (cached.foreign) return { kind: 'foreign' };
    const before = catchUp(cached, key);
    traffic.askedAt(clock - 1);
    const folded = (changes: number, beginning?: Beginning, refused?: CommandRefusal): Folded => {
      return { kind: 'folded', changes: before + changes, beginning, refused };
    };
    // Only now is it known whether anything is still against the recipient.
    if (!leavesTrace(event, key)) return folded(0);
    if (event.type === 'forget') {
      const erased = shadow === undefined ? undefined : eraseShadow(cached, event, shadow);
      const changes = tombstones.erase(key, event, clock, offset);
      countChanges(key, changes);
      erased?.();
      if (cached.shadow !== undefined) recipients.settle(key, []);
      return folded(changes.length);
    }
    const made = factOf(event, (failed) => classifyFailure(failed, providerOf, classifier));
    if (made === undefined) {
      if (isUncertainFailure(event)) traffic.uncertain(event, classifyFailure(event, providerOf, classifier));
      return folded(0);
    }
    const { tenant, address, recipient } = cached;
    const fact = marked(made, incidents.concerning(tenant, address), (id) => incidents.isKnown(id));
    if (tombstones.absorbs(cached, fact, offset)) {
      if (!isCommand(event)) traffic.repeated(event);
      recipients.settle(key, []);
      return folded(0, undefined, event.type === 'amend' ? 'nothing_active' : undefined);
    }
    if (isCommand(event)) tombstones.release(cached, event, offset);
    const { facts } = recipient;
    const beginning = fact.kind === 'failure' ? traffic.failed(fact, { tenant, key }, facts, clock) : undefined;
    // Before the fact is among the evidence of which it may be made.
    const other = shadow === undefined ? undefined : shadowIn(cached, shadow);
    const changes = addFact(recipient, fact, clock, contextOf(tenant));
    if (changes === 'duplicate') {
      if (!isCommand(event)) traffic.repeated(event);
      return { kind: 'duplicate', changes: before };
    }
    if (shadow !== undefined && other !== undefined) {
      const decided = addFact(other, fact, clock, shadow.contextOf(tenant));
      if (decided !== 'duplicate') countShadow(cached, decided);
    }
    metrics?.classified(fact, key);
    if (!isCommand(event)) traffic.folded(event, fact, facts);
    settle(key, changes, fact);
    // Asked for the few commands that may be refused: it runs the machine once more.
    const refused = event.type === 'amend' || event.type === 'allow' ? refusalOf(recipient, fact.id, contextOf(tenant)) : undefined;
    return folded(changes.length, beginning, refused);
  }

  /** `fact`: the one that brought the changes about. */
  function settle(key: RecipientKey, changes: readonly Change[], fact?: Fact): void {
    metrics?.changed(changes);
    countChanges(key, changes, fact);
    recipients.settle(key, changes);
  }

  function countChanges(key: RecipientKey, changes: readonly Change[], fact?: Fact): void {
    const cached = recipients.get(key) as CachedRecipient;
    const { recipient } = cached;
    if (changes.length === 0 && recipient.measured.length === 0) return;
    const place = placeOf(cached);
    traffic.changed(place, changes);
    traffic.measured(place, measureRegret(recipient, changes, fact, place.provider));
  }

  function* advance(limit: number): Generator<readonly RecipientRef[], number> {
    let looked = 0;
    for (;;) {
      const keys = deadlines.popDue(limit, DUE_AT_ONCE);
      if (keys.length === 0) break;
      yield keys.map(partsOfKey);
      for (const key of keys) {
        const cached = recipients.get(key);
        if (cached === undefined || cached.foreign) continue;
        settle(key, fire(cached, limit));
      }
      looked += keys.length;
    }
    // Only now: everybody whose window had ended has asked.
    traffic.evict(limit);
    lookedUpTo = limit;
    ticks = ticks.filter((time) => time > limit);
    return looked;
  }

  return {
    clock: () => clock,
    tick,
    leavesTrace,
    fold,
    advance,
    passed: () => advance(clock - 1),
    apply(notice, announce) {
      const outcome = incidents.apply(notice);
      if (outcome === 'new' && announce) publisher.announced(notice, clock);
      return outcome;
    },
    underPolicy(key) {
      const cached = recipients.get(key);
      if (cached === undefined || cached.foreign || !isOfOtherPolicy(cached, key)) return 0;
      return catchUp(cached, key);
    },
    refold(key) {
      const cached = recipients.get(key);
      if (cached === undefined || cached.foreign) return undefined;
      const { facts } = cached.recipient;
      const other = shadow === undefined ? undefined : shadowIn(cached, shadow).facts;
      traffic.askedAt(clock - 1);
      const changes = exclude(cached, clock);
      if (cached.recipient.facts === facts && cached.shadow?.facts === other) return undefined;
      settle(key, changes);
      return { changes: changes.length };
    },
  };
}

/** Where decisions about it count. `provider`: of its latest failure; null: unknown. */
function placeOf({ tenant, address, recipient }: CachedRecipient): RecipientRef & { readonly provider: string | null } {
  const latest = recipient.facts.findLast((one) => one.kind === 'failure');
  return { tenant, address, provider: latest?.kind === 'failure' ? latest.classified.provider : null };
}

/** The reply is true, whomever it concerns. */
function isUncertainFailure(event: LogEvent): event is DeliveryEvent {
  return (
    !isCommand(event) && event.certain === false && (event.type === 'deferred' || event.type === 'bounced' || event.type === 'expired')
  );
}
