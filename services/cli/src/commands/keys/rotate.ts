/** `desist keys rotate`: gives an API key another secret. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS, value } from '../../command.ts';
import { KEY_ID } from '../../keys.ts';
import type { Key } from '../../keys.ts';
import { minute } from '../../print-page.ts';
import { userName } from '../../operator.ts';
import { say, sayJson } from '../../terminal.ts';

export const command = defineCommand({
  name: 'keys rotate',
  section: 'Keys and shells',
  summary: 'give an API key another secret, shown once; the earlier one works for some time',
  operands: KEY_ID,
  options: {
    overlap: value('DURATION', 'how long the earlier secret still works; default 24h, 0s to end it at once'),
    by: value('WHO', 'default: the user of this machine'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist keys rotate key_5f2c9a10b7e3d4486a1c', 'desist keys rotate key_5f2c9a10b7e3d4486a1c --overlap 0s'],
  run: async ({ operands: [id = ''], options: { url, json, overlap, by = userName() } }) => {
    const answer = await createClient(url).post(`/v1/keys/${encodeURIComponent(id)}/rotate`, { overlap, by });
    const rotated = answer as Key & { readonly key: string; readonly earlierUntil: string };
    if (json) sayJson(rotated);
    else say('the new secret, shown once:', `  ${rotated.key}`, `earlier ones end at ${minute(rotated.earlierUntil)} at the latest`);
  },
});
