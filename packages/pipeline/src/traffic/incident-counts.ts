/**
 * What a partition counts for the detection of incidents: by tenant, provider and quarter of an hour, deliveries and the recipients that
 * began to fail. Deliveries are counted as they come, with a repetition twice: negligible at the scale of an incident.
 *
 * What is kept is bounded, and the bound is shared fairly: above it the tenants with the most quarters lose some of theirs.
 */
import { BEGINS_AFTER, codesOf, quarterOf, QUARTER, weightOf } from '@desist/domain';
import type { Fact, FailureFact, Policy, Tenant } from '@desist/domain';
import type { IncidentCount } from '../ports/commit-plan.ts';
import { fairLevel } from './fair-share.ts';
import type { QuarterCount, TenantProvider } from './tenant-provider.ts';

/** Quarters at hand, of all tenants and providers. */
const CELLS = 20_000;
/**
 * When memory is half full, counts with fewer deliveries and no failure are not written. They belong to the many providers with hardly
 * any mail.
 */
const FEW = 5;
const CODES = 8;
const SAMPLES = 3;
/** Least interval between writes that contain only deliveries, ms. */
const INTERVAL = 5_000;

export interface IncidentCounts {
  /** `at`: ms */
  delivered(to: TenantProvider, at: number): void;
  /** A recipient began to fail. `reply`: without addresses. */
  failed(tenant: Tenant, provider: string, at: number, reply: string | null): void;
  /** What is new since the last call, for the next commit: the quarters as they are now. `now`: monotonic, ms. */
  drain(now: number): readonly IncidentCount[];
  /** All quarters of a tenant and provider, by time; of all tenants when it is null. What was evicted is not among them. */
  of(tenant: Tenant | null, provider: string): readonly IncidentCount[];
  /** One of them, by its begin. */
  at(tenant: Tenant, provider: string, quarter: number): Readonly<Pick<IncidentCount, 'failing' | 'delivered'>> | undefined;
}

/** `most`: quarters at hand; another number is for tests. `isWritten`: false when nobody calls `drain`. */
export function createIncidentCounts(
  stored: readonly IncidentCount[],
  { most = CELLS, isWritten = true }: { readonly most?: number; readonly isWritten?: boolean } = {},
): IncidentCounts {
  const tenants = new Map<Tenant, TenantQuarters>();
  let size = 0;
  let changed: QuarterCount[] = [];
  let urgent = false;
  let drainedAt = Number.NEGATIVE_INFINITY;

  function quarter(tenant: Tenant, provider: string, at: number): QuarterCount {
    const known = tenants.get(tenant)?.find(provider, at);
    if (known !== undefined) return known;
    if (size >= most) shrink();
    let own = tenants.get(tenant);
    if (own === undefined) tenants.set(tenant, (own = new TenantQuarters(tenant)));
    size += 1;
    return own.add(provider, at);
  }

  function levelFor(bound: number): number {
    return fairLevel(
      [...tenants.values()].map((own) => own.size),
      bound,
    );
  }

  /** To three quarters of the bound. What was not written yet of the quarters that go never is. */
  function shrink(): void {
    const level = levelFor(Math.floor((most * 3) / 4));
    for (const [tenant, own] of tenants) {
      if (own.size <= level) continue;
      size -= own.shrinkTo(level);
      if (own.size === 0) tenants.delete(tenant);
    }
    changed = changed.filter(({ evicted }) => !evicted);
  }

  function markChanged(cell: QuarterCount): void {
    if (cell.changed || !isWritten) return;
    cell.changed = true;
    changed.push(cell);
  }

  /** Of a tenant that uses more than its share of half of the bound, only what is worth a row. */
  function worthWriting(): (cell: QuarterCount) => boolean {
    const level = size < most / 2 ? Number.POSITIVE_INFINITY : levelFor(Math.floor(most / 2));
    return ({ tenant, failing, delivered }) => failing > 0 || delivered >= FEW || (tenants.get(tenant)?.size ?? 0) <= level;
  }

  for (const { tenant, provider, at, failing, delivered, codes, samples } of stored) {
    const cell = quarter(tenant, provider, at);
    Object.assign(cell, { failing, delivered });
    if (codes.length > 0) cell.codes = new Map(codes.map(({ code, count }) => [code, count]));
    if (samples.length > 0) cell.samples = [...samples];
  }

  return {
    delivered(to, at) {
      let cell = to.quarter;
      if (cell === undefined || cell.evicted || at < cell.at || at >= cell.at + QUARTER)
        to.quarter = cell = quarter(to.tenant, to.provider, quarterOf(at));
      cell.delivered += 1;
      if (!cell.changed) markChanged(cell);
    },
    failed(tenant, provider, at, reply) {
      const cell = quarter(tenant, provider, quarterOf(at));
      cell.failing += 1;
      const code = codesOf(reply ?? '') || 'none';
      const { codes = (cell.codes = new Map<string, number>()), samples = (cell.samples = []) } = cell;
      if (codes.has(code) || codes.size < CODES) codes.set(code, (codes.get(code) ?? 0) + 1);
      if (reply !== null && samples.length < SAMPLES && !samples.includes(reply)) samples.push(reply);
      markChanged(cell);
      urgent = true;
    },
    drain(now) {
      if (changed.length === 0 || (!urgent && now - drainedAt < INTERVAL)) return [];
      const drained = changed.filter(worthWriting());
      for (const cell of changed) cell.changed = false;
      changed = [];
      urgent = false;
      drainedAt = now;
      return drained.map(countOf);
    },
    of(tenant, provider) {
      const own = tenant === null ? [...tenants.values()] : [tenants.get(tenant)];
      return own
        .flatMap((quarters) => quarters?.of(provider) ?? [])
        .sort((a, b) => a.at - b.at)
        .map(countOf);
    },
    at: (tenant, provider, at) => tenants.get(tenant)?.find(provider, at),
  };
}

