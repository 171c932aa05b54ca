/**
 * What a partition counts of each provider, over all tenants, for whoever notices incidents: deliveries, and the recipients that began to
 * fail, by quarters of an hour. Deliveries are counted as they come, with a repetition twice: next to what an incident is, it is nothing.
 */
import { BEGINS_AFTER, codesOf, quarterOf, QUARTER, weightOf } from '@desist/domain';
import type { Fact, FailureFact, Policy } from '@desist/domain';
import type { IncidentCount } from '../ports.ts';

/** Quarters and providers at hand; above it the ones of which least is told go first, the oldest of them. */
const CELLS = 20_000;
/** Above half of that, so few deliveries and nothing else are not worth a row: the many providers of next to no mail. */
const FEW = 5;
const CODES = 8;
const SAMPLES = 3;
/** Deliveries alone are written at most so often, ms. */
const INTERVAL = 5_000;

/** One provider in one quarter. Most of them hold nothing but a few deliveries, and nothing else is made for those. */
interface Cell {
  readonly provider: string;
  readonly at: number;
  failing: number;
  delivered: number;
  codes: Map<string, number> | undefined;
  samples: string[] | undefined;
  changed: boolean;
  /** It was let go of: whoever still has it at hand must ask again, or one quarter would be counted in two places. */
  gone: boolean;
}

/** One provider, and the quarter that was counted last. */
export interface Watch {
  readonly provider: string;
  cell: Cell | undefined;
}

export interface IncidentCounts {
  watch(provider: string): Watch;
  /** ms */
  delivered(watch: Watch, at: number): void;
  /** A recipient began to fail. `reply`: without addresses. */
  failed(provider: string, at: number, reply: string | null): void;
  /** What is new since the last call, for the next commit: the quarters as they are now. `now`: monotonic, ms. */
  take(now: number): readonly IncidentCount[];
  /** All quarters of a provider, by time; what was counted of it in older ones is forgotten. */
  of(provider: string): readonly IncidentCount[];
  /** One of them, by its begin. */
  at(provider: string, quarter: number): Readonly<Pick<IncidentCount, 'failing' | 'delivered'>> | undefined;
}

/** `most`: quarters and providers at hand; another number is for tests. */
export function createIncidentCounts(stored: readonly IncidentCount[], most = CELLS): IncidentCounts {
  const quarters = new Map<number, Map<string, Cell>>();
  /** The one that was asked for last. */
  let current: Map<string, Cell> | undefined;
  let currentAt = Number.NaN;
  let size = 0;
  let changed: Cell[] = [];
  let urgent = false;
  let takenAt = Number.NEGATIVE_INFINITY;

  function quarterAt(at: number): Map<string, Cell> {
    if (current === undefined || currentAt !== at) {
      current = quarters.get(at);
      if (current === undefined) quarters.set(at, (current = new Map<string, Cell>()));
      currentAt = at;
    }
    return current;
  }

  function cellOf(provider: string, at: number): Cell {
    const known = quarterAt(at).get(provider);
    if (known !== undefined) return known;
    if (size >= most) shrink();
    const cell: Cell = { provider, at, failing: 0, delivered: 0, codes: undefined, samples: undefined, changed: false, gone: false };
    quarterAt(at).set(provider, cell);
    size += 1;
    return cell;
  }

  /**
   * To three quarters of the bound: quarters of nothing but a few deliveries first, then whatever is oldest. What was not written of them
   * yet never is.
   */
  function shrink(): void {
    const oldestFirst = [...quarters].sort(([a], [b]) => a - b);
    const drop = (may: (cell: Cell) => boolean): void => {
      for (const [at, cells] of oldestFirst) {
        for (const cell of cells.values()) {
          if (size <= (most / 4) * 3) return;
          if (!may(cell)) continue;
          cells.delete(cell.provider);
          cell.gone = true;
          size -= 1;
        }
        if (cells.size === 0) quarters.delete(at);
      }
    };
    drop(({ failing, delivered }) => failing === 0 && delivered < FEW);
    drop(() => true);
    changed = changed.filter(({ gone }) => !gone);
    current = undefined;
  }

  function note(cell: Cell): void {
    if (cell.changed) return;
    cell.changed = true;
    changed.push(cell);
  }

  for (const { provider, at, failing, delivered, codes, samples } of stored) {
    const cell = cellOf(provider, at);
    Object.assign(cell, { failing, delivered });
    if (codes.length > 0) cell.codes = new Map(codes.map(({ code, count }) => [code, count]));
    if (samples.length > 0) cell.samples = [...samples];
  }

  return {
    watch: (provider) => ({ provider, cell: undefined }),
    delivered(watch, at) {
      let { cell } = watch;
      if (cell === undefined || cell.gone || at < cell.at || at >= cell.at + QUARTER)
        watch.cell = cell = cellOf(watch.provider, quarterOf(at));
      cell.delivered += 1;
      if (!cell.changed) note(cell);
    },
    failed(provider, at, reply) {
      const cell = cellOf(provider, quarterOf(at));
      cell.failing += 1;
      const code = codesOf(reply ?? '') || 'none';
      const { codes = (cell.codes = new Map<string, number>()), samples = (cell.samples = []) } = cell;
      if (codes.has(code) || codes.size < CODES) codes.set(code, (codes.get(code) ?? 0) + 1);
      if (reply !== null && samples.length < SAMPLES && !samples.includes(reply)) samples.push(reply);
      note(cell);
      urgent = true;
    },
    take(now) {
      if (changed.length === 0 || (!urgent && now - takenAt < INTERVAL)) return [];
      const taken = size < most / 2 ? changed : changed.filter((cell) => cell.failing > 0 || cell.delivered >= FEW);
      for (const cell of changed) cell.changed = false;
      changed = [];
      urgent = false;
      takenAt = now;
      return taken.map(countOf);
    },
    of: (provider) =>
      [...quarters.values()]
        .flatMap((cells) => cells.get(provider) ?? [])
        .sort((a, b) => a.at - b.at)
        .map(countOf),
    at: (provider, quarter) => quarters.get(quarter)?.get(provider),
  };
}

function countOf({ provider, at, failing, delivered, codes, samples }: Cell): IncidentCount {
  return {
    provider,
    at,
    failing,
    delivered,
    codes: [...(codes ?? [])].map(([code, count]) => ({ code, count })),
    samples: [...(samples ?? [])],
  };
}

/**
 * Does this recipient begin to fail with it? `facts`: what is known of the recipient so far. What can not be held against anybody
 * begins nothing: a refused sender is no incident of the provider. Nor does a full mailbox, which is its owner's.
 */
export function begins(fact: FailureFact, facts: readonly Fact[], policy: Policy): boolean {
  const weight = weightOf(policy, fact.judged.verdict);
  if (weight === 'never' || weight === 'greylisting' || fact.judged.verdict.category === 'mailbox_full') return false;
  return !facts.some((known) => known.id === fact.id || (known.kind === 'failure' && Math.abs(fact.at - known.at) < BEGINS_AFTER));
}
