export * from './categories.ts';
export { classify, RULES } from './classify.ts';
export type * from './types.ts';
