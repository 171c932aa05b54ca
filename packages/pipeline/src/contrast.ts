/**
 * What a partition counts for contrast: by window, tenant and provider, the deliveries and the recipients that failed.
 *
 *   delivered, failed ──> open windows (sketches) ── the clock reaches the end ──> kept answers ──> ask
 *
 * Counting is idempotent: a delivery is known by recipient, message and time. A window is decided by what was counted before the
 * clock reached its end, and never again. Everything is durable with the checkpoint: each commit carries what is new.
 */
import { answerOf, closingOf, DAY, NO_REPLY, tenantPolicy } from '@desist/domain';
import type { AskContrast, ContrastAnswer, DeliveryEvent, Fact, FailureFact, Judged, Policy, PolicySet, ProviderOf } from '@desist/domain';
import { hashOfText, hashOn, isAt } from './keys.ts';
import type { IncidentCounts, Watch } from './incidents/counts.ts';
import type { ContrastWrite } from './ports.ts';
import { Sketch, spread } from './sketch.ts';
import type { Places } from './wire.ts';

export interface Contrast {
  /** A delivery that was peeked at. `hash`: of its key; `clock`: the partition's, ms. Answers who accepted it. */
  delivered(key: Uint8Array, hash: number, value: Uint8Array, places: Places, clock: number): string;
  /** A delivery that was decoded. `key`: `tenant/address`. Answers who accepted it. */
  deliveredEvent(event: DeliveryEvent, key: string, clock: number): string;
  /** A failure that is neither the recipient's nor the message's. */
  failed(failure: Failure, clock: number): void;
  /** Decides the windows that have ended. Answers whether there were any. */
  close(clock: number): boolean;
  /** Lets go of answers that are old; called when everybody whose window had closed at this clock has asked. */
  forget(clock: number): void;
  askOf(tenant: string): AskContrast;
  /** What is new since the last call, for the next commit; null: nothing. */
  take(): ContrastWrite | null;
}

export interface Failure {
  readonly tenant: string;
  readonly provider: string;
  readonly at: number;
  /** `tenant/address` */
  readonly key: string;
}

/** Windows, tenants and providers counted at once; what comes above is not counted, and then nothing counts by contrast. */
const OPEN = 10_000;
/** Answers kept, the oldest dropped first, and for how long after their window. */
const CLOSED = 20_000;
const KEPT_FOR = 7 * DAY;
/** Domains, and tenants with providers, whose places are remembered. */
const REMEMBERED = 50_000;
const HOSTS = 64;
/** Characters of additions after which everything is written anew, at least. */
const REWRITE = 64 * 1024;
/** Characters of a message id that tell deliveries apart. */
const MESSAGE = 1_024;
const SLASH = 0x2f;
const AT = 0x40;

interface Counter {
  readonly name: string;
  readonly closesAt: number;
  readonly tenant: string;
  readonly provider: string;
  readonly deliveries: Sketch;
  readonly failing: Sketch;
  newDeliveries: number[];
  newFailing: number[];
  /** Whoever has it at hand: lets go of it with the window. */
  side: Side | undefined;
}

/** One provider for one tenant, and the window that was counted last. */
interface Side {
  readonly tenant: string;
  readonly provider: string;
  readonly policy: Policy;
  /** Counts for incidents, too: the place is looked up once for both. */
  readonly watch: Watch | undefined;
  opensAt: number;
  closesAt: number;
  counter: Counter | undefined;
}

/** One domain of one tenant, by its bytes. What most domains never need is made when they do. */
interface Slot {
  /** With the slash. */
  readonly tenant: Uint8Array;
  readonly domain: Uint8Array;
  /** Who operates it as far as its name tells. */
  readonly provider: string;
  /** The host that answered can make it another provider. */
  readonly byHost: boolean;
  side: Side | undefined;
  /** The host that answered last. */
  last: Host | undefined;
  /** Those before it, too, once there are several; not too many. */
  hosts: Map<number, Host> | undefined;
}

interface Host {
  readonly host: Uint8Array;
  readonly side: Side;
}

