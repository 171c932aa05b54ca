import { InvalidCursorError } from '@desist/pipeline';
import type { PositionInList } from '@desist/pipeline';

/** Newest first, behind a position. */
export function pageOf<Row extends PositionInList>(
  rows: readonly Row[],
  before: PositionInList | undefined,
  limit: number,
): readonly Row[] {
  const order = (a: PositionInList, b: PositionInList): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
  return rows
    .toSorted(order)
    .filter((row) => before === undefined || order(before, row) < 0)
    .slice(0, limit);
}

/** The rows behind the one that a cursor names. @throws InvalidCursorError */
export function behind<Row>(rows: readonly Row[], cursor: string | undefined, nameOf: (row: Row) => string): readonly Row[] {
  if (cursor === undefined) return rows;
  const found = rows.findIndex((row) => nameOf(row) === cursor);
  if (found === -1) throw new InvalidCursorError('this cursor is not one that was given out for this list');
  return rows.slice(found + 1);
}
