/** `desist webhooks rotate`: a new secret. */
import { createClient } from '../../client.ts';
import { defineCommand } from '../../command.ts';
import { ROTATE_OPTIONS, rotateWebhook, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks rotate',
  section: 'Webhooks',
  summary: 'make a new secret and print it once; for a day the old one signs as well',
  operands: WEBHOOK_ID,
  options: ROTATE_OPTIONS,
  examples: ['desist webhooks rotate wh_5f2c9a0b41d7e863aa190c4d', 'desist webhooks rotate wh_5f2c9a0b41d7e863aa190c4d --overlap 0s'],
  run: ({ operands: [id = ''], options: { url, overlap, json } }) => rotateWebhook(createClient(url), id, overlap, json),
});
