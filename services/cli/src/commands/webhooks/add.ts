/** `desist webhooks add`: changes go to this URL from now on. */
import { createClient } from '../../client.ts';
import { defineCommand } from '../../command.ts';
import { ADD_OPTIONS, addWebhook } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks add',
  section: 'Webhooks',
  summary: 'send changes to a URL, signed; prints the secret, once',
  operands: { name: 'URL', summary: 'where the changes go', least: 1, most: 1 },
  options: ADD_OPTIONS,
  examples: [
    'desist webhooks add https://crm.example.com/hooks/desist --types suppressed,released',
    'desist webhooks add https://lake.example.com/desist --tenant acme --batch 500 --from oldest',
  ],
  run: ({ operands: [url = ''], options }) => addWebhook(createClient(options.url), url, options),
});
