/**
 * Recounts the roll-ups from the records of a partition, in the order of the log. What is known of a recipient tells whether an event came
 * before; how long it is known is not the oracle's to say, so a repetition that comes later counts at least never and at most once.
 */
import { classifyFailure, DEFAULT_POLICY, factOf, HOUR, attributionOf, isCommand } from '@desist/domain';
import type { DeliveryEvent, FailureFact, LogEvent } from '@desist/domain';
import type { RollupRow } from '@desist/pipeline';
import { NO_REPLY, providerOf } from '@desist/verdicts';
import type { Verdict } from '@desist/verdicts';

export interface Recounted {
  least: number;
  most: number;
}

interface Recipient {
  /** Something other than a delivery was heard of it: from there on its deliveries are remembered, too. */
  isTracked: boolean;
  readonly ids: Set<string>;
  latest: { readonly id: string; readonly at: number } | undefined;
  /** The latest delivery or proof of life, whatever came before it is void. */
  deliveredAt: number;
  readonly deferrals: { readonly message: string; readonly at: number; readonly verdict: Verdict }[];
  erasedAt: number;
}

/** `recordTime`: ms. By hour; the key is `hourKey`. */
export function recountEvents(
  records: Iterable<{ readonly event: LogEvent; readonly recordTime: number }>,
): ReadonlyMap<string, Recounted> {
  const recipients = new Map<string, Recipient>();
  const counts = new Map<string, Recounted>();
  for (const { event, recordTime } of records) {
    const key = `${event.tenant}/${event.recipient}`;
    let known = recipients.get(key);
    if (known === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      known = { isTracked: false, ids: new Set(), latest: undefined, deliveredAt: never, deferrals: [], erasedAt: never };
      recipients.set(key, known);
    }
    if (isCommand(event)) {
      known.isTracked = true;
      if (event.type === 'forget') known.erasedAt = Math.max(known.erasedAt, event.occurredAt);
      continue;
    }
    if (event.type !== 'accepted' && event.type !== 'rejected' && event.type !== 'delivered' && event.type !== 'engaged')
      known.isTracked = true;
    const { least, most } = timesOf(event, known, recordTime);
    remember(event, known, recordTime);
    const cell = keyOf(event, known);
    const sum = counts.get(cell) ?? { least: 0, most: 0 };
    counts.set(cell, { least: sum.least + least, most: sum.most + most });
  }
  return counts;
}

function timesOf(event: DeliveryEvent, known: Recipient, recordTime: number): Recounted {
  if (event.type === 'accepted' || event.type === 'rejected') return { least: 1, most: 1 };
  if (event.occurredAt <= known.erasedAt) return { least: 0, most: 1 };
  if (!known.isTracked || !known.ids.has(event.id)) return { least: 1, most: 1 };
  const { latest } = known;
  // Nothing came in between that could have voided it, no delivery had, and there was no time for it to be forgotten.
  // Of clicks that say nothing only the latest is kept.
  const isKept =
    event.kind !== 'click' && latest?.id === event.id && recordTime - latest.at < HOUR && event.occurredAt >= known.deliveredAt;
  return { least: 0, most: isKept ? 0 : 1 };
}

function remember(event: DeliveryEvent, known: Recipient, at: number): void {
  if (event.type === 'accepted' || event.type === 'rejected' || !known.isTracked) return;
  known.ids.add(event.id);
  known.latest = { id: event.id, at };
  if (event.type === 'delivered' || (event.type === 'engaged' && event.kind !== 'click'))
    known.deliveredAt = Math.max(known.deliveredAt, event.occurredAt);
}

function keyOf(event: DeliveryEvent, known: Recipient): string {
  const { tenant, recipient, stream, pool = '', type, occurredAt, remoteHost } = event;
  const provider = providerOf(recipient.slice(recipient.lastIndexOf('@') + 1), remoteHost);
  const verdict = verdictOf(event, known);
  return hourKey({
    ...{ family: 'events', at: occurredAt, tenant, provider, stream, pool, domain: '', type, upperBound: 0 },
    category: event.kind ?? verdict?.category ?? '',
    attribution: verdict === undefined ? '' : attributionOf(DEFAULT_POLICY, verdict),
  });
}

function verdictOf(event: DeliveryEvent, { deferrals }: Recipient): Verdict | undefined {
  const fact = factOf(event, (failed) => classifyFailure(failed, providerOf));
  if (fact?.kind !== 'failure') return undefined;
  const { at, message } = fact;
  const verdict = fact.causeUnknown ? causeOf(fact, deferrals) : fact.classified.verdict;
  if (fact.type === 'deferred' && message !== null) deferrals.push({ message, at, verdict });
  return verdict;
}

function causeOf(fact: FailureFact, deferrals: Recipient['deferrals']): Verdict {
  const own = deferrals.filter(({ message, at }) => message === fact.message && at <= fact.at);
  return (
    own.reduce<(typeof own)[number] | undefined>((latest, one) => (one.at >= (latest?.at ?? 0) ? one : latest), undefined)?.verdict ??
    NO_REPLY
  );
}

export function hourKey({
  family,
  at,
  tenant,
  provider,
  stream,
  pool,
  domain,
  type,
  category,
  attribution,
  upperBound,
}: Omit<RollupRow, 'events'>): string {
  return [family, nameOfHour(Math.floor(at / HOUR)), tenant, provider, stream, pool, domain, type, category, attribution, upperBound].join(
    ' ',
  );
}