type OpenRow = readonly [closesAt: number, tenant: string, provider: string, deliveries: readonly number[], failing: readonly number[]];
type ClosedRow = readonly [closesAt: number, tenant: string, provider: string, holds: 0 | 1, deliveries: number, failing: number];
interface Body {
  readonly open: readonly OpenRow[];
  readonly closedUpTo: number;
  readonly closed: readonly ClosedRow[];
}

export function createContrast(options: {
  readonly policies: PolicySet;
  readonly providerOf: ProviderOf;
  /** What was taken before, in order. */
  readonly stored: readonly string[];
  readonly incidents?: IncidentCounts;
}): Contrast {
  const { policies, providerOf, stored, incidents } = options;
  const open = new Map<string, Counter>();
  const closed = new Map<string, ContrastAnswer>();
  let changed = new Set<Counter>();
  let newlyClosed: ClosedRow[] = [];
  let closedUpTo = Number.MIN_SAFE_INTEGER;
  let nextClosing = Number.POSITIVE_INFINITY;
  let sides = new Map<string, Side>();
  let slots = new Map<number, Slot>();
  /** Most slots in a row are of one tenant: its bytes are kept once. */
  let lastTenant = new Uint8Array(0);
  let additions = 0;
  let whole = 0;

  // ----------------------------------------------------------------------------------------- places

  function sideOf(tenant: string, provider: string): Side {
    const name = `${tenant} ${provider}`;
    let side = sides.get(name);
    if (side === undefined) {
      if (sides.size >= REMEMBERED) forgetPlaces();
      const { base } = tenantPolicy(policies, tenant);
      side = { tenant, provider, policy: base, watch: incidents?.watch(provider), opensAt: 0, closesAt: 0, counter: undefined };
      sides.set(name, side);
    }
    return side;
  }

  function forgetPlaces(): void {
    sides = new Map();
    slots = new Map();
  }

  function slotOf(key: Uint8Array): Slot {
    const { length } = key;
    let slash = 0;
    while (key[slash] !== SLASH) slash += 1;
    slash += 1;
    // From the end, because `indexOf` costs more than the few bytes.
    let start = length;
    while (key[start - 1] !== AT) start -= 1;
    const hash = hashOn(hashOn(0, key, 0, slash), key, start, length);
    const known = slots.get(hash);
    if (known !== undefined && isAt(known.tenant, key, 0, slash) && isAt(known.domain, key, start, length)) return known;
    if (slots.size >= REMEMBERED) forgetPlaces();
    const domain = textOf(key.subarray(start));
    const provider = providerOf(domain);
    if (!isAt(lastTenant, key, 0, slash)) lastTenant = copyOf(key, 0, slash);
    const slot: Slot = {
      tenant: lastTenant,
      domain: copyOf(key, start, length),
      provider,
      // A domain that names its operator whatever host answers: it is not asked.
      byHost: provider === domain,
      side: undefined,
      last: undefined,
      hosts: undefined,
    };
    slots.set(hash, slot);
    return slot;
  }

  const tenantOf = ({ tenant }: Slot): string => textOf(tenant.subarray(0, -1));

  /** The same host as the last time, nearly always. */
  function sideByHost(slot: Slot, value: Uint8Array, from: number, to: number): Side {
    const { last } = slot;
    if (last !== undefined) {
      if (isAt(last.host, value, from, to)) return last.side;
      slot.hosts ??= new Map([[hashOn(0, last.host, 0, last.host.length), last]]);
    }
    const hash = hashOn(0, value, from, to);
    let known = slot.hosts?.get(hash);
    if (known === undefined || !isAt(known.host, value, from, to)) {
      const side = sideOf(tenantOf(slot), providerOf(textOf(slot.domain), textOf(value.subarray(from, to))));
      known = { host: copyOf(value, from, to), side };
      if (slot.hosts !== undefined && slot.hosts.size >= HOSTS) slot.hosts.clear();
      slot.hosts?.set(hash, known);
    }
    slot.last = known;
    return known.side;
  }

  // --------------------------------------------------------------------------------------- counting

  /** The window that this moment lies in; undefined when it has ended, or when there are too many. */
  function counterAt(side: Side, at: number, clock: number): Counter | undefined {
    if (at < side.opensAt || at >= side.closesAt) {
      side.closesAt = closingOf(side.policy, at);
      side.opensAt = side.closesAt - side.policy.contrast.window;
      side.counter = open.get(nameOf(side.closesAt, side.tenant, side.provider));
    }
    if (side.closesAt <= clock) return undefined;
    side.counter ??= begin(side.closesAt, side.tenant, side.provider);
    if (side.counter !== undefined) side.counter.side = side;
    return side.counter;
  }

  function begin(closesAt: number, tenant: string, provider: string): Counter | undefined {
    if (open.size >= OPEN) return undefined;
    const name = nameOf(closesAt, tenant, provider);
    const counter: Counter = {
      name,
      closesAt,
      tenant,
      provider,
      deliveries: new Sketch(),
      failing: new Sketch(),
      newDeliveries: [],
      newFailing: [],
      side: undefined,
    };
    open.set(name, counter);
    nextClosing = Math.min(nextClosing, closesAt);
    return counter;
  }

  function countDelivery(counter: Counter, identity: number): void {
    if (!counter.deliveries.add(identity)) return;
    counter.newDeliveries.push(identity);
    changed.add(counter);
  }

  // ---------------------------------------------------------------------------------------- closing

  function close(clock: number): boolean {
    if (clock < nextClosing) return false;
    const ended = [...open.values()].filter(({ closesAt }) => closesAt <= clock).sort((a, b) => a.closesAt - b.closesAt);
    for (const counter of ended) {
      const { name, closesAt, tenant, provider, deliveries, failing, side } = counter;
      open.delete(name);
      if (side?.counter === counter) side.counter = undefined;
      const { base } = tenantPolicy(policies, tenant);
      const answer = answerOf(base, closesAt, deliveries.count(), failing.count());
      // Most providers have next to no mail: of those nothing is kept, which is the same answer.
      if (failing.count() === 0 && !answer.holds) continue;
      keep(tenant, provider, answer);
      newlyClosed.push(rowOf(tenant, provider, answer));
    }
    for (const counter of changed) if (counter.closesAt <= clock) changed.delete(counter);
    closedUpTo = clock;
    nextClosing = Number.POSITIVE_INFINITY;
    for (const { closesAt } of open.values()) nextClosing = Math.min(nextClosing, closesAt);
    return true;
  }

  function keep(tenant: string, provider: string, answer: ContrastAnswer): void {
    closed.set(nameOf(answer.closesAt, tenant, provider), answer);
  }

  /** Answers are in order of their closing. */
  function forget(clock: number): void {
    for (const [name, { closesAt }] of closed) {
      if (closed.size <= CLOSED && closesAt >= clock - KEPT_FOR) return;
      closed.delete(name);
    }
  }

  // ----------------------------------------------------------------------------------------- storing

  function load(body: string): void {
    const { open: counted, closedUpTo: upTo, closed: answers } = JSON.parse(body) as Body;
    for (const [closesAt, tenant, provider, deliveries, failing] of counted) {
      const counter = open.get(nameOf(closesAt, tenant, provider)) ?? begin(closesAt, tenant, provider);
      for (const hash of deliveries) counter?.deliveries.add(hash);
      for (const hash of failing) counter?.failing.add(hash);
    }
    closedUpTo = Math.max(closedUpTo, upTo);
    for (const [name, { closesAt }] of open) if (closesAt <= closedUpTo) open.delete(name);
    for (const [closesAt, tenant, provider, holds, deliveries, failing] of answers) {
      keep(tenant, provider, { closesAt, holds: holds === 1, deliveries, failing });
    }
  }

  function everything(): Body {
    const counted = [...open.values()].map(({ closesAt, tenant, provider, deliveries, failing }): OpenRow => {
      return [closesAt, tenant, provider, deliveries.hashes(), failing.hashes()];
    });
    const answers = [...closed].map(([name, answer]): ClosedRow => {
      const [, tenant = '', provider = ''] = name.split(' ');
      return rowOf(tenant, provider, answer);
    });
    return { open: counted, closedUpTo, closed: answers };
  }

  function take(): ContrastWrite | null {
    if (changed.size === 0 && newlyClosed.length === 0) return null;
    const counted = [...changed].map(({ closesAt, tenant, provider, newDeliveries, newFailing }): OpenRow => {
      return [closesAt, tenant, provider, newDeliveries, newFailing];
    });
    let body = JSON.stringify({ open: counted, closedUpTo, closed: newlyClosed } satisfies Body);
    for (const counter of changed) {
      counter.newDeliveries = [];
      counter.newFailing = [];
    }
    changed = new Set();
    newlyClosed = [];
    additions += body.length;
    const replaces = additions > Math.max(REWRITE, whole);
    if (replaces) {
      body = JSON.stringify(everything());
      whole = body.length;
      additions = 0;
    }
    return { replaces, body };
  }

  for (const [index, body] of stored.entries()) {
    load(body);
    if (index === 0) whole = body.length;
    else additions += body.length;
  }
  for (const { closesAt } of open.values()) nextClosing = Math.min(nextClosing, closesAt);

  return {
    delivered(key, hash, value, places, clock) {
      const slot = slotOf(key);
      const { occurredAt, messageStart, messageEnd, hostStart, hostEnd } = places;
      const side =
        slot.byHost && hostEnd > hostStart
          ? sideByHost(slot, value, hostStart, hostEnd)
          : (slot.side ??= sideOf(tenantOf(slot), slot.provider));
      if (side.watch !== undefined) incidents?.delivered(side.watch, occurredAt);
      const counter = counterAt(side, occurredAt, clock);
      if (counter !== undefined) {
        const end = Math.min(messageEnd, messageStart + MESSAGE);
        countDelivery(counter, identityOf(hashOn(hash, value, messageStart, end), occurredAt));
      }
      return side.provider;
    },
    deliveredEvent({ tenant, recipient, occurredAt, messageId = '', remoteHost }, key, clock) {
      const provider = providerOf(recipient.slice(recipient.lastIndexOf('@') + 1), remoteHost);
      const side = sideOf(tenant, provider);
      if (side.watch !== undefined) incidents?.delivered(side.watch, occurredAt);
      const counter = counterAt(side, occurredAt, clock);
      if (counter !== undefined) countDelivery(counter, identityOf(hashOfText(messageId.slice(0, MESSAGE), hashOfText(key)), occurredAt));
      return provider;
    },
    failed({ tenant, provider, at, key }, clock) {
      const counter = counterAt(sideOf(tenant, provider), at, clock);
      const identity = spread(hashOfText(key));
      if (counter?.failing.add(identity) !== true) return;
      counter.newFailing.push(identity);
      changed.add(counter);
    },
    close,
    forget,
    askOf: (tenant) => (provider, closesAt) => closed.get(nameOf(closesAt, tenant, provider)),
    take,
  };
}

