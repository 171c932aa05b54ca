export * from './database.ts';
export { dueErasures, erasureDone, hashKeyOf, keyedHash } from './forgotten.ts';
export type { Erasure, HashOf } from './forgotten.ts';
export * from './migrate.ts';
export * from './store.ts';
export * from './operations.ts';
export type { SqlSocket } from './socket.ts';
export * from './reader.ts';
export * from './ingest.ts';
