export * from './backends.ts';
export * from './main.ts';
export * from './policies.ts';
export { eraseDue } from './erasure.ts';
export { KEEP, prune, pruneHistory } from './retention.ts';
export * from './service.ts';
export * from './settings.ts';
export { VERSION } from './version.ts';
export { wire } from './wire.ts';
