export { createApi } from './server.ts';
export type { Api, ApiOptions, Authorise } from './server.ts';
export type { WebhookReceiver } from './webhooks.ts';
