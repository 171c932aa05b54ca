export * from './log.ts';
export * from './store.ts';
export * from './incidents.ts';
