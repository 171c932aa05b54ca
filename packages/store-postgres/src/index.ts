// Who opens a store opens its database here.
export { checkSchema, migrate, openEmbedded, openServer, planMigration, requireSchema } from '@desist/postgres';
export type { Database, Migrated, PlannedStep, Queries, ReaderRoles, SchemaState, ServerOptions, SqlSocket } from '@desist/postgres';
export { dueErasures, eraseParked, erasureDone, hashKeyOf, keyedHash, vacuumAfterErasing } from './tombstones.ts';
export type { Erasure, HashOf } from './tombstones.ts';
export { createChangeFeed } from './change-feed.ts';
export * from './store.ts';
export * from './operations.ts';
export * from './reader.ts';
export { createTrafficReader } from './traffic.ts';
export * from './ingest.ts';
export { createImportStore } from './imports.ts';
export { createIncidentStore } from './incidents.ts';
export { createSenderIncidentStore } from './sender-incidents.ts';
export { createAuditStore } from './audit.ts';
export { createOutcomeStore } from './outcomes.ts';
export { createSubscriberStore } from './subscribers.ts';
export { createKeyStore } from './keys.ts';
export { createAuditTrail } from './audit-trail.ts';
