/** What roll-ups count of a recipient's changes must be what was ever published and not undone, each thing once. */
import { countsOf, viewOf } from '@desist/domain';
import type { Change, FoldContext, Recipient } from '@desist/domain';
import { expect } from 'vitest';

/** How often, by type, moment and reason. */
export function netCounts(changes: readonly Change[]): ReadonlyMap<string, number> {
  const net = new Map<string, number>();
  for (const { type, at, reason, times } of changes.flatMap(countsOf)) {
    const key = `${type} ${at} ${reason ?? ''}`;
    net.set(key, (net.get(key) ?? 0) + times);
  }
  return net;
}

const STAGES: readonly string[] = ['deferred', 'persistent', 'soft_bounced', 'at_risk'];

export function expectCountedOnce(changes: readonly Change[], recipient: Recipient, context: FoldContext): void {
  const net = netCounts(changes);
  const ended = changes.filter(({ type }) => type === 'recovered' || type === 'released').length;
  /** Suppressions that began and did not end, by reason. */
  const open = new Map<string, number>();
  for (const [key, times] of net) {
    const [type = '', , reason = ''] = key.split(' ');
    expect(times, `${key}: nothing is taken back that was not counted`).toBeGreaterThanOrEqual(0);
    if (STAGES.includes(type))
      expect(times, `${key}: a stage counts once, and again when late evidence brings it back`).toBeLessThanOrEqual(1 + ended);
    if (type === 'suppressed') open.set(reason, (open.get(reason) ?? 0) + times);
    if (type === 'released') open.set(reason, (open.get(reason) ?? 0) - times);
  }
  const active = Map.groupBy(viewOf(recipient, context).suppressions, ({ reason }) => reason);
  const wanted = [...active].map(([reason, { length }]) => [reason, length] as const);
  expect(new Map([...open].filter(([, count]) => count !== 0)), 'those that began and did not end are active').toEqual(new Map(wanted));
}
