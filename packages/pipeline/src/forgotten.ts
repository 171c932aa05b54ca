/** What an erasure leaves behind: suppressions without a readable recipient. */
import type { Command } from '@desist/domain';
import type { BlockRow } from './ports.ts';

/** One per scope and reason: the later end counts. */
export function mergedBlocks(known: readonly BlockRow[], more: readonly BlockRow[]): readonly BlockRow[] {
  const merged = new Map<string, BlockRow>();
  for (const { scope, reason, since, expiresAt } of [...known, ...more]) {
    const key = `${scope} ${reason}`;
    const before = merged.get(key);
    const forEver = before !== undefined && (before.expiresAt === null || expiresAt === null);
    const end = forEver ? null : Math.max(expiresAt ?? 0, before?.expiresAt ?? 0);
    merged.set(key, { scope, reason, since: before?.since ?? since, expiresAt: before === undefined ? expiresAt : end });
  }
  return [...merged.values()];
}

/** As `release` lifts suppressions: complaint and unsubscribe only with force. */
export function liftedBy({ type, scope, force }: Command, block: BlockRow): boolean {
  if (type !== 'release' || (scope !== '*' && scope !== block.scope)) return false;
  return force === true || (block.reason !== 'complaint' && block.reason !== 'unsubscribe');
}
