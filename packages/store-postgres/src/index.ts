export * from './database.ts';
export * from './migrate.ts';
export * from './store.ts';
export { createReader } from './reader.ts';
export type {
  Checked,
  HistoryEntry,
  ListedSuppression,
  ListFilter,
  Page,
  PartitionStatus,
  Reader,
  RecipientRecord,
  StoreStatus,
} from './reader.ts';
