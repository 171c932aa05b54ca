export * from './backends.ts';
export * from './ingest.ts';
export * from './main.ts';
export * from './policies.ts';
export { KEEP, prune } from './retention.ts';
export * from './service.ts';
export * from './settings.ts';
export { VERSION } from './version.ts';
export { wire } from './wire.ts';
