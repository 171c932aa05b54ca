/** In-memory audit trail for tests: the same answers as the one on SQL. */
import type { AuditEntry, AuditTrail } from '@desist/pipeline';
import { behind } from './page-of.ts';

export interface MemoryTrail extends AuditTrail {
  /** In the order in which they were written. */
  entries(): readonly AuditEntry[];
}

export function createMemoryTrail(): MemoryTrail {
  let entries: readonly AuditEntry[] = [];
  let last = 0;
  return {
    entries: () => entries,
    async note(added) {
      const made = added.map((entry): AuditEntry => ({ ...entry, id: (last += 1), erased: false }));
      entries = [...entries, ...made];
      return made.map(({ id }) => id);
    },
    async settle(ids, outcome) {
      entries = entries.map((entry) => (ids.includes(entry.id) ? { ...entry, outcome } : entry));
    },
    async page({ tenants, who, action, since = 0, address }, { cursor, limit }) {
      const all = entries
        .filter(({ tenant }) => tenants === undefined || (tenant !== null && tenants.includes(tenant)))
        .filter((entry) => who === undefined || [entry.keyId, entry.keyName, entry.by].includes(who))
        .filter((entry) => (action ?? entry.action) === entry.action && entry.at >= since && (address ?? entry.address) === entry.address)
        .toSorted((a, b) => b.at - a.at || b.id - a.id);
      const items = behind(all, cursor, ({ id }) => String(id)).slice(0, limit);
      return { items, cursor: items.length === limit ? String(items.at(-1)?.id) : null };
    },
    async erase(tenant, address) {
      const isOf = (entry: AuditEntry): boolean => entry.tenant === tenant && entry.address === address;
      const found = entries.filter(isOf).length;
      const without = (by: string | null): string | null => (by?.toLowerCase().includes(address) === true ? null : by);
      const gone = { address: null, target: null, note: null, erased: true };
      entries = entries.map((entry) => (isOf(entry) ? { ...entry, ...gone, by: without(entry.by) } : entry));
      return found;
    },
    async prune(before) {
      const kept = entries.filter(({ at }) => at >= before);
      const dropped = entries.length - kept.length;
      entries = kept;
      return dropped;
    },
  };
}