const hours = new Map<number, string>();

/** For a message, and for millions of keys that nobody reads. */
function nameOfHour(hour: number): string {
  let name = hours.get(hour);
  if (name === undefined) hours.set(hour, (name = new Date(hour * HOUR).toISOString()));
  return name;
}

/** The first cell that is not as recounted; undefined: there is none. */
export function differenceOf(found: readonly RollupRow[], recounted: ReadonlyMap<string, Recounted>): string | undefined {
  const sums = new Map<string, number>();
  for (const row of found) sums.set(hourKey(row), (sums.get(hourKey(row)) ?? 0) + row.events);
  for (const key of new Set([...sums.keys(), ...recounted.keys()])) {
    const events = sums.get(key) ?? 0;
    const { least, most } = recounted.get(key) ?? { least: 0, most: 0 };
    if (events < least || events > most) return `${key} is ${events}, and should be ${least === most ? least : `${least} to ${most}`}`;
  }
  return undefined;
}

/** A change as it is published, of a recipient; `incident`: it came about by one. */
export interface PublishedChange {
  readonly id: string;
  readonly tenant: string;
  readonly recipient: string;
  readonly type: string;
  readonly suppression?: { readonly scope: string; readonly reason: string; readonly since: string } | null;
  readonly allowance?: { readonly scope: string };
  readonly cause: string;
  readonly effectiveAt: string;
  readonly corrects?: string;
  readonly incident?: string;
}

interface Counted {
  readonly type: string;
  readonly at: number;
  readonly reason: string;
}

/** What was heard of one recipient. */
interface Heard {
  /** By scope and reason, `since`. */
  readonly active: Map<string, string>;
  /** By scope. */
  readonly allowed: Map<string, Counted>;
  /** By the id of the change that said so. */
  readonly byId: Map<string, Counted>;
}

/**
 * Recounts the changes of a partition, in their order, from what was published alone: a suppression counts once while it is active, and what
 * is corrected does not count. An incident sums up in one change what it does to the stages of a streak, so that these cannot be recounted:
 * of tenants with such a change they are not told.
 */
export function recountChanges(changes: Iterable<PublishedChange>): {
  readonly counts: ReadonlyMap<string, Recounted>;
  readonly isTold: (row: Pick<RollupRow, 'tenant' | 'type'>) => boolean;
} {
  const recipients = new Map<string, Heard>();
  const counts = new Map<string, Recounted>();
  const summedUp = new Set<string>();
  for (const change of changes) {
    const { tenant, recipient } = change;
    if (change.incident !== undefined) summedUp.add(tenant);
    const key = `${tenant}/${recipient}`;
    const heard: Heard = recipients.get(key) ?? { active: new Map(), allowed: new Map(), byId: new Map() };
    recipients.set(key, heard);
    const domain = recipient.slice(recipient.lastIndexOf('@') + 1);
    const { counted, takenBack } = saidBy(change, heard);
    const count = ({ type, at, reason }: Counted, times: 1 | -1): void => {
      const cell = hourKey({
        ...{ family: 'changes', at, tenant, provider: '', stream: '', pool: '', domain, type },
        ...{ category: reason, attribution: '', upperBound: 0 },
      });
      const sum = (counts.get(cell)?.least ?? 0) + times;
      counts.set(cell, { least: sum, most: sum });
    };
    if (counted !== undefined) count(counted, 1);
    if (takenBack !== undefined) count(takenBack, -1);
  }
  const stages = ['deferred', 'persistent', 'soft_bounced', 'at_risk'];
  const isTold = ({ tenant, type }: Pick<RollupRow, 'tenant' | 'type'>): boolean => !summedUp.has(tenant) || !stages.includes(type);
  const told = [...counts].filter(([cell]) => {
    const [, , tenant = '', , , , , type = ''] = cell.split(' ');
    return isTold({ tenant, type });
  });
  return { counts: new Map(told), isTold };
}

function saidBy(
  change: PublishedChange,
  heard: Heard,
): { readonly counted?: Counted | undefined; readonly takenBack?: Counted | undefined } {
  const { id, type, suppression, allowance, cause, effectiveAt, corrects } = change;
  const { active, allowed, byId } = heard;
  const held = `${suppression?.scope ?? ''} ${suppression?.reason ?? ''}`;
  const counted = { type, at: Date.parse(effectiveAt), reason: suppression?.reason ?? '' };
  if (type === 'suppressed' && suppression) {
    const since = { ...counted, at: Date.parse(suppression.since) };
    byId.set(id, since);
    if (active.get(held) === suppression.since) return {};
    active.set(held, suppression.since);
    return { counted: since };
  }
  if (type === 'released') return active.delete(held) ? { counted } : {};
  if (type === 'corrected') {
    const takenBack = byId.get(corrects ?? '');
    if (takenBack?.type === 'suppressed' && suppression) active.delete(held);
    // A stage that no change announced names the change that it came with.
    const isOther = (takenBack?.type === 'suppressed') !== Boolean(suppression);
    return { counted, takenBack: isOther ? undefined : takenBack };
  }
  byId.set(id, counted);
  if (type === 'allowed') {
    const before = allowed.get(allowance?.scope ?? '');
    allowed.set(allowance?.scope ?? '', counted);
    return { counted, takenBack: cause === 'correction' ? before : undefined };
  }
  if (type === 'disallowed') allowed.delete(allowance?.scope ?? '');
  return { counted };
}
