export { readSourcesFile } from './read.ts';
export type { SourcesFile } from './read.ts';
export { CHECKS } from './types.ts';
export type { CheckName, HmacSpec, SecretRef, SourceSpec, WebhookSpec } from './types.ts';
