/**
 * The baseline of each provider: whether it accepted other mail while a failure happened. Counts deliveries and failing
 * recipients by window of six hours, tenant and provider. A failure that counts only if the provider worked is checked against it.
 *
 *   delivered, failed ──> open windows (sketches) ── the clock reaches the end ──> kept answers ──> ask
 *
 * Counting is idempotent: a delivery is known by recipient, message and time. A window is decided once, when the clock reaches
 * its end, by what was counted until then. Everything is durable with the checkpoint: each commit carries the new counts.
 */
import { asTenant, baselineAnswer, DAY, tenantPolicy, windowClosesAt } from '@desist/domain';
import type { AskBaseline, BaselineAnswer, PolicySet, Tenant } from '@desist/domain';
import type { BaselineWrite } from '../ports/commit-plan.ts';
import { fairLevel } from './fair-share.ts';
import { hashOfText } from './key-hash.ts';
import { Sketch, spread } from './sketch.ts';
import type { OpenWindow, TenantProvider } from './tenant-provider.ts';

export interface Baseline {
  /** `hash`: of recipient and message; `at`: when it happened, ms; `clock`: the partition clock, ms. */
  delivered(to: TenantProvider, hash: number, at: number, clock: number): void;
  /** A failure that neither the recipient nor the message caused. `key`: `tenant/address`. */
  failed(by: TenantProvider, key: string, at: number, clock: number): void;
  /** Decides the windows that have ended. Returns whether there were any. */
  close(clock: number): boolean;
  /** Drops answers that are too old at this moment, ms. */
  evict(moment: number): void;
  /**
   * From here on, answers that are too old at this moment (ms) are withheld, whether they were evicted yet or not. So the result does not
   * depend on when eviction runs.
   */
  askedAt(moment: number): void;
  askOf(tenant: Tenant): AskBaseline;
  /** The counts since the last call, for the next commit; null: none. */
  drain(): BaselineWrite | null;
}

/**
 * Windows counted at once. A tenant may begin another one while it has fewer than are free: one alone gets half of them, and however many
 * the others have, some are left for whoever comes (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998). Nobody's window is taken
 * away. What is not counted counts for nobody by contrast.
 */
const OPEN = 20_000;
/** Answers kept, and for how long after their window. Above it the tenants with the most lose their oldest. */
const CLOSED = 20_000;
const KEPT_FOR = 7 * DAY;
/** Least number of appended characters after which everything is rewritten. */
const REWRITE = 64 * 1024;

type OpenRow = readonly [closesAt: number, tenant: Tenant, provider: string, deliveries: readonly number[], failing: readonly number[]];
type ClosedRow = readonly [closesAt: number, tenant: Tenant, provider: string, passes: 0 | 1, deliveries: number, failing: number];
interface Body {
  readonly open: readonly OpenRow[];
  readonly closedUpTo: number;
  readonly closed: readonly ClosedRow[];
}

