/**
 * The windows of contrast, from a whole log of one partition: slow and obvious on purpose, like the machine.
 *
 *  1. The clock before a record is the highest record time so far, its own included. A window that ends at or before it is decided
 *     without the record.
 *  2. A delivery is known by recipient, message and time, whatever its id; a failing recipient counts once.
 *  3. A failure is judged for this as it comes: an `expired` that says nothing takes the verdict of the message's latest deferral
 *     among the records before it.
 */
import type { DeliveryEvent, LogEvent, PolicySet } from '@desist/domain';
import type { Verdict } from '@desist/verdicts';

export interface LoggedEvent {
  readonly event: LogEvent;
  /** ms */
  readonly recordTime: number;
}

interface Window {
  readonly deliveries: Set<string>;
  readonly failing: Set<string>;
}

export interface Windows {
  /** The kept answer for the provider and tenant of this event. */
  holds(event: DeliveryEvent, closesAt: number): boolean;
  figures(event: DeliveryEvent, closesAt: number): { readonly deliveries: number; readonly failing: number };
}

export function windowsOf(
  log: readonly LoggedEvent[],
  policy: PolicySet,
  providerOf: (event: DeliveryEvent) => string,
  verdictOf: (event: DeliveryEvent) => Verdict | null,
): Windows {
  const windows = new Map<string, Window>();
  const values = (tenant: string): PolicySet['base']['contrast'] => (policy.tenants.get(tenant)?.base ?? policy.base).contrast;
  const at = (event: DeliveryEvent, closesAt: number): Window => {
    const name = JSON.stringify([event.tenant, providerOf(event), closesAt]);
    const window = windows.get(name) ?? { deliveries: new Set(), failing: new Set() };
    windows.set(name, window);
    return window;
  };

  let clock = Number.NEGATIVE_INFINITY;
  log.forEach(({ event, recordTime }, index) => {
    clock = Math.max(clock, recordTime);
    if ('scope' in event) return;
    const length = values(event.tenant).window;
    const closesAt = (Math.floor(event.occurredAt / length) + 1) * length;
    if (closesAt <= clock) return;
    const { tenant, recipient, messageId, occurredAt, type } = event;
    if (type === 'delivered') at(event, closesAt).deliveries.add(JSON.stringify([recipient, messageId ?? '', occurredAt]));
    if (type !== 'deferred' && type !== 'bounced' && type !== 'expired') return;
    const cause = causeOf(event, log.slice(0, index), verdictOf);
    const verdict = cause && verdictOf(cause);
    const own = policy.tenants.get(tenant)?.streams.get(event.stream) ?? policy.tenants.get(tenant)?.base ?? policy.base;
    const attribution = verdict ? (own.attribution[verdict.category] ?? verdict.attribution) : 'unknown';
    if (attribution !== 'recipient' && attribution !== 'message') at(cause ?? event, closesAt).failing.add(recipient);
  });

  return {
    holds(event, closesAt) {
      const { deliveries, failing } = at(event, closesAt);
      const wanted = values(event.tenant);
      return deliveries.size >= wanted.deliveries && failing.size < wanted.failingShare * (failing.size + deliveries.size);
    },
    figures(event, closesAt) {
      const { deliveries, failing } = at(event, closesAt);
      return { deliveries: deliveries.size, failing: failing.size };
    },
  };
}

/** The event whose reply counts; undefined: nobody said anything. */
function causeOf(
  event: DeliveryEvent,
  before: readonly LoggedEvent[],
  verdictOf: (event: DeliveryEvent) => Verdict | null,
): DeliveryEvent | undefined {
  const own = verdictOf(event);
  if (event.type !== 'expired' || (own !== null && own.category !== 'expired' && own.attribution !== 'local')) return event;
  const earlier = before
    .map((record) => record.event)
    .filter((one): one is DeliveryEvent => one.type === 'deferred' && one.recipient === event.recipient && one.tenant === event.tenant)
    .filter(({ messageId, occurredAt }) => messageId !== undefined && messageId === event.messageId && occurredAt <= event.occurredAt);
  return earlier.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1)).at(-1);
}
