/**
 * Counters of an engine since its start, as plain numbers: the hot path increments them, and the metrics endpoint reads
 * them. They contain no address, and the number of labels that come from input is bounded.
 */
import { shapeOf } from '@desist/verdicts';
import { countsOf as changeCountsOf, domainOf } from '@desist/domain';
import type { Change, DeliveryEventType, Fact, CommandType, RecipientKey, RegretCount } from '@desist/domain';
import { createUnmatchedReplies } from './unmatched-replies.ts';
import type { UnmatchedReplies } from './unmatched-replies.ts';

export interface VerdictCount {
  readonly attribution: string;
  readonly category: string;
  readonly provider: string;
  count: number;
}

export interface ProviderCount {
  deferred: number;
  delivered: number;
}

export interface MeasuredCount {
  readonly reason: string;
  readonly provider: string;
  count: number;
}

export interface PipelineMetrics {
  /** Readable events by type. */
  readonly types: Map<DeliveryEventType | CommandType, number>;
  readonly verdicts: ReadonlyMap<string, VerdictCount>;
  readonly providers: ReadonlyMap<string, ProviderCount>;
  readonly deadLetters: Map<string, number>;
  readonly suppressions: Map<string, { readonly reason: string; readonly scope: string; count: number }>;
  /** Suppressions that a delivery has shown to be wrong, and attempts at suppressed addresses, by reason and provider. */
  readonly regretted: ReadonlyMap<string, MeasuredCount>;
  readonly attempts: ReadonlyMap<string, MeasuredCount>;
  measured(count: Pick<RegretCount, 'type' | 'reason' | 'times'> & { readonly provider: string }): void;
  /** Wordings of failures that matched no rule, with addresses removed. */
  readonly unmatched: Pick<UnmatchedReplies, 'top'>;
  event(type: DeliveryEventType | CommandType, count?: number): void;
  /** A delivery, by the provider that accepted it. */
  /** What is counted of a provider: whoever counts often keeps it. */
  countsOf(provider: string): ProviderCount;
  /** A failure that was just classified. */
  classified(fact: Fact, key: RecipientKey): void;
  changed(changes: readonly Change[]): void;
  deadLetter(reason: string): void;
  /** So many events are in no roll-up: they are older than what is kept. */
  tooOld(events: number): void;
  readonly olderThanRollups: () => number;
  /** A deferred message was delivered. `ms`: time since its first deferral. */
  waited(provider: string, ms: number): void;
  /** A first attempt was deferred and accepted some minutes later (`endsGreylisting`). */
  greylisted(provider: string): void;
  /** Number of greylisted first attempts by provider. */
  readonly greylistings: ReadonlyMap<string, number>;
  /** The waiting times since the last call, in seconds. */
  drainWaits(): readonly { readonly provider: string; readonly seconds: number }[];
}

/** Providers with a label of their own; later ones are counted as `other`. */
const PROVIDERS = 200;
const WAITS = 10_000;
const OTHER = 'other';

export function createPipelineMetrics(providerOf: (domain: string) => string): PipelineMetrics {
  const types = new Map<DeliveryEventType | CommandType, number>();
  const verdicts = new Map<string, VerdictCount>();
  const providers = new Map<string, ProviderCount>();
  const deadLetters = new Map<string, number>();
  const greylistings = new Map<string, number>();
  const suppressions = new Map<string, { readonly reason: string; readonly scope: string; count: number }>();
  const regretted = new Map<string, MeasuredCount>();
  const attempts = new Map<string, MeasuredCount>();
  const unmatched = createUnmatchedReplies();
  let old = 0;
  let waits: { provider: string; seconds: number }[] = [];

  function labelOf(provider: string): string {
    return providers.has(provider) || providers.size < PROVIDERS ? provider : OTHER;
  }

  function countsOf(provider: string): ProviderCount {
    const known = providers.get(provider);
    if (known !== undefined) return known;
    const name = labelOf(provider);
    let counts = providers.get(name);
    if (counts === undefined) providers.set(name, (counts = { deferred: 0, delivered: 0 }));
    return counts;
  }

  return {
    types,
    verdicts,
    providers,
    deadLetters,
    suppressions,
    regretted,
    attempts,
    measured({ type, reason, provider, times }) {
      // A counter cannot go down: what is taken back stays in it.
      const counted = type === 'regretted' ? regretted : type === 'wasted' && times === 1 ? attempts : undefined;
      if (counted === undefined || times < 1) return;
      const label = labelOf(provider);
      const known = counted.get(`${reason} ${label}`);
      if (known !== undefined) known.count += times;
      else counted.set(`${reason} ${label}`, { reason, provider: label, count: times });
    },
    unmatched,
    event: (type, count = 1) => void types.set(type, (types.get(type) ?? 0) + count),
    countsOf,
    classified(fact, key) {
      if (fact.kind !== 'failure') return;
      const { verdict, reply } = fact.classified;
      if (verdict.rule === 'unmatched' && reply !== null) unmatched.note(shapeOf(reply));
      const provider = fact.classified.provider ?? providerOf(domainOf(key));
      if (fact.type === 'deferred') countsOf(provider).deferred += 1;
      const label = `${verdict.attribution} ${verdict.category} ${labelOf(provider)}`;
      const known = verdicts.get(label);
      if (known !== undefined) known.count += 1;
      else verdicts.set(label, { attribution: verdict.attribution, category: verdict.category, provider: labelOf(provider), count: 1 });
    },
    changed(changes) {
      for (const change of changes) {
        const { type, suppression } = change;
        if (type !== 'suppressed' || suppression === null) continue;
        // One that is only restated was counted before. (A counter cannot go down: one that is undone stays in it.)
        const isNew = changeCountsOf(change).reduce((sum, { type: of, times }) => sum + (of === 'suppressed' ? times : 0), 0) > 0;
        if (!isNew) continue;
        const { reason, scope } = suppression;
        const known = suppressions.get(`${reason} ${scope}`);
        if (known !== undefined) known.count += 1;
        else if (suppressions.size < 1_000) suppressions.set(`${reason} ${scope}`, { reason, scope, count: 1 });
      }
    },
    deadLetter: (reason) => void deadLetters.set(reason, (deadLetters.get(reason) ?? 0) + 1),
    tooOld: (events) => void (old += events),
    olderThanRollups: () => old,
    greylisted(provider) {
      const label = labelOf(provider);
      greylistings.set(label, (greylistings.get(label) ?? 0) + 1);
    },
    greylistings,
    waited(provider, ms) {
      if (waits.length < WAITS) waits.push({ provider: labelOf(provider), seconds: ms / 1_000 });
    },
    drainWaits() {
      const drained = waits;
      waits = [];
      return drained;
    },
  };
}
