/** `desist webhooks remove`: nothing more is sent. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../../command.ts';
import { removeWebhook, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks remove',
  section: 'Webhooks',
  summary: 'remove an HTTP subscriber, with its secret and its place in the changes',
  operands: WEBHOOK_ID,
  options: SERVICE_OPTIONS,
  examples: ['desist webhooks remove wh_5f2c9a0b41d7e863aa190c4d'],
  run: ({ operands: [id = ''], options: { url, json } }) => removeWebhook(createClient(url), id, json),
});
