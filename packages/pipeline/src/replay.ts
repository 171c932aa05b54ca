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
  judge,
  newRecipient,
  recipientKey,
  tenantPolicy,
  viewOf,
} from '@desist/domain';
import type { Change, Fact, FoldContext, LogEvent, PolicySet, ProviderOf, Recipient, RecipientView } from '@desist/domain';
import { causeOf, createContrast } from './contrast.ts';
import { createDeadlines } from './deadlines.ts';

export interface ReplayedChange {
  readonly tenant: string;
  readonly address: string;
  readonly change: Change;
  /** Dense from 1. */
  readonly number: number;
}

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
  /** ms; null when there was no event. */
  readonly clock: number | null;
}

export interface Replay {
  /** Folds the next event; answers what it and the time up to it changed. */
  fold(event: LogEvent): readonly ReplayedChange[];
  /** Fires everything that is due up to the end. */
  finish(): readonly ReplayedChange[];
  /** Everybody who is not healthy or holds something, by tenant and address. */
  notHealthy(): Iterable<ReplayedRecipient>;
  find(tenant: string, address: string): ReplayedRecipient | undefined;
  summary(): ReplaySummary;
}

interface Folded {
  readonly tenant: string;
  readonly address: string;
  readonly recipient: Recipient;
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
  const contrast = createContrast({ policies, providerOf, stored: [] });
  let clock = Number.NEGATIVE_INFINITY;
  let events = 0;
  let duplicates = 0;
  let greylisted = 0;
  let leftOut = 0;
  let number = 0;

  function contextOf(tenant: string): FoldContext {
    let context = contexts.get(tenant);
    if (context === undefined) {
      context = { policies: tenantPolicy(policies, tenant), policyVersion: policies.version, contrast: contrast.askOf(tenant) };
      contexts.set(tenant, context);
    }
    return context;
  }

  function publish({ tenant, address }: Folded, changes: readonly Change[]): ReplayedChange[] {
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
    if (folded.recipient.version === 0) recipients.delete(key);
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
        published.push(...publish(folded, advanceTo(folded.recipient, limit, contextOf(folded.tenant))));
        settle(key, folded);
      }
    }
  }

  function noteFailing(tenant: string, key: string, fact: Fact): void {
    if (fact.kind !== 'failure') return;
    const { base, streams } = tenantPolicy(policies, tenant);
    const { verdict, provider } = causeOf(fact, recipients.get(key)?.recipient.facts ?? []);
    const attribution = attributionOf(streams.get(fact.stream) ?? base, verdict);
    if (attribution === 'recipient' || attribution === 'message' || provider === null) return;
    contrast.failed({ tenant, provider, at: fact.at, key }, clock);
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
      const published = event.occurredAt > clock ? fireDue(event.occurredAt - 1) : [];
      clock = Math.max(clock, event.occurredAt);
      const key = recipientKey(event.tenant, event.recipient);
      if (event.type === 'delivered') contrast.deliveredEvent(event, key, clock);
      if (!leavesTrace(event, key)) return published;
      const fact = factOf(event, (failed) => judge(failed, providerOf, classifier));
      if (fact === undefined) return published;
      noteFailing(event.tenant, key, fact);
      let folded = recipients.get(key);
      if (folded === undefined) {
        folded = { tenant: event.tenant, address: event.recipient, recipient: newRecipient() };
        recipients.set(key, folded);
      }
      const healed = fact.kind === 'delivered' && endsGreylisting(folded.recipient.facts, fact);
      const changes = addFact(folded.recipient, fact, clock, contextOf(event.tenant));
      if (changes === 'duplicate') duplicates += 1;
      else {
        if (healed) greylisted += 1;
        published.push(...publish(folded, changes));
      }
      settle(key, folded);
      return published;
    },
    finish() {
      if (until !== undefined) clock = Math.max(clock, until);
      contrast.close(clock);
      return fireDue(clock);
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
      clock: Number.isFinite(clock) ? clock : null,
    }),
  };
}
