export { createApi } from './server.ts';
export type { Api, ApiOptions } from './server.ts';
export { WHEN_AWAY } from './check.ts';
export type { WhenAway } from './check.ts';
export { newKey, parseKeys, ROLES } from './keys.ts';
export type { ApiKey, Role } from './keys.ts';
export type { WebhookReceiver } from './webhooks.ts';
