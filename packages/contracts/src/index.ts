export * from './address.ts';
export * from './change.ts';
export * from './event.ts';
export * from './peek.ts';
export * from './provider/index.ts';
export * from './time.ts';
export * from './policy-file/index.ts';
