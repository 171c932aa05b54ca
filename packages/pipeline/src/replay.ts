/**
 * A replay folds a whole input as one partition, in virtual time: the record time of an event is its `occurredAt`, the
 * clock is the latest one so far, and ends where the caller says. It writes nothing anywhere.
 */
import {
  addFact,
  advanceTo,
  attributionOf,
  endsGreylisting,
  classifierOf,
  factOf,
  forget,
  holdBack,
  judge,
  marked,
  newRecipient,
  recipientKey,
  tenantPolicy,
  viewOf,
} from '@desist/domain';
import type { Change, Fact, FoldContext, IncidentNotice, LogEvent, PolicySet, ProviderOf, Recipient, RecipientView } from '@desist/domain';
import { causeOf, createContrast } from './contrast.ts';
import { createDeadlines } from './deadlines.ts';
import { begins, createIncidentCounts } from './incidents/counts.ts';
import { createIncidents } from './incidents/known.ts';
import { createIncidentWatch } from './incidents/watch.ts';

export interface ReplayedChange {
  readonly tenant: string;
  readonly address: string;
  readonly change: Change;
  /** Dense from 1. */
  readonly number: number;
}

/** What was decided about an incident. */
export interface ReplayedIncident {
  readonly notice: IncidentNotice;
  /** ms */
  readonly recordedAt: number;
  readonly number: number;
}

export type Replayed = ReplayedChange | ReplayedIncident;

export interface ReplayedRecipient {
  readonly tenant: string;
  readonly address: string;
  readonly recipient: Recipient;
  readonly view: RecipientView;
  readonly context: FoldContext;
}

export interface ReplaySummary {
  readonly events: number;
  readonly duplicates: number;
  /** Events after `until`. */
  readonly leftOut: number;
  /** Recipients that ever had a counted or kept event. */
  readonly recipients: number;
  readonly changes: number;
  /** First attempts deferred and accepted some minutes later: greylisting, whatever the replies said. */
  readonly greylisted: number;
  /** Recipients that were erased. */
  readonly forgotten: number;
  /** Incidents that were noticed, or told. */
  readonly incidents: number;
  /** ms; null when there was no event. */
  readonly clock: number | null;
}

export interface Replay {
  /** Folds the next event; answers what it and the time up to it changed. */
  fold(event: LogEvent): readonly Replayed[];
  /** What a log says of an incident. From the first one on none is noticed here: the log's own decisions are taken. */
  hear(notice: IncidentNotice): readonly Replayed[];
  /** Fires everything that is due up to the end. */
  finish(): readonly Replayed[];
  /** Everybody who is not healthy or holds something, by tenant and address. */
  notHealthy(): Iterable<ReplayedRecipient>;
  find(tenant: string, address: string): ReplayedRecipient | undefined;
  summary(): ReplaySummary;
}

interface Folded {
  readonly tenant: string;
  readonly address: string;
  readonly recipient: Recipient;
  /** Its evidence was looked at when this much was known of incidents. */
  told: number;
}

