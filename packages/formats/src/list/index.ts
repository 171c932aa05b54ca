/** Suppression lists of other systems: how they are read, and what becomes of a row. */
export { COLUMN_NAMES, columnName, LIST_FORMATS } from './formats.ts';
export type { ColumnNames, Kept, ListRow } from './formats.ts';
export { countRepeat, countRow, createRepeats, noCounts, tally } from './counts.ts';
export type { ImportCounts, Repeat } from './counts.ts';
export { recordOf } from './record.ts';
export type { ImportedRow } from './record.ts';
export { ListRefusal } from './refusal.ts';
export type { Remedy } from './refusal.ts';
export { rowsOf, sampleOf } from './rows.ts';
export type { ListSample, Read, Wanted } from './rows.ts';
export { IMPORT_REASONS, usableRow } from './usable.ts';
export type { Usable } from './usable.ts';
export type { ImportKind } from './words.ts';