/** `expired` without a reply of its own is judged by the message's latest deferral before it, as far as it is known. */
export function causeOf(fact: FailureFact, facts: readonly Fact[]): Judged {
  if (!fact.causeUnknown) return fact.judged;
  const deferral = facts.findLast(
    (known) => known.kind === 'failure' && known.type === 'deferred' && known.message === fact.message && known.at <= fact.at,
  );
  return fact.message === null || deferral?.kind !== 'failure' ? { ...fact.judged, verdict: NO_REPLY } : deferral.judged;
}

/** No provider's name has a space: they are host names and our own words. */
function nameOf(closesAt: number, tenant: string, provider: string): string {
  return `${closesAt} ${tenant} ${provider}`;
}

function rowOf(tenant: string, provider: string, { closesAt, holds, deliveries, failing }: ContrastAnswer): ClosedRow {
  return [closesAt, tenant, provider, holds ? 1 : 0, deliveries, failing];
}

function identityOf(hash: number, at: number): number {
  const high = Math.floor(at / 0x1_0000_0000);
  return spread(Math.imul(hash ^ (at - high * 0x1_0000_0000), 0x9e3779b1) ^ high);
}

/** What a record brings are views of all that was fetched with it, and a slice of a Buffer is one more: it would keep all of that. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(from, to));
}

/** ASCII, as one flat string: it is kept for long, and hashed. */
function textOf(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (const byte of bytes) codes.push(byte);
  return String.fromCharCode(...codes);
}
