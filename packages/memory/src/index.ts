export * from './log.ts';
export * from './store.ts';
