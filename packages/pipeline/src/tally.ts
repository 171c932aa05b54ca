/**
 * What an engine counted since its start, as plain numbers: the hot path adds to them, and whoever serves metrics reads
 * them now and then. Nothing in here names an address; labels from outside are bounded.
 */
import { shapeOf } from '@desist/domain';
import type { Change, DeliveryEventType, Fact, CommandType } from '@desist/domain';
import { createUnmatched } from './unmatched.ts';
import type { Unmatched } from './unmatched.ts';

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

export interface Tally {
  /** Events by type, as far as they could be read. */
  readonly types: Map<DeliveryEventType | CommandType, number>;
  readonly verdicts: ReadonlyMap<string, VerdictCount>;
  readonly providers: ReadonlyMap<string, ProviderCount>;
  readonly deadLetters: Map<string, number>;
  readonly suppressions: Map<string, { readonly reason: string; readonly scope: string; count: number }>;
  /** Wordings of failures that no rule knew; addresses are cut out. */
  readonly unmatched: Pick<Unmatched, 'top'>;
  event(type: DeliveryEventType | CommandType, count?: number): void;
  /** A delivery, by who accepted it. */
  delivered(provider: string): void;
  /** A failure that was judged just now. */
  failed(fact: Fact, key: string): void;
  changed(changes: readonly Change[]): void;
  deadLetter(reason: string): void;
  /** Somebody who was deferred got mail: milliseconds since the first failure. */
  waited(key: string, ms: number): void;
  /** Somebody's first attempt was deferred and accepted some minutes later (`endsGreylisting`). */
  greylisted(key: string): void;
  /** How often, by provider. */
  readonly greylistings: ReadonlyMap<string, number>;
  /** The waits since the last call, in seconds. */
  takeWaits(): readonly { readonly provider: string; readonly seconds: number }[];
}

/** Providers that are counted on their own; the ones that come later are `other`. */
const PROVIDERS = 200;
const WAITS = 10_000;
const OTHER = 'other';

export function createTally(providerOf: (domain: string) => string): Tally {
  const types = new Map<DeliveryEventType | CommandType, number>();
  const verdicts = new Map<string, VerdictCount>();
  const providers = new Map<string, ProviderCount>();
  const deadLetters = new Map<string, number>();
  const greylistings = new Map<string, number>();
  const suppressions = new Map<string, { readonly reason: string; readonly scope: string; count: number }>();
  const unmatched = createUnmatched();
  let waits: { provider: string; seconds: number }[] = [];

  function named(provider: string): string {
    return providers.has(provider) || providers.size < PROVIDERS ? provider : OTHER;
  }

  function countsOf(provider: string): ProviderCount {
    const known = providers.get(provider);
    if (known !== undefined) return known;
    const name = named(provider);
    let counts = providers.get(name);
    if (counts === undefined) providers.set(name, (counts = { deferred: 0, delivered: 0 }));
    return counts;
  }

  const domainOf = (key: string): string => key.slice(key.lastIndexOf('@') + 1);

  return {
    types,
    verdicts,
    providers,
    deadLetters,
    suppressions,
    unmatched,
    event: (type, count = 1) => void types.set(type, (types.get(type) ?? 0) + count),
    delivered: (provider) => void (countsOf(provider).delivered += 1),
    failed(fact, key) {
      if (fact.kind !== 'failure') return;
      const { verdict, reply } = fact.judged;
      if (verdict.rule === 'unmatched' && reply !== null) unmatched.note(shapeOf(reply));
      const provider = fact.judged.provider ?? providerOf(domainOf(key));
      if (fact.type === 'deferred') countsOf(provider).deferred += 1;
      const label = `${verdict.attribution} ${verdict.category} ${named(provider)}`;
      const known = verdicts.get(label);
      if (known !== undefined) known.count += 1;
      else verdicts.set(label, { attribution: verdict.attribution, category: verdict.category, provider: named(provider), count: 1 });
    },
    changed(changes) {
      for (const { type, suppression } of changes) {
        if (type !== 'suppressed' || suppression === null) continue;
        const { reason, scope } = suppression;
        const known = suppressions.get(`${reason} ${scope}`);
        if (known !== undefined) known.count += 1;
        else if (suppressions.size < 1_000) suppressions.set(`${reason} ${scope}`, { reason, scope, count: 1 });
      }
    },
    deadLetter: (reason) => void deadLetters.set(reason, (deadLetters.get(reason) ?? 0) + 1),
    greylisted(key) {
      const provider = named(providerOf(domainOf(key)));
      greylistings.set(provider, (greylistings.get(provider) ?? 0) + 1);
    },
    greylistings,
    waited(key, ms) {
      if (waits.length < WAITS) waits.push({ provider: named(providerOf(domainOf(key))), seconds: ms / 1_000 });
    },
    takeWaits() {
      const taken = waits;
      waits = [];
      return taken;
    },
  };
}