/** `isWritten`: false when nobody calls `drain`. */
export function createBaseline(policies: PolicySet, stored: readonly string[], isWritten = true): Baseline {
  const open = new Map<string, OpenWindow>();
  const closed = new Map<string, BaselineAnswer>();
  /** How many windows and answers each tenant has. */
  const openOf = new Map<Tenant, number>();
  const closedOf = new Map<Tenant, number>();
  let changed = new Set<OpenWindow>();
  let newlyClosed: ClosedRow[] = [];
  let closedUpTo = Number.MIN_SAFE_INTEGER;
  let nextClosing = Number.POSITIVE_INFINITY;
  let oldest = Number.NEGATIVE_INFINITY;
  let appendedLength = 0;
  let snapshotLength = 0;

  // --------------------------------------------------------------------------------------- counting

  /** The window that this moment lies in; undefined when it has ended, or when the tenant has too many. */
  function windowAt(one: TenantProvider, at: number, clock: number): OpenWindow | undefined {
    if (at < one.opensAt || at >= one.closesAt) {
      one.closesAt = windowClosesAt(one.policy, at);
      one.opensAt = one.closesAt - one.policy.contrast.window;
      one.window = open.get(nameOf(one.closesAt, one.tenant, one.provider));
    }
    if (one.closesAt <= clock) return undefined;
    if (one.window === undefined && mayBegin(one.tenant)) one.window = begin(one.closesAt, one.tenant, one.provider);
    if (one.window !== undefined) one.window.countedBy = one;
    return one.window;
  }

  function mayBegin(tenant: Tenant): boolean {
    return (openOf.get(tenant) ?? 0) < OPEN - open.size;
  }

  function begin(closesAt: number, tenant: Tenant, provider: string): OpenWindow {
    const name = nameOf(closesAt, tenant, provider);
    const window: OpenWindow = {
      name,
      closesAt,
      tenant,
      provider,
      deliveries: new Sketch(),
      failing: new Sketch(),
      newDeliveries: [],
      newFailing: [],
      countedBy: undefined,
    };
    open.set(name, window);
    count(openOf, tenant, 1);
    nextClosing = Math.min(nextClosing, closesAt);
    return window;
  }

  // ---------------------------------------------------------------------------------------- closing

  function close(clock: number): boolean {
    if (clock < nextClosing) return false;
    const ended = [...open.values()].filter(({ closesAt }) => closesAt <= clock).sort((a, b) => a.closesAt - b.closesAt);
    for (const window of ended) {
      const { name, closesAt, tenant, provider, deliveries, failing, countedBy } = window;
      open.delete(name);
      count(openOf, tenant, -1);
      if (countedBy?.window === window) countedBy.window = undefined;
      const { base } = tenantPolicy(policies, tenant);
      const answer = baselineAnswer(base, closesAt, deliveries.count(), failing.count());
      // Most providers have hardly any mail. No answer is kept for them, which means the same as "not passed".
      if (failing.count() === 0 && !answer.passes && !passesInShadow(answer, tenant)) continue;
      keep(tenant, provider, answer);
      if (isWritten) newlyClosed.push(rowOf(tenant, provider, answer));
    }
    for (const window of changed) if (window.closesAt <= clock) changed.delete(window);
    closedUpTo = clock;
    nextClosing = Number.POSITIVE_INFINITY;
    for (const { closesAt } of open.values()) nextClosing = Math.min(nextClosing, closesAt);
    return true;
  }

  function passesInShadow({ closesAt, deliveries, failing }: BaselineAnswer, tenant: Tenant): boolean {
    if (policies.shadow === undefined) return false;
    return baselineAnswer(tenantPolicy(policies.shadow, tenant).base, closesAt, deliveries, failing).passes;
  }

  function keep(tenant: Tenant, provider: string, answer: BaselineAnswer): void {
    const name = nameOf(answer.closesAt, tenant, provider);
    if (!closed.has(name)) count(closedOf, tenant, 1);
    closed.set(name, answer);
  }

  /** `closed` is in order of `closesAt`. */
  function evict(moment: number): void {
    for (const [name, { closesAt }] of closed) {
      if (closesAt >= moment - KEPT_FOR) break;
      drop(name);
    }
    if (closed.size <= CLOSED) return;
    const level = fairLevel(closedOf.values(), CLOSED);
    for (const name of closed.keys()) if ((closedOf.get(tenantOf(name)) ?? 0) > level) drop(name);
  }

  function drop(name: string): void {
    closed.delete(name);
    count(closedOf, tenantOf(name), -1);
  }

  // ----------------------------------------------------------------------------------------- storing

  function load(body: string): void {
    const { open: counted, closedUpTo: upTo, closed: answers } = JSON.parse(body) as Body;
    for (const [closesAt, tenant, provider, deliveries, failing] of counted) {
      const window = open.get(nameOf(closesAt, tenant, provider)) ?? begin(closesAt, tenant, provider);
      for (const hash of deliveries) window.deliveries.add(hash);
      for (const hash of failing) window.failing.add(hash);
    }
    closedUpTo = Math.max(closedUpTo, upTo);
    for (const [name, { closesAt, tenant }] of open) {
      if (closesAt > closedUpTo) continue;
      open.delete(name);
      count(openOf, tenant, -1);
    }
    for (const [closesAt, tenant, provider, passes, deliveries, failing] of answers) {
      keep(tenant, provider, { closesAt, passes: passes === 1, deliveries, failing });
    }
  }

  function snapshot(): Body {
    const counted = [...open.values()].map(({ closesAt, tenant, provider, deliveries, failing }): OpenRow => {
      return [closesAt, tenant, provider, deliveries.hashes(), failing.hashes()];
    });
    const answers = [...closed].map(([name, answer]): ClosedRow => {
      const [, , provider = ''] = name.split(' ');
      return rowOf(tenantOf(name), provider, answer);
    });
    return { open: counted, closedUpTo, closed: answers };
  }

  function drain(): BaselineWrite | null {
    if (changed.size === 0 && newlyClosed.length === 0) return null;
    const counted = [...changed].map(({ closesAt, tenant, provider, newDeliveries, newFailing }): OpenRow => {
      return [closesAt, tenant, provider, newDeliveries, newFailing];
    });
    let body = JSON.stringify({ open: counted, closedUpTo, closed: newlyClosed } satisfies Body);
    for (const window of changed) {
      window.newDeliveries = [];
      window.newFailing = [];
    }
    changed = new Set();
    newlyClosed = [];
    appendedLength += body.length;
    const replaces = appendedLength > Math.max(REWRITE, snapshotLength);
    if (replaces) {
      body = JSON.stringify(snapshot());
      snapshotLength = body.length;
      appendedLength = 0;
    }
    return { replaces, body };
  }

  for (const [index, body] of stored.entries()) {
    load(body);
    if (index === 0) snapshotLength = body.length;
    else appendedLength += body.length;
  }
  for (const { closesAt } of open.values()) nextClosing = Math.min(nextClosing, closesAt);

  return {
    delivered(to, hash, at, clock) {
      const window = windowAt(to, at, clock);
      if (window === undefined) return;
      const identity = identityOf(hash, at);
      if (!window.deliveries.add(identity) || !isWritten) return;
      window.newDeliveries.push(identity);
      changed.add(window);
    },
    failed(by, key, at, clock) {
      const window = windowAt(by, at, clock);
      const identity = spread(hashOfText(key));
      if (window?.failing.add(identity) !== true || !isWritten) return;
      window.newFailing.push(identity);
      changed.add(window);
    },
    close,
    evict,
    askedAt: (moment) => void (oldest = moment - KEPT_FOR),
    askOf: (tenant) => (provider, closesAt) => (closesAt < oldest ? undefined : closed.get(nameOf(closesAt, tenant, provider))),
    drain,
  };
}

/** Unambiguous, because no provider name has a space: they are host names or names of ours. */
function nameOf(closesAt: number, tenant: Tenant, provider: string): string {
  return `${closesAt} ${tenant} ${provider}`;
}

function tenantOf(name: string): Tenant {
  return asTenant(name.split(' ')[1] ?? '');
}

/** Those of nobody are not kept. */
function count(of: Map<Tenant, number>, tenant: Tenant, more: 1 | -1): void {
  const sum = (of.get(tenant) ?? 0) + more;
  if (sum === 0) of.delete(tenant);
  else of.set(tenant, sum);
}

function rowOf(tenant: Tenant, provider: string, { closesAt, passes, deliveries, failing }: BaselineAnswer): ClosedRow {
  return [closesAt, tenant, provider, passes ? 1 : 0, deliveries, failing];
}

function identityOf(hash: number, at: number): number {
  const high = Math.floor(at / 0x1_0000_0000);
  return spread(Math.imul(hash ^ (at - high * 0x1_0000_0000), 0x9e3779b1) ^ high);
}