export function createReplay(options: {
  readonly policies: PolicySet;
  readonly providerOf: ProviderOf;
  /** The clock ends here, ms; events after it are left out. Without it the clock ends at the last event. */
  readonly until?: number;
}): Replay {
  const { policies, providerOf, until } = options;
  const classifier = classifierOf(policies.rules);
  const recipients = new Map<string, Folded>();
  const deadlines = createDeadlines();
  const contexts = new Map<string, FoldContext>();
  const incidentCounts = createIncidentCounts([]);
  const incidents = createIncidents([]);
  const watch = createIncidentWatch(policies.base.incidents, incidentCounts);
  const contrast = createContrast({ policies, providerOf, stored: [], incidents: incidentCounts });
  let recorded = false;
  let clock = Number.NEGATIVE_INFINITY;
  let events = 0;
  let duplicates = 0;
  let greylisted = 0;
  let leftOut = 0;
  let number = 0;
  /** Erased: until when, and the last version. */
  const erased = new Map<string, { readonly at: number; readonly version: number }>();

  function contextOf(tenant: string): FoldContext {
    let context = contexts.get(tenant);
    if (context === undefined) {
      context = { policies: tenantPolicy(policies, tenant), policyVersion: policies.version, contrast: contrast.askOf(tenant) };
      contexts.set(tenant, context);
    }
    return context;
  }

  function publish({ tenant, address }: Pick<Folded, 'tenant' | 'address'>, changes: readonly Change[]): ReplayedChange[] {
    return changes.map((change) => ({ tenant, address, change, number: (number += 1) }));
  }

  function settle(key: string, folded: Folded): void {
    const view = viewOf(folded.recipient, contextOf(folded.tenant));
    if (!view.quiet) {
      deadlines.track(key, view.due);
      return;
    }
    deadlines.forget(key);
    folded.recipient.facts = [];
    // A version is never given twice: who has one stays known.
    if (folded.recipient.version === (erased.get(key)?.version ?? 0)) recipients.delete(key);
  }

  function fireDue(limit: number): ReplayedChange[] {
    const published: ReplayedChange[] = [];
    for (;;) {
      const keys = deadlines.takeDue(limit, 1_000);
      if (keys.length === 0) {
        contrast.forget(limit);
        return published;
      }
      for (const key of keys) {
        const folded = recipients.get(key);
        if (folded === undefined) continue;
        published.push(...hold(folded), ...publish(folded, advanceTo(folded.recipient, limit, contextOf(folded.tenant))));
        settle(key, folded);
      }
    }
  }

  // ---------------------------------------------------------------------------------------- incidents

  function hold(folded: Folded): ReplayedChange[] {
    const { tenant, address, recipient } = folded;
    if (folded.told === incidents.version()) return [];
    folded.told = incidents.version();
    const which = { incidents: incidents.concerning(tenant, address), known: (id: string) => incidents.isKnown(id) };
    return publish(folded, holdBack(recipient, which, clock, contextOf(tenant)));
  }

  function carryOut(notice: IncidentNotice): Replayed[] {
    if (incidents.told(notice) !== 'news') return [];
    incidents.progress(notice, 0, 0, true);
    const published: Replayed[] = [{ notice, recordedAt: clock, number: (number += 1) }];
    for (const [key, folded] of [...recipients]) {
      const { facts } = folded.recipient;
      published.push(...hold(folded));
      if (folded.recipient.facts !== facts) settle(key, folded);
    }
    return published;
  }

  /** Does the failure that was just folded begin something? `before`: what was known of the recipient until then. */
  function noticed(fact: Fact, before: readonly Fact[], tenant: string): Replayed[] {
    if (recorded || fact.kind !== 'failure' || fact.judged.provider === null) return [];
    const { base, streams } = tenantPolicy(policies, tenant);
    if (!begins(fact, before, streams.get(fact.stream) ?? base)) return [];
    const { provider, reply } = fact.judged;
    incidentCounts.failed(provider, fact.at, reply);
    const notice = watch.failed(provider, fact.at, clock);
    return notice === undefined ? [] : carryOut(notice);
  }

  function closeIncidents(): Replayed[] {
    return recorded ? [] : watch.over(clock).flatMap(carryOut);
  }

  function noteFailing(tenant: string, key: string, fact: Fact): void {
    if (fact.kind !== 'failure') return;
    const { base, streams } = tenantPolicy(policies, tenant);
    const { verdict, provider } = causeOf(fact, recipients.get(key)?.recipient.facts ?? []);
    const attribution = attributionOf(streams.get(fact.stream) ?? base, verdict);
    if (attribution === 'recipient' || attribution === 'message' || provider === null) return;
    contrast.failed({ tenant, provider, at: fact.at, key }, clock);
  }

  function erase(key: string, { tenant, recipient: address, occurredAt }: LogEvent): ReplayedChange[] {
    const known = recipients.get(key)?.recipient ?? newRecipient();
    const { changes, rest } = forget(known, occurredAt, clock, contextOf(tenant));
    const before = erased.get(key);
    erased.set(key, { at: Math.max(occurredAt, before?.at ?? occurredAt), version: Math.max(rest.version, before?.version ?? 0) });
    const folded = { tenant, address, recipient: rest, told: 0 };
    recipients.set(key, folded);
    const published = publish(folded, changes);
    settle(key, folded);
    return published;
  }

  function leavesTrace(event: LogEvent, key: string): boolean {
    if (event.type === 'accepted' || event.type === 'rejected') return false;
    return event.type !== 'delivered' || deadlines.isTracked(key);
  }

  return {
    fold(event) {
      if (until !== undefined && event.occurredAt > until) {
        leftOut += 1;
        return [];
      }
      events += 1;
      // What was due before this moment comes first; at one instant, events come before timers.
      contrast.close(Math.max(clock, event.occurredAt));
      const published: Replayed[] = event.occurredAt > clock ? fireDue(event.occurredAt - 1) : [];
      clock = Math.max(clock, event.occurredAt);
      published.push(...closeIncidents());
      const key = recipientKey(event.tenant, event.recipient);
      if (event.type === 'delivered') contrast.deliveredEvent(event, key, clock);
      if (!leavesTrace(event, key)) return published;
      if (event.type === 'forget') {
        published.push(...erase(key, event));
        return published;
      }
      const made = factOf(event, (failed) => judge(failed, providerOf, classifier));
      const before = erased.get(key);
      if (made === undefined || (before !== undefined && made.at <= before.at)) return published;
      const fact = marked(made, incidents.concerning(event.tenant, event.recipient), (id) => incidents.isKnown(id));
      noteFailing(event.tenant, key, fact);
      let folded = recipients.get(key);
      if (folded === undefined) {
        const recipient = { ...newRecipient(), version: before?.version ?? 0 };
        folded = { tenant: event.tenant, address: event.recipient, recipient, told: 0 };
        recipients.set(key, folded);
      }
      published.push(...hold(folded));
      const { facts } = folded.recipient;
      const healed = fact.kind === 'delivered' && endsGreylisting(folded.recipient.facts, fact);
      const changes = addFact(folded.recipient, fact, clock, contextOf(event.tenant));
      if (changes === 'duplicate') duplicates += 1;
      else {
        if (healed) greylisted += 1;
        published.push(...publish(folded, changes));
      }
      settle(key, folded);
      published.push(...noticed(fact, facts, event.tenant));
      return published;
    },
    hear(notice) {
      recorded = true;
      return carryOut(notice);
    },
    finish() {
      if (until !== undefined) clock = Math.max(clock, until);
      contrast.close(clock);
      return [...closeIncidents(), ...fireDue(clock)];
    },
    *notHealthy() {
      for (const key of [...recipients.keys()].sort()) {
        const { tenant, address, recipient } = recipients.get(key) as Folded;
        const context = contextOf(tenant);
        const view = viewOf(recipient, context);
        if (view.state === 'healthy' && view.suppressions.length === 0 && view.allowed.length === 0) continue;
        yield { tenant, address, recipient, view, context };
      }
    },
    find(tenant, address) {
      const folded = recipients.get(recipientKey(tenant, address));
      if (folded === undefined) return undefined;
      const context = contextOf(tenant);
      return { ...folded, view: viewOf(folded.recipient, context), context };
    },
    summary: () => ({
      events,
      duplicates,
      leftOut,
      recipients: recipients.size,
      changes: number,
      greylisted,
      forgotten: erased.size,
      incidents: incidents.size(),
      clock: Number.isFinite(clock) ? clock : null,
    }),
  };
}
