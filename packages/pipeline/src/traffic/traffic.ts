/**
 * Counts the traffic of a partition. Each event is resolved to its tenant and provider once; everything that counts by them
 * gets the result.
 *
 *   event ──> lookup ──> TenantProvider ──┬──> baseline          did the provider accept other mail meanwhile?
 *                                         ├──> incident counts   do many recipients start to fail there together?
 *                                         ├──> roll-ups          what happened, by quarter of an hour
 *                                         ├──> sender replies    what refuses tries for the sender's fault
 *                                         └──> metrics
 */
import { attributionOf, countsOf, domainOf, endsGreylisting, recipientKey, streamPolicy, tenantPolicy } from '@desist/domain';
import type {
  AskBaseline,
  Change,
  ChangeCount,
  ClassifiedReply,
  DeliveryEvent,
  Fact,
  FailureFact,
  Policy,
  PolicySet,
  ProviderOf,
  RecipientKey,
  RecipientRef,
  RegretCount,
  Tenant,
} from '@desist/domain';
import { NO_REPLY } from '@desist/verdicts';
import type { FieldOffsets } from '../ports/codec.ts';
import type { BaselineWrite, IncidentCount, RollupWrite } from '../ports/commit-plan.ts';
import type { SenderReplyRow } from '../ports/sender-incidents.ts';
import { createBaseline } from './baseline.ts';
import { begins, createIncidentCounts } from './incident-counts.ts';
import type { IncidentCounts } from './incident-counts.ts';
import { hashOfText, hashOn, WORD } from './key-hash.ts';
import { firstAttemptOf, isRepeatedEnd, startsMessage } from './messages.ts';
import type { PipelineMetrics } from './metrics.ts';
import { createProviderLookup } from './provider-lookup.ts';
import { createEventRollups, createRollups, NO_ROLLUPS } from './rollups.ts';
import type { RollupCommit, Rollups } from './rollups.ts';
import { createSenderReplies } from './sender-replies.ts';
import type { Route } from './tenant-provider.ts';

/** A recipient that started to fail at a provider. */
export interface Beginning {
  readonly tenant: Tenant;
  readonly provider: string;
  /** ms */
  readonly at: number;
}

/** A record that says `delivered`, not decoded. */
export interface PeekedDelivery {
  readonly key: Uint8Array;
  /** `hashOfKey` */
  readonly keyHash: number;
  readonly value: Uint8Array;
  readonly offsets: FieldOffsets;
}

/** A record that says `accepted`, not decoded. */
export type PeekedAcceptance = Omit<PeekedDelivery, 'keyHash'>;

export interface Traffic {
  /** An acceptance that was recognised on its bytes. */
  acceptedRecord(record: PeekedAcceptance): void;
  /** An event that leaves no trace at its recipient, at least when nothing is known of it. */
  passed(event: DeliveryEvent): void;
  /** An event that its recipient knows for the first time: roll-ups. `before`: what is known of it without the event. */
  folded(event: DeliveryEvent, fact: Fact, before: readonly Fact[]): void;
  /** The recipient knew this event: what was counted when it was read is taken back. */
  repeated(event: DeliveryEvent): void;
  /** An event that may be about another recipient: its reply is counted, whatever it means for this one. */
  uncertain(event: DeliveryEvent, reply: ClassifiedReply): void;
  /** What became of a recipient. `provider`: of its latest failure; null: unknown. */
  changed(of: RecipientRef & { readonly provider: string | null }, changes: readonly Change[]): void;
  /** What the shadow policy has decided of a recipient. `provider`: as above. */
  shadowed(of: RecipientRef & { readonly provider: string | null }, counts: readonly ChangeCount[]): void;
  /** What became known of a recipient's suppressions: whether they were right. */
  measured(of: RecipientRef, counts: readonly RegretCount[]): void;
  /** A delivery that was recognised on its bytes. `clock`: the partition's, ms. */
  deliveredRecord(record: PeekedDelivery, clock: number): void;
  /** A delivery that was decoded. `key`: `tenant/address`. */
  delivered(event: DeliveryEvent, key: RecipientKey, clock: number): void;
  /** A failure. `before`: the recipient's earlier facts. Returns the beginning if the recipient starts to fail with it. */
  failed(
    failure: FailureFact,
    of: { readonly tenant: Tenant; readonly key: RecipientKey },
    before: readonly Fact[],
    clock: number,
  ): Beginning | undefined;
  /** Decides the windows of the baseline that have ended at this clock. Returns whether there were any. */
  close(clock: number): boolean;
  /** Drops baseline answers that are too old at this moment, ms. */
  evict(moment: number): void;
  /** From here on, baseline answers that are too old at this moment (ms) are withheld. */
  askedAt(moment: number): void;
  askOf(tenant: Tenant): AskBaseline;
  readonly incidentCounts: Pick<IncidentCounts, 'of' | 'at'>;
  /** The counts since the last call, for the next commit. */
  drain(commit: RollupCommit): {
    readonly baseline: BaselineWrite | null;
    readonly incidentCounts: readonly IncidentCount[];
    readonly rollups: RollupWrite | null;
    readonly senderReplies: readonly SenderReplyRow[];
  };
  /** As `drain`, of a replay: what it looks at. */
  counted(commit: RollupCommit): { readonly rollups: RollupWrite | null; readonly senderReplies: readonly SenderReplyRow[] };
}

