/** `desist webhooks pause`: nothing is sent until it is resumed. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../../command.ts';
import { pauseWebhook, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks pause',
  section: 'Webhooks',
  summary: 'send nothing until it is resumed; nothing is lost',
  operands: WEBHOOK_ID,
  options: SERVICE_OPTIONS,
  examples: ['desist webhooks pause wh_5f2c9a0b41d7e863aa190c4d'],
  run: ({ operands: [id = ''], options: { url, json } }) => pauseWebhook(createClient(url), id, json),
});
