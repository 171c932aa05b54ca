/** `desist keys end`: ends API keys. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../../command.ts';
import { KEY_ID } from '../../keys.ts';
import type { Key } from '../../keys.ts';
import { say, sayJson } from '../../terminal.ts';

export const command = defineCommand({
  name: 'keys end',
  section: 'Keys and shells',
  summary: 'end API keys: every process refuses them within seconds',
  operands: { ...KEY_ID, most: Number.POSITIVE_INFINITY },
  options: SERVICE_OPTIONS,
  examples: ['desist keys end key_5f2c9a10b7e3d4486a1c'],
  run: async ({ operands, options: { url, json } }) => {
    const client = createClient(url);
    for (const id of operands) {
      const ended = (await client.remove(`/v1/keys/${encodeURIComponent(id)}`)) as Key;
      if (json) sayJson(ended);
      else say(`${id} (${ended.name}) was ended`);
    }
  },
});
