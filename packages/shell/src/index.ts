export * from './environment.ts';
export * from './lifecycle.ts';
export * from './logging.ts';
export * from './metrics.ts';
export * from './time.ts';
