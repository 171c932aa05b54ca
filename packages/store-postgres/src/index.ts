export * from './database.ts';
export * from './migrate.ts';
export * from './store.ts';
export * from './operations.ts';
export * from './reader.ts';
export * from './ingest.ts';
