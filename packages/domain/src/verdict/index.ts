export * from './categories.ts';
export type * from './types.ts';
