/** `desist webhooks deliveries`: the last requests. */
import { createClient } from '../../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS } from '../../command.ts';
import { listDeliveries, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks deliveries',
  section: 'Webhooks',
  summary: 'show the last requests and what was answered; 20 of each partition are kept',
  operands: WEBHOOK_ID,
  options: { limit: limit('at most; default 100'), ...SERVICE_OPTIONS },
  examples: ['desist webhooks deliveries wh_5f2c9a0b41d7e863aa190c4d --limit 10'],
  run: ({ operands: [id = ''], options }) => listDeliveries(createClient(options.url), id, options),
});
