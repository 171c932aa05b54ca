/**
 * A replay folds a whole input as one partition, in virtual time: the record time of an event is its `occurredAt`, and the clock is the
 * latest record time so far, up to the end that the caller gives. It writes nothing, and decides like a live partition because it uses
 * the same fold.
 *
 *   event ──> timers before it ──> fold ──> detect incidents ──> apply
 *
 * Nearly all events are deliveries to recipients of which nothing is known: those are recognised on their bytes (`peeked`), as a live
 * partition does.
 */
import { HOUR, recipientKey, spares, viewOf } from '@desist/domain';
import type {
  Change,
  FoldContext,
  IncidentNotice,
  LogEvent,
  PolicySet,
  ProviderOf,
  Recipient,
  RecipientView,
  SenderNotice,
  Tenant,
  Address,
  RecipientKey,
  RecipientRef,
} from '@desist/domain';
import { createIncidents } from '../incidents/known.ts';
import { createSenderWatch } from '../incidents/sender-watch.ts';
import type { SenderCounted } from '../incidents/sender-watch.ts';
import { createIncidentWatch } from '../incidents/watch.ts';
import { createContexts } from '../partition/contexts.ts';
import { createDeadlines } from '../partition/deadlines.ts';
import { createFold } from '../partition/fold.ts';
import { createRecipients } from '../partition/recipients.ts';
import type { CachedRecipient } from '../partition/recipients.ts';
import { createPipelineMetrics } from '../traffic/metrics.ts';
import { hashOfKey, textOf } from '../traffic/key-hash.ts';
import { createTraffic } from '../traffic/traffic.ts';
import type { PeekedAcceptance } from '../traffic/traffic.ts';

export interface ReplayedChange {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly change: Change;
  /** 1, 2, 3, … without gaps. */
  readonly number: number;
}

/** A decision about an incident. */
export interface ReplayedIncident {
  readonly notice: IncidentNotice;
  /** ms */
  readonly recordedAt: number;
  readonly number: number;
}

export interface ReplayedSenderIncident {
  readonly sender: SenderNotice;
  /** ms */
  readonly recordedAt: number;
  readonly number: number;
}

export type Replayed = ReplayedChange | ReplayedIncident | ReplayedSenderIncident;

export interface ReplayedRecipient {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly recipient: Recipient;
  readonly view: RecipientView;
  readonly context: FoldContext;
}

export interface ReplaySummary {
  readonly events: number;
  readonly duplicates: number;
  /** Events after `until`. */
  readonly leftOut: number;
  /** Recipients with at least one event that was counted or kept. */
  readonly recipients: number;
  readonly changes: number;
  /** First attempts that were deferred and accepted some minutes later, whatever the replies said. */
  readonly greylisted: number;
  /** Recipients that were erased. */
  readonly erased: number;
  /** Incidents that were detected here or found in the log. */
  readonly incidents: number;
  /** Sender incidents, likewise. */
  readonly senderIncidents: number;
  /** ms; null when there was no event. */
  readonly clock: number | null;
}

export interface Replay {
  /** Folds the next event. Returns the changes that the event and the time up to it caused. */
  fold(event: LogEvent): readonly Replayed[];
  /**
   * The next event, recognised on its bytes as a delivery or acceptance. Returns undefined when something is known of its recipient: then it
   * must be decoded and folded.
   */
  peeked(type: 'delivered' | 'accepted', event: PeekedAcceptance): readonly Replayed[] | undefined;
  /** Applies a decision from a log. From the first one on, detection is off: the log contains the decisions. */
  apply(notice: IncidentNotice): readonly Replayed[];
  /** Says what a log decided about a sender incident. From the first one on, they are not detected here. */
  applySender(notice: SenderNotice): readonly Replayed[];
  /** Fires all timers that are due up to the end. */
  finish(): readonly Replayed[];
  /** Recipients that are not healthy or have a suppression or allowance, in order of tenant and address. */
  notHealthy(): Iterable<ReplayedRecipient>;
  find(tenant: Tenant, address: Address): ReplayedRecipient | undefined;
  /** Whether what was in force before this moment would have spared a message of this stream. */
  spares(key: RecipientKey, stream: string, at: number): boolean;
  /** Events so far, and those among them that were known already. */
  counts(): Pick<ReplaySummary, 'events' | 'duplicates' | 'leftOut'>;
  /** The clock, ms. Null: there was no event. */
  clock(): number | null;
  summary(): ReplaySummary;
}

