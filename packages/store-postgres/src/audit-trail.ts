/** The audit trail on SQL. */
import type { AuditEntry, AuditTrail, NewAuditEntry } from '@desist/pipeline';
import type { Queries } from '@desist/postgres';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { dropOldAudit } from './statements/drop-old-audit.ts';
import { eraseAudit } from './statements/erase-audit.ts';
import { noteAudit } from './statements/note-audit.ts';
import { pageAudit, pageAuditOfAddress, pageAuditOfTenants } from './statements/page-audit.ts';
import type { AuditRow } from './statements/page-audit.ts';
import { settleAudit } from './statements/settle-audit.ts';

/** Entries that a page reads at most, of all tenants of its filter together. */
const SCANNED = 5_000;
const PRUNED_AT_ONCE = 5_000;
/** Later than every entry. */
const LAST = Number.MAX_SAFE_INTEGER;

/** `db`: also the transaction of what is done. */
export async function noteActs(db: Queries, entries: readonly NewAuditEntry[]): Promise<readonly number[]> {
  if (entries.length === 0) return [];
  // Ids rise in the order of the rows; the order in which rows are returned is not promised.
  return (await noteAudit.run(db, { rows: entries })).map(({ id }) => id).sort((a, b) => a - b);
}

export function createAuditTrail(db: Queries): AuditTrail {
  return {
    note: (entries) => noteActs(db, entries),
    async settle(ids, outcome) {
      if (ids.length > 0) await settleAudit.run(db, { ids, outcome });
    },
    async page({ tenants, who, action, since, address }, { cursor, limit }) {
      const [before, beforeId] = cursor === undefined ? [LAST, LAST] : (decodeCursor(cursor, ['number', 'number']) as [number, number]);
      const isFiltered = who !== undefined || action !== undefined;
      const most = Math.max(1, Math.floor(SCANNED / Math.max(1, tenants?.length ?? 1)));
      const scanned = isFiltered ? Math.max(limit, most) : limit;
      const statement = address !== undefined ? pageAuditOfAddress : tenants === undefined ? pageAudit : pageAuditOfTenants;
      const rows = await statement.run(db, {
        ...{ tenants: tenants ?? null, address: address ?? null, who: who ?? null, action: action ?? null },
        ...{ since: since ?? 0, before, beforeId, scanned, limit },
      });
      const items = rows.flatMap(entryOf);
      return { items, cursor: cursorAfter(rows[0], items, { scanned, limit }) };
    },
    erase: async (tenant, address) => (await eraseAudit.run(db, { tenant, address })).length,
    async prune(before) {
      for (let dropped = 0; ;) {
        const { length } = await dropOldAudit.run(db, { before, limit: PRUNED_AT_ONCE });
        dropped += length;
        if (length < PRUNED_AT_ONCE) return dropped;
      }
    },
  };
}

function entryOf(row: AuditRow): AuditEntry[] {
  if (row.id === null) return [];
  const { read: _, lastAt: __, lastId: ___, ...entry } = row;
  return [{ ...entry, detail: JSON.parse(entry.detail) as AuditEntry['detail'] }];
}

/** Behind the last entry of a full page, otherwise behind what was read; null: nothing is behind it. */
function cursorAfter(
  first: AuditRow | undefined,
  items: readonly AuditEntry[],
  { scanned, limit }: { readonly scanned: number; readonly limit: number },
): string | null {
  const last = items.at(-1);
  if (items.length === limit && last !== undefined) return encodeCursor([last.at, last.id]);
  if (first === undefined || first.read < scanned || first.lastAt === null || first.lastId === null) return null;
  return encodeCursor([first.lastAt, first.lastId]);
}
