/** `desist webhooks resend`: an earlier request once more. */
import { createClient } from '../../client.ts';
import { defineCommand } from '../../command.ts';
import { RESEND_OPTIONS, resendDelivery, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks resend',
  section: 'Webhooks',
  summary: 'send the changes of an earlier request again, under the same webhook-id',
  operands: WEBHOOK_ID,
  options: RESEND_OPTIONS,
  examples: ['desist webhooks resend wh_5f2c9a0b41d7e863aa190c4d --delivery 3-41'],
  run: ({ operands: [id = ''], options: { url, delivery, json } }) => resendDelivery(createClient(url), id, delivery, json),
});