/** What is at hand of one tenant. */
class TenantQuarters {
  size = 0;
  readonly #tenant: Tenant;
  readonly #quarters = new Map<number, Map<string, QuarterCount>>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  find(provider: string, at: number): QuarterCount | undefined {
    return this.#quarters.get(at)?.get(provider);
  }

  add(provider: string, at: number): QuarterCount {
    const none = { failing: 0, delivered: 0, codes: undefined, samples: undefined, changed: false, evicted: false };
    const cell: QuarterCount = { tenant: this.#tenant, provider, at, ...none };
    let cells = this.#quarters.get(at);
    if (cells === undefined) this.#quarters.set(at, (cells = new Map<string, QuarterCount>()));
    cells.set(provider, cell);
    this.size += 1;
    return cell;
  }

  of(provider: string): readonly QuarterCount[] {
    return [...this.#quarters.values()].flatMap((cells) => cells.get(provider) ?? []);
  }

  /** Evicts quarters of nothing but a few deliveries first, then whatever is oldest. Answers how many. */
  shrinkTo(most: number): number {
    const before = this.size;
    this.#evict(most, ({ failing, delivered }) => failing === 0 && delivered < FEW);
    this.#evict(most, () => true);
    return before - this.size;
  }

  #evict(most: number, may: (cell: QuarterCount) => boolean): void {
    for (const [at, cells] of [...this.#quarters].sort(([a], [b]) => a - b)) {
      for (const cell of cells.values()) {
        if (this.size <= most) return;
        if (!may(cell)) continue;
        cells.delete(cell.provider);
        cell.evicted = true;
        this.size -= 1;
      }
      if (cells.size === 0) this.#quarters.delete(at);
    }
  }
}

function countOf({ tenant, provider, at, failing, delivered, codes, samples }: QuarterCount): IncidentCount {
  return {
    tenant,
    provider,
    at,
    failing,
    delivered,
    codes: [...(codes ?? [])].map(([code, count]) => ({ code, count })),
    samples: [...(samples ?? [])],
  };
}

/**
 * Does this recipient begin to fail with it? `facts`: what is known of the recipient so far. What cannot be held against anybody
 * begins nothing: a refused sender is no incident of the provider. Nor does a full mailbox, which is its owner's.
 */
export function begins(fact: FailureFact, facts: readonly Fact[], policy: Policy): boolean {
  const weight = weightOf(policy, fact.classified.verdict);
  if (weight === 'never' || weight === 'greylisting' || fact.classified.verdict.category === 'mailbox_full') return false;
  return !facts.some((known) => known.id === fact.id || (known.kind === 'failure' && Math.abs(fact.at - known.at) < BEGINS_AFTER));
}
