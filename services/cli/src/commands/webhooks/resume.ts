/** `desist webhooks resume`: goes on where it stopped. */
import { createClient } from '../../client.ts';
import { defineCommand, flag, SERVICE_OPTIONS } from '../../command.ts';
import { resumeWebhook, WEBHOOK_ID } from '../../webhook-commands.ts';

export const command = defineCommand({
  name: 'webhooks resume',
  section: 'Webhooks',
  summary: 'resume a paused subscriber where it stopped; retry a failing one at once',
  operands: WEBHOOK_ID,
  options: {
    skipLost: flag('go on behind changes that were deleted by age; the subscriber must read the list again'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist webhooks resume wh_5f2c9a0b41d7e863aa190c4d'],
  run: ({ operands: [id = ''], options: { url, skipLost, json } }) => resumeWebhook(createClient(url), id, skipLost, json),
});
