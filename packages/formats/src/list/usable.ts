/** Which rows of a list are imported, and for whom. */
import { NAME, normaliseRecipient } from '../event/index.ts';
import type { Kept } from './formats.ts';
import type { ImportedRow } from './record.ts';
import { troubleOf } from './record.ts';
import type { Read } from './rows.ts';
import type { ImportKind } from './words.ts';

/** Why people say that they import every row. */
export const IMPORT_REASONS: ReadonlyMap<string, ImportKind> = new Map([
  ['bounce', 'bounce'],
  ['complaint', 'complaint'],
  ['unsubscribe', 'unsubscribe'],
  ['operator', 'other'],
]);

export interface UsableOptions {
  /** Overrides the reason in the list, and imports what would not be a suppression by its reply. */
  readonly as?: ImportKind | undefined;
  /** Overrides the tenant in the list. */
  readonly tenant?: string | undefined;
}

/** `trouble`: it is kept for what its reply says, which `as` overrides. */
export type Usable = ImportedRow | { readonly problem: string } | (Kept & { readonly trouble?: true });

export function usableRow(read: Read, { as, tenant: wanted }: UsableOptions): Usable {
  if ('kept' in read || 'problem' in read) return read;
  const { format } = read;
  const row = as === undefined ? read.row : { ...read.row, kind: as };
  const normalised = normaliseRecipient(row.address);
  if (!normalised.ok) return { problem: `not an email address (${normalised.problem})` };
  const tenant = wanted ?? row.tenant ?? undefined;
  if (tenant !== undefined && !NAME.test(tenant)) return { problem: `tenant: ${tenant.slice(0, 80)} is not a name like ${NAME.source}` };
  const trouble = as === undefined ? troubleOf(row, normalised.address) : undefined;
  return trouble === undefined
    ? { row, format, address: normalised.address, tenant }
    : { kept: trouble, address: normalised.address, trouble: true };
}
