/**
 * What-if: the same log under several policies, and what became of those whom they suppressed. Each policy has a replay of its own, so it
 * decides as a live partition would have. Writes nothing.
 *
 *   event ──> replay of each policy ──> changes ──┐
 *     └──> mail taken, tries ─────────────────────┴──> history ──> differences, measures
 */
import { classifyFailure, countsOf, createHistory, differenceOf, isCommand, recipientKey } from '@desist/domain';
import type {
  Address,
  Difference,
  DeliveryEvent,
  History,
  IncidentNotice,
  LogEvent,
  Measure,
  PolicySet,
  ProviderOf,
  RecipientKey,
  SenderNotice,
  Tenant,
} from '@desist/domain';
import { classifierOf } from '@desist/verdicts';
import { createReplay } from './replay.ts';
import type { Replay, Replayed } from './replay.ts';

export interface RecipientDifference extends Difference {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly provider: string | null;
  /** Tries that the second policy would have spared and the first would have made; and the other way round. */
  readonly spared: number;
  readonly added: number;
}

export interface WhatIfCounts {
  readonly events: number;
  readonly duplicates: number;
  /** Events after `until`. */
  readonly leftOut: number;
  /** Recipients that something is kept of. */
  readonly recipients: number;
  /** Suppressions beyond those that are kept of one recipient. */
  readonly suppressionsLeftOut: number;
  /** Of the first and the last event, ms; null when there was none. */
  readonly from: number | null;
  readonly to: number | null;
}

/** Those of several partitions together. */
export function sumOfCounts(all: readonly WhatIfCounts[]): WhatIfCounts {
  const sum = (of: (counts: WhatIfCounts) => number): number => all.reduce((total, one) => total + of(one), 0);
  const times = (of: (counts: WhatIfCounts) => number | null): readonly number[] => all.flatMap((one) => of(one) ?? []);
  const [starts, ends] = [times(({ from }) => from), times(({ to }) => to)];
  return {
    events: sum(({ events }) => events),
    duplicates: sum(({ duplicates }) => duplicates),
    leftOut: sum(({ leftOut }) => leftOut),
    recipients: sum(({ recipients }) => recipients),
    suppressionsLeftOut: sum(({ suppressionsLeftOut }) => suppressionsLeftOut),
    from: starts.length === 0 ? null : Math.min(...starts),
    to: ends.length === 0 ? null : Math.max(...ends),
  };
}

export interface WhatIf {
  fold(event: LogEvent): void;
  /** Decisions of a log, as a replay takes them. */
  apply(notice: IncidentNotice): void;
  applySender(notice: SenderNotice): void;
  counts(): WhatIfCounts;
  /**
   * Fires all timers that are due up to the end, and adds what became of the recipients to `measure`: that of all partitions of a log. Yields
   * each recipient about whom the first two policies differ.
   */
  finish(measure: Measure): Generator<RecipientDifference, WhatIfCounts>;
}

export interface WhatIfOptions {
  /** The first is the one that the others are compared with. */
  readonly policies: readonly PolicySet[];
  readonly providerOf: ProviderOf;
  /** End of the clock, ms; later events are left out. Default: the time of the last event. */
  readonly until?: number;
}

export function createWhatIf({ policies, providerOf, until }: WhatIfOptions): WhatIf {
  const replays: readonly Replay[] = policies.map((one) =>
    createReplay({ policies: one, providerOf, ...(until === undefined ? {} : { until }) }),
  );
  const first = replays[0] as Replay;
  const history = createHistory(policies.length);
  const classifier = classifierOf(policies[0]?.rules);
  let from: number | null = null;

  function note(policy: number, replayed: readonly Replayed[]): void {
    for (const one of replayed) if ('change' in one) noteChange(history, policy, one);
  }

  function see(event: DeliveryEvent, key: RecipientKey): void {
    const { type, occurredAt: at, tenant, recipient: address, stream, messageId: message = null } = event;
    // It proves nothing about this recipient.
    if (event.certain === false) return;
    if (type === 'delivered') history.took(key, at, message);
    if (type !== 'deferred' && type !== 'bounced' && type !== 'expired') return;
    const { verdict, provider } = classifyFailure(event, providerOf, classifier);
    // A give-up is no try.
    const isTry = type !== 'expired';
    history.tried({ tenant, address, at, message, isTry, category: verdict.category, provider: provider ?? 'unknown' }, (policy) =>
      (replays[policy] as Replay).spares(key, stream, at),
    );
  }

  function counts(): WhatIfCounts {
    const { events, duplicates, leftOut } = first.counts();
    const kept = { recipients: history.size(), suppressionsLeftOut: history.leftOut() };
    return { events, duplicates, leftOut, ...kept, from, to: first.clock() };
  }

  return {
    fold(event) {
      const before = first.counts();
      for (const [policy, replay] of replays.entries()) note(policy, replay.fold(event));
      const { duplicates, leftOut } = first.counts();
      if (duplicates !== before.duplicates || leftOut !== before.leftOut) return;
      from = Math.min(from ?? event.occurredAt, event.occurredAt);
      const key = recipientKey(event.tenant, event.recipient);
      if (!isCommand(event)) see(event, key);
      else if (event.type === 'forget') history.erased(key);
    },
    apply(notice) {
      for (const [policy, replay] of replays.entries()) note(policy, replay.apply(notice));
    },
    applySender(notice) {
      for (const [policy, replay] of replays.entries()) note(policy, replay.applySender(notice));
    },
    counts,
    *finish(measure) {
      for (const [policy, replay] of replays.entries()) note(policy, replay.finish());
      const all = counts();
      for (const one of history.finish(first.clock() ?? 0)) {
        measure.add(one);
        const difference = policies.length > 1 ? differenceOf(one) : null;
        if (difference === null) continue;
        const { tenant, address, provider, spared, added } = one;
        yield { tenant, address, provider, ...difference, spared: spared[1]?.tries ?? 0, added: added[1]?.tries ?? 0 };
      }
      return all;
    },
  };
}

function noteChange(history: History, policy: number, { tenant, address, change }: Extract<Replayed, { readonly change: unknown }>): void {
  const { suppression, evidence } = change;
  for (const { type, at, reason, times } of countsOf(change)) {
    if (type !== 'suppressed' || reason === null) continue;
    const seen = { reason, scope: suppression?.scope ?? '*', since: at, category: evidence?.category ?? null };
    history.suppressed(policy, { tenant, address }, seen, times);
  }
}
