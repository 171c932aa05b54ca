/**
 * Recounts regret from what was published and from the deliveries of the log: a suppression is regretted when a delivery releases it, or
 * follows within 30 days of its expiry. Of recipients that were erased it is not told how much of it is known.
 */
import { DAY, isCommand } from '@desist/domain';
import type { LogEvent } from '@desist/domain';
import { hourKey } from './rollups.ts';
import type { PublishedChange, Recounted } from './rollups.ts';

const WITHIN = 30 * DAY;

interface Suppression {
  readonly scope: string;
  readonly reason: string;
  readonly since: number;
  readonly category: string;
  expiredAt?: number | undefined;
  isReleased?: boolean;
  isRegretted?: boolean;
}

type MeasuredChange = PublishedChange & { readonly evidence?: { readonly category: string } | null };

/** `changes` in their order. The cells of `suppressed` and `regretted`, by hour, without providers. */
export function recountRegret(changes: Iterable<MeasuredChange>, events: Iterable<LogEvent>): ReadonlyMap<string, Recounted> {
  const recipients = new Map<string, Suppression[]>();
  for (const change of changes) {
    const key = `${change.tenant}/${change.recipient}`;
    recipients.set(key, after(recipients.get(key) ?? [], change));
  }
  const erased = new Set<string>();
  for (const event of events) {
    const key = `${event.tenant}/${event.recipient}`;
    if (isCommand(event)) {
      if (event.type === 'forget') erased.add(key);
      continue;
    }
    if (event.type !== 'delivered' || event.certain === false) continue;
    for (const one of recipients.get(key) ?? []) {
      const isOwn = one.scope === '*' || one.scope === event.stream;
      const { expiredAt } = one;
      if (isOwn && expiredAt !== undefined && event.occurredAt >= one.since && event.occurredAt <= expiredAt + WITHIN)
        one.isRegretted = true;
    }
  }
  const counts = new Map<string, Recounted>();
  for (const [key, suppressions] of recipients) {
    const [tenant = ''] = key.split('/');
    const domain = key.slice(key.lastIndexOf('@') + 1);
    for (const { since, reason, category, isRegretted = false } of suppressions) {
      for (const type of isRegretted || erased.has(key) ? ['suppressed', 'regretted'] : ['suppressed']) {
        const cell = hourKey({
          ...{ family: 'regret', at: since, tenant, provider: '', stream: '', pool: '', domain, type },
          ...{ category, attribution: reason, upperBound: 0 },
        });
        const { least, most } = counts.get(cell) ?? { least: 0, most: 0 };
        counts.set(cell, { least: least + (erased.has(key) ? 0 : 1), most: most + 1 });
      }
    }
  }
  return counts;
}

function after(known: Suppression[], { type, cause, suppression, effectiveAt, evidence }: MeasuredChange): Suppression[] {
  if (suppression == null || (suppression.reason !== 'persistent_deferral' && suppression.reason !== 'hard_bounce')) return known;
  const { scope, reason } = suppression;
  const since = Date.parse(suppression.since);
  const same = known.findLast((one) => one.scope === scope && one.reason === reason && one.since === since && one.isReleased !== true);
  if (type === 'suppressed') {
    if (same === undefined) return [...known, { scope, reason, since, category: evidence?.category ?? '' }];
    Object.assign(same, { expiredAt: undefined, isRegretted: false });
    return known;
  }
  if (same === undefined || same.isRegretted === true || same.expiredAt !== undefined) return known;
  if (type === 'corrected') return known.filter((one) => one !== same);
  if (type !== 'released') return known;
  if (cause === 'delivered') same.isRegretted = true;
  else if (cause === 'expiry') same.expiredAt = Date.parse(effectiveAt);
  else same.isReleased = true;
  return known;
}
