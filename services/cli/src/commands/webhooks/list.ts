/** `desist webhooks list`: who gets the changes over HTTP. */
import { createClient } from '../../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS, value } from '../../command.ts';
import { listWebhooks } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks list',
  section: 'Webhooks',
  summary: 'list the HTTP subscribers and the state of each',
  options: { tenant: value('TENANT', 'only this tenant; default all'), limit: limit('at most'), ...SERVICE_OPTIONS },
  examples: ['desist webhooks list', 'desist webhooks list --json | jq \'select(.state != "active")\''],
  run: ({ options }) => listWebhooks(createClient(options.url), options),
});
