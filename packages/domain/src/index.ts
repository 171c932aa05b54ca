export * from './event.ts';
export * from './policy/policy.ts';
export * from './recipient/types.ts';
export * from './verdict/index.ts';
