/**
 * What is counted of a shadow policy must add up: what it has suppressed less what it has released is what it holds, by tenant, domain and
 * reason; and whatever it holds is counted in the hour in which that began. Nothing of it is published, so there is no more to count again.
 */
import { HOUR } from '@desist/domain';
import type { RollupRow } from '@desist/pipeline';

/** A suppression that the shadow policy holds. */
export interface HeldByShadow {
  readonly tenant: string;
  readonly address: string;
  readonly reason: string;
  /** ms */
  readonly since: number;
}

/** The first thing that does not add up; undefined: there is none. */
export function shadowDifference(rows: readonly RollupRow[], held: readonly HeldByShadow[]): string | undefined {
  const net = new Map<string, number>();
  const begun = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, more: number): void => void to.set(key, (to.get(key) ?? 0) + more);
  for (const { family, type, at, tenant, domain, category, events } of rows) {
    if (family !== 'shadow') continue;
    const key = `${tenant} ${domain} ${category}`;
    add(net, key, type === 'shadow_suppressed' ? events : -events);
    if (type === 'shadow_suppressed') add(begun, `${key} ${Math.floor(at / HOUR)}`, events);
  }
  for (const { tenant, address, reason, since } of held) {
    const key = `${tenant} ${address.slice(address.lastIndexOf('@') + 1)} ${reason}`;
    add(net, key, -1);
    add(begun, `${key} ${Math.floor(since / HOUR)}`, -1);
  }
  for (const [key, rest] of net) if (rest !== 0) return `of ${key} ${rest} more are counted than the shadow policy holds`;
  for (const [key, rest] of begun) if (rest < 0) return `of ${key} (the hour) ${-rest} are not counted where they began`;
  return undefined;
}
