export * from './log.ts';
export * from './store.ts';
export * from './incidents.ts';
export * from './sender-incidents.ts';
export * from './subscribers.ts';
export * from './keys.ts';
export * from './audit-trail.ts';
export * from './imports.ts';
