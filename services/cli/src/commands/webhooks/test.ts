/** `desist webhooks test`: is a request taken? */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../../command.ts';
import { testWebhook, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks test',
  section: 'Webhooks',
  summary: 'send a signed test request, and say what was answered',
  operands: WEBHOOK_ID,
  options: SERVICE_OPTIONS,
  examples: ['desist webhooks test wh_5f2c9a0b41d7e863aa190c4d'],
  run: ({ operands: [id = ''], options: { url, json } }) => testWebhook(createClient(url), id, json),
});