export interface TrafficOptions {
  readonly policies: PolicySet;
  readonly providerOf: ProviderOf;
  /** The state that the last owner of the partition committed. `rollups`: null when nobody writes them: see `replays`. */
  readonly stored: {
    readonly baseline: readonly string[];
    readonly incidentCounts: readonly IncidentCount[];
    readonly rollups: readonly string[] | null;
  };
  readonly metrics?: PipelineMetrics | undefined;
  /** Nothing is written: roll-ups are counted only as far as a replay needs them. */
  readonly replays?: boolean;
}

export function createTraffic({ policies, providerOf, stored, metrics, replays = false }: TrafficOptions): Traffic {
  const lookup = createProviderLookup(policies, providerOf);
  const baseline = createBaseline(policies, stored.baseline, !replays);
  const incidentCounts = createIncidentCounts(stored.incidentCounts, { isWritten: !replays });
  const rollups = rollupsOf();
  const senderReplies = createSenderReplies();

  function rollupsOf(): Rollups {
    if (stored.rollups === null) return NO_ROLLUPS;
    return replays ? createEventRollups() : createRollups(stored.rollups, (events) => metrics?.tooOld(events));
  }

  function count({ to }: Route, hash: number, at: number, clock: number): void {
    baseline.delivered(to, hash, at, clock);
    incidentCounts.delivered(to, at);
    if (metrics === undefined) return;
    to.counts ??= metrics.countsOf(to.provider);
    to.counts.delivered += 1;
  }

  function routeOf({ tenant, recipient, remoteHost }: DeliveryEvent): Route {
    return lookup.ofAddress(tenant, recipient, remoteHost);
  }

  function policyOf(tenant: Tenant, stream: string): Policy {
    return streamPolicy(tenantPolicy(policies, tenant), stream);
  }

  /** `times`: -1 takes it back. `reply`: of a failure. */
  function rollUp(event: DeliveryEvent, { to, domain }: Route, times: 1 | -1, reply?: ClassifiedReply): void {
    const { tenant, stream, pool = '', type, occurredAt } = event;
    const verdict =
      reply === undefined
        ? undefined
        : { category: reply.verdict.category, attribution: attributionOf(policyOf(tenant, stream), reply.verdict) };
    const { provider } = to;
    const kind = event.kind === undefined ? {} : { category: event.kind };
    rollups.count('events', occurredAt, { tenant, provider, stream, pool, type, ...verdict, ...kind }, times);
    if (reply !== undefined && verdict?.attribution === 'sender' && isTry(type)) {
      const key = recipientKey(tenant, event.recipient);
      senderReplies.count({ tenant, provider, pool, at: occurredAt, category: verdict.category, reply: reply.reply, key });
    }
    const category = verdict === undefined ? {} : { category: verdict.category };
    if (type !== 'accepted') rollups.count('domains', occurredAt, { tenant, provider, domain, type, ...category }, times);
  }

  function countDecisions(
    family: 'changes' | 'shadow',
    { tenant, address, provider }: RecipientRef & { readonly provider: string | null },
    counts: readonly (Omit<ChangeCount, 'type'> & { readonly type: string })[],
  ): void {
    if (counts.length === 0) return;
    const domain = domainOf(address);
    const own = provider ?? lookup.ofAddress(tenant, address, undefined).to.provider;
    for (const { type, at, reason, times } of counts) {
      rollups.count(family, at, { tenant, provider: own, domain, type, category: reason ?? '' }, times);
    }
  }

  /** What became of a message counts where its first deferral does, so that a share of those deferred then can be told. */
  function countMessage(type: string, { to, domain }: Route, at: number): void {
    rollups.count('domains', at, { tenant: to.tenant, provider: to.provider, domain, type });
  }

  return {
    deliveredRecord(record, clock) {
      const { key, keyHash, value, offsets } = record;
      const { occurredAt, messageStart, messageEnd } = offsets;
      const end = Math.min(messageEnd, messageStart + WORD);
      const route = lookup.ofRecord(key, value, offsets);
      rollups.tick(clock);
      count(route, hashOn(keyHash, value, messageStart, end), occurredAt, clock);
      rollups.peeked('delivered', route, occurredAt, record);
    },
    acceptedRecord(record) {
      const { key, value, offsets } = record;
      rollups.peeked('accepted', lookup.ofRecord(key, value, offsets), offsets.occurredAt, record);
    },
    delivered(event, key, clock) {
      const { occurredAt, messageId = '' } = event;
      const hash = hashOfText(messageId.slice(0, WORD), hashOfText(key));
      const route = routeOf(event);
      rollups.tick(clock);
      count(route, hash, occurredAt, clock);
      if (event.certain !== false) rollUp(event, route, 1);
    },
    passed(event) {
      if (event.certain !== false) rollUp(event, routeOf(event), 1);
    },
    folded(event, fact, before) {
      const route = routeOf(event);
      if (fact.kind === 'delivered') {
        const first = firstAttemptOf(before, fact);
        if (first === undefined) return;
        const ms = fact.at - first.at;
        if (!isRepeatedEnd(before, fact)) countMessage('delivered_message', route, first.at);
        rollups.waited('delivery', route, fact.at, ms);
        metrics?.waited(route.to.provider, ms);
        if (!endsGreylisting(before, fact)) return;
        rollups.waited('greylisting', route, fact.at, ms);
        metrics?.greylisted(route.to.provider);
        return;
      }
      // Counted when it was read.
      if (fact.kind === 'engaged') return;
      if (fact.kind !== 'failure') {
        rollUp(event, route, 1);
        return;
      }
      rollUp(event, route, 1, causeOf(fact, before));
      if (startsMessage(before, fact)) countMessage('deferred_message', route, fact.at);
      const first = fact.type === 'deferred' ? undefined : firstAttemptOf(before, fact);
      if (first !== undefined && !isRepeatedEnd(before, fact)) countMessage('given_up_message', route, first.at);
    },
    repeated(event) {
      if ((event.type === 'delivered' || event.type === 'engaged') && event.certain !== false) rollUp(event, routeOf(event), -1);
    },
    uncertain(event, reply) {
      rollUp(event, routeOf(event), 1, reply);
    },
    changed(of, changes) {
      countDecisions('changes', of, changes.flatMap(countsOf));
    },
    shadowed(of, counts) {
      const own = counts.filter(({ type }) => type === 'suppressed' || type === 'released');
      countDecisions(
        'shadow',
        of,
        own.map((one) => ({ ...one, type: `shadow_${one.type}` })),
      );
    },
    measured({ tenant, address }, counts) {
      if (counts.length === 0) return;
      const domain = domainOf(address);
      for (const { type, at, reason, category, provider: own, times } of counts) {
        const provider = own ?? lookup.ofAddress(tenant, address, undefined).to.provider;
        rollups.count('regret', at, { tenant, provider, domain, type, category, attribution: reason }, times);
        metrics?.measured({ type, reason, provider, times });
      }
    },
    failed(failure, { tenant, key }, before, clock) {
      const policy = policyOf(tenant, failure.stream);
      const { verdict, provider } = causeOf(failure, before);
      const attribution = attributionOf(policy, verdict);
      // For the baseline, a failure that neither the recipient nor the message caused is one of the provider.
      if (attribution !== 'recipient' && attribution !== 'message' && provider !== null) {
        baseline.failed(lookup.of(tenant, provider), key, failure.at, clock);
      }
      const { provider: own, reply } = failure.classified;
      if (own === null || !begins(failure, before, policy)) return undefined;
      incidentCounts.failed(tenant, own, failure.at, reply);
      return { tenant, provider: own, at: failure.at };
    },
    close(clock) {
      rollups.tick(clock);
      senderReplies.tick(clock);
      return baseline.close(clock);
    },
    evict: (moment) => {
      baseline.evict(moment);
    },
    askedAt: (moment) => {
      baseline.askedAt(moment);
    },
    askOf: (tenant) => baseline.askOf(tenant),
    incidentCounts,
    drain: (commit) => ({
      baseline: baseline.drain(),
      incidentCounts: incidentCounts.drain(commit.now),
      rollups: rollups.drain(commit),
      senderReplies: senderReplies.drain(),
    }),
    counted: (commit) => ({ rollups: rollups.drain(commit), senderReplies: senderReplies.drain() }),
  };
}

/** An MTA that gives up has not tried again. */
function isTry(type: string): boolean {
  return type === 'deferred' || type === 'bounced';
}

/** `expired` without a reply of its own is classified by the message's latest deferral before it, as far as it is known. */
function causeOf(fact: FailureFact, facts: readonly Fact[]): ClassifiedReply {
  if (!fact.causeUnknown) return fact.classified;
  const deferral = facts.findLast(
    (known) => known.kind === 'failure' && known.type === 'deferred' && known.message === fact.message && known.at <= fact.at,
  );
  return fact.message === null || deferral?.kind !== 'failure' ? { ...fact.classified, verdict: NO_REPLY } : deferral.classified;
}
