/** One provider as seen by one tenant. Each event is resolved to it once; baseline, incident counts and metrics get the result. */
import type { Policy, Tenant } from '@desist/domain';
import type { ProviderCount } from './metrics.ts';
import type { LastCell, PeekedCell } from './rollups.ts';
import type { Sketch } from './sketch.ts';

export interface TenantProvider {
  readonly tenant: Tenant;
  readonly provider: string;
  readonly policy: Policy;
  /** Cache of the baseline: the window that was counted last, from `opensAt` to before `closesAt`, ms. */
  window: OpenWindow | undefined;
  opensAt: number;
  closesAt: number;
  /** Cache of the incident counts: the quarter of an hour that was counted last. */
  quarter: QuarterCount | undefined;
  /** Cache of the metrics. */
  counts: ProviderCount | undefined;
  /** Cache of the roll-ups: the cells of the streams and pools that were counted last. */
  readonly peeked: PeekedCell[];
}

/** A recipient's domain as seen by one tenant, and the provider that answered for it. */
export interface Route {
  readonly to: TenantProvider;
  readonly domain: string;
  /** Cache of the roll-ups: the domain's deliveries in the quarter of an hour that was counted last. */
  delivered: LastCell | undefined;
}

/** A window of one provider and tenant whose end the clock has not reached. */
export interface OpenWindow {
  readonly name: string;
  /** ms */
  readonly closesAt: number;
  readonly tenant: Tenant;
  readonly provider: string;
  readonly deliveries: Sketch;
  readonly failing: Sketch;
  /** Added since the last commit. */
  newDeliveries: number[];
  newFailing: number[];
  /** The `TenantProvider` that caches it; cleared when the window closes. */
  countedBy: TenantProvider | undefined;
}

/** One tenant's mail to one provider in one quarter of an hour. Most hold nothing but a few deliveries, and nothing else is made for those. */
export interface QuarterCount {
  readonly tenant: Tenant;
  readonly provider: string;
  /** Start of the quarter, ms. */
  readonly at: number;
  failing: number;
  delivered: number;
  codes: Map<string, number> | undefined;
  samples: string[] | undefined;
  changed: boolean;
  /** True: no longer in the table. A cached reference must be looked up again, or one quarter would be counted in two objects. */
  evicted: boolean;
}
