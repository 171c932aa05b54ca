/** Everything that a memory store has counted of a partition: the rows of hours, with what is pending. */
import type { MemoryStore } from '@desist/memory';
import { createRollups, HOURS_KEPT } from '@desist/pipeline';
import type { RollupRow } from '@desist/pipeline';

export function rollupsOf(store: MemoryStore, partition: number): readonly RollupRow[] {
  const pending = createRollups(store.checkpoint(partition)?.rollups ?? []).drain({ now: 0, present: HOURS_KEPT });
  return [...store.rollups(partition).hours, ...(pending?.kind === 'counted' ? pending.hours : [])];
}