export interface ReplayOptions {
  readonly policies: PolicySet;
  readonly providerOf: ProviderOf;
  /** End of the clock, ms; later events are left out. Default: the time of the last event. */
  readonly until?: number;
  /** Only what decides about recipients: no sender incidents, nothing for statistics. */
  readonly decisionsOnly?: boolean;
}

const NOTHING: readonly Replayed[] = [];
const NOTHING_STORED = { baseline: [], incidentCounts: [], rollups: [] };

/** Folded recipients after which those without state are dropped. */
const SWEEP_AT = 1_000;

export function createReplay({ policies, providerOf, until, decisionsOnly = false }: ReplayOptions): Replay {
  const metrics = createPipelineMetrics(providerOf);
  const deadlines = createDeadlines();
  const stored = { ...NOTHING_STORED, rollups: decisionsOnly ? null : NOTHING_STORED.rollups };
  const traffic = createTraffic({ policies, providerOf, stored, metrics, replays: true });
  const incidents = createIncidents([]);
  const watch = createIncidentWatch(policies.base.incidents, traffic.incidentCounts);
  const senders = createSenderWatch(policies.base.senderIncidents);
  const senderIncidents = new Set<string>();
  const contextOf = createContexts(policies, (tenant) => traffic.askOf(tenant));
  /** Erased recipients by key. */
  const erased = new Set<string>();
  let published: Replayed[] = [];
  let sequence = 0;
  const publisher = {
    changed({ tenant, address }: CachedRecipient, changes: readonly Change[]) {
      for (const change of changes) published.push({ tenant, address, change, number: (sequence += 1) });
    },
    announced: (notice: IncidentNotice, recordedAt: number) => void published.push({ notice, recordedAt, number: (sequence += 1) }),
    erased: ({ tenant, address }: CachedRecipient) => void erased.add(recipientKey(tenant, address)),
  };
  const recipients = createRecipients({ deadlines, contextOf, publisher, atHand: Number.POSITIVE_INFINITY });
  const fold = createFold({
    ...{ policies, providerOf, contextOf, recipients, deadlines, traffic, incidents, publisher, metrics },
    clock: Number.NEGATIVE_INFINITY,
  });
  /** The log contains decisions about incidents. */
  let decisionsInLog = false;
  /** And about sender incidents. */
  let sendersInLog = false;
  let drainedAt = Number.NEGATIVE_INFINITY;
  let events = 0;
  let duplicates = 0;
  let leftOut = 0;

  function drain(): readonly Replayed[] {
    if (recipients.dirty() >= SWEEP_AT) sweep();
    if (published.length === 0) return NOTHING;
    const drained = published;
    published = [];
    return drained;
  }

  /**
   * Drops recipients without state. Kept are those with a version, which is never reused, with facts, which recognise late repetitions,
   * and those that were erased.
   */
  function sweep(): void {
    for (const { tenant, address, recipient, tombstone } of recipients.drain()) {
      const key = recipientKey(tenant, address);
      const isNothing = recipient.version === 0 && recipient.facts.length === 0 && tombstone === undefined;
      if (isNothing && !deadlines.isTracked(key)) recipients.delete(key);
    }
  }

  /** Runs timers to the end. They yield recipients to load, but a replay has all of them in memory. */
  function runTimers(timers: Generator<readonly RecipientRef[], number>): void {
    while (timers.next().done !== true);
  }

  function applyNotice(notice: IncidentNotice): void {
    runTimers(fold.passed());
    if (fold.apply(notice, true) === 'known') return;
    incidents.progress(notice, 0, 0, true);
    for (const key of [...recipients.keys()]) fold.refold(key);
  }

  function closeIncidents(): void {
    if (!decisionsInLog) for (const notice of watch.over(fold.clock())) applyNotice(notice);
  }

  function publishSender(sender: SenderNotice): void {
    senderIncidents.add(sender.id);
    published.push({ sender, recordedAt: fold.clock(), number: (sequence += 1) });
  }

  const counted = (clock: number): SenderCounted => traffic.counted({ now: clock, present: clock });

  /** `last`: nothing follows, so the quarter that has begun is looked at, too. */
  function watchSenders(last = false): void {
    if (decisionsOnly) {
      if (fold.clock() - drainedAt < HOUR) return;
      // What was counted is dropped, as a commit would.
      drainedAt = fold.clock();
      counted(drainedAt);
      return;
    }
    const decided = senders.passed(fold.clock(), counted, last);
    if (!sendersInLog) for (const notice of decided) publishSender(notice);
  }

  function isLeftOut(occurredAt: number): boolean {
    if (until === undefined || occurredAt <= until) return false;
    leftOut += 1;
    return true;
  }

  /** The clock goes on to an event, and what was due before it happens. */
  function passTime(occurredAt: number): void {
    if (occurredAt > fold.clock()) {
      fold.tick(occurredAt);
      runTimers(fold.passed());
    }
    closeIncidents();
    watchSenders();
  }

  function toReplayed({ tenant, address, recipient }: CachedRecipient): ReplayedRecipient {
    const context = contextOf(tenant);
    return { tenant, address, recipient, view: viewOf(recipient, context), context };
  }

  return {
    fold(event) {
      const { occurredAt, tenant, recipient: address } = event;
      if (isLeftOut(occurredAt)) return NOTHING;
      events += 1;
      passTime(occurredAt);
      const key = recipientKey(tenant, address);
      if (event.type === 'delivered') traffic.delivered(event, key, fold.clock());
      if (!fold.leavesTrace(event, key)) return drain();
      if (recipients.get(key) === undefined) recipients.add({ tenant, address });
      const folded = fold.fold(event, key, events);
      if (folded.kind === 'duplicate') duplicates += 1;
      if (folded.kind === 'folded' && folded.beginning !== undefined && !decisionsInLog) {
        for (const notice of watch.failed(folded.beginning, fold.clock())) applyNotice(notice);
      }
      return drain();
    },
    peeked(type, { key, value, offsets }) {
      const { occurredAt } = offsets;
      if (isLeftOut(occurredAt)) return NOTHING;
      passTime(occurredAt);
      if (type === 'delivered') {
        const keyHash = hashOfKey(key);
        if (deadlines.mayBeTracked(keyHash) && deadlines.isTracked(textOf(key) as RecipientKey)) return undefined;
        traffic.deliveredRecord({ key, keyHash, value, offsets }, fold.clock());
      }
      events += 1;
      return drain();
    },
    apply(notice) {
      decisionsInLog = true;
      // A decision after the end was not known at the end.
      if (until === undefined || notice.at <= until) applyNotice(notice);
      return drain();
    },
    applySender(notice) {
      sendersInLog = true;
      if (until === undefined || notice.at <= until) publishSender(notice);
      return drain();
    },
    finish() {
      if (until !== undefined) fold.tick(until);
      closeIncidents();
      if (Number.isFinite(fold.clock())) watchSenders(true);
      runTimers(fold.advance(fold.clock()));
      return drain();
    },
    *notHealthy() {
      for (const key of [...recipients.keys()].sort()) {
        const one = toReplayed(recipients.get(key) as CachedRecipient);
        const { state, suppressions, allowed } = one.view;
        if (state !== 'healthy' || suppressions.length > 0 || allowed.length > 0) yield one;
      }
    },
    find(tenant, address) {
      const cached = recipients.get(recipientKey(tenant, address));
      return cached === undefined ? undefined : toReplayed(cached);
    },
    spares(key, stream, at) {
      const cached = recipients.get(key);
      return cached !== undefined && spares(cached.recipient.published, stream, at);
    },
    counts: () => ({ events, duplicates, leftOut }),
    clock: () => (Number.isFinite(fold.clock()) ? fold.clock() : null),
    summary() {
      sweep();
      return {
        events,
        duplicates,
        leftOut,
        recipients: recipients.size(),
        changes: sequence,
        greylisted: [...metrics.greylistings.values()].reduce((sum, count) => sum + count, 0),
        erased: erased.size,
        incidents: incidents.size(),
        senderIncidents: senderIncidents.size,
        clock: Number.isFinite(fold.clock()) ? fold.clock() : null,
      };
    },
  };
}
