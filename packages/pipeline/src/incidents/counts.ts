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

interface Cell {
  readonly provider: string;
  readonly at: number;
  failing: number;
  delivered: number;
  readonly codes: Map<string, number>;
  readonly samples: string[];
  changed: boolean;
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

export function createIncidentCounts(stored: readonly IncidentCount[]): IncidentCounts {
  const byProvider = new Map<string, Map<number, Cell>>();
  let size = 0;
  let changed: Cell[] = [];
  let urgent = false;
  let takenAt = Number.NEGATIVE_INFINITY;

  function cellOf(provider: string, at: number): Cell {
    let quarters = byProvider.get(provider);
    if (quarters === undefined) byProvider.set(provider, (quarters = new Map<number, Cell>()));
    let cell = quarters.get(at);
    if (cell === undefined) {
      if (size >= CELLS) shrink();
      cell = { provider, at, failing: 0, delivered: 0, codes: new Map(), samples: [], changed: false };
      // A shrink may have let go of the provider.
      if (!byProvider.has(provider)) byProvider.set(provider, quarters);
      quarters.set(at, cell);
      size += 1;
    }
    return cell;
  }

  /** To three quarters of the bound: quarters of nothing but a few deliveries first, then the oldest. */
  function shrink(): void {
    const all = [...byProvider.values()].flatMap((quarters) => [...quarters.values()]);
    const telling = (cell: Cell): number => (cell.failing === 0 && cell.delivered < FEW ? 0 : 1);
    all.sort((a, b) => telling(a) - telling(b) || a.at - b.at);
    for (const { provider, at } of all.slice(0, CELLS / 4)) {
      const quarters = byProvider.get(provider);
      quarters?.delete(at);
      if (quarters?.size === 0) byProvider.delete(provider);
      size -= 1;
    }
  }

  function note(cell: Cell): void {
    if (cell.changed) return;
    cell.changed = true;
    changed.push(cell);
  }

  for (const { provider, at, failing, delivered, codes, samples } of stored) {
    const cell = cellOf(provider, at);
    Object.assign(cell, { failing, delivered });
    for (const { code, count } of codes) cell.codes.set(code, count);
    cell.samples.push(...samples);
  }

  return {
    watch: (provider) => ({ provider, cell: undefined }),
    delivered(watch, at) {
      let { cell } = watch;
      if (cell === undefined || at < cell.at || at >= cell.at + QUARTER) watch.cell = cell = cellOf(watch.provider, quarterOf(at));
      cell.delivered += 1;
      if (!cell.changed) note(cell);
    },
    failed(provider, at, reply) {
      const cell = cellOf(provider, quarterOf(at));
      cell.failing += 1;
      const code = codesOf(reply ?? '') || 'none';
      if (cell.codes.has(code) || cell.codes.size < CODES) cell.codes.set(code, (cell.codes.get(code) ?? 0) + 1);
      if (reply !== null && cell.samples.length < SAMPLES && !cell.samples.includes(reply)) cell.samples.push(reply);
      note(cell);
      urgent = true;
    },
    take(now) {
      if (changed.length === 0 || (!urgent && now - takenAt < INTERVAL)) return [];
      const taken = size < CELLS / 2 ? changed : changed.filter((cell) => cell.failing > 0 || cell.delivered >= FEW);
      for (const cell of changed) cell.changed = false;
      changed = [];
      urgent = false;
      takenAt = now;
      return taken.map(countOf);
    },
    of: (provider) => [...(byProvider.get(provider)?.values() ?? [])].sort((a, b) => a.at - b.at).map(countOf),
    at: (provider, quarter) => byProvider.get(provider)?.get(quarter),
  };
}

function countOf({ provider, at, failing, delivered, codes, samples }: Cell): IncidentCount {
  return { provider, at, failing, delivered, codes: [...codes].map(([code, count]) => ({ code, count })), samples: [...samples] };
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
