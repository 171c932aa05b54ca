/** `desist keys list`: API keys of the database. */
import { createClient } from '../../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS } from '../../command.ts';
import { KEY_HEADLINE, keyCells } from '../../keys.ts';
import type { Key } from '../../keys.ts';
import { printPages } from '../../print-page.ts';

export const command = defineCommand({
  name: 'keys list',
  section: 'Keys and shells',
  summary: 'list the API keys of the database that this key may see, the newest first; never the secrets',
  options: { limit: limit('at most; default all'), ...SERVICE_OPTIONS },
  examples: ['desist keys list'],
  run: async ({ options: { url, json, limit: most } }) => {
    const shown = { headline: KEY_HEADLINE, cellsOf: keyCells, noun: 'key' };
    await printPages<Key>(createClient(url), { path: '/v1/keys', filters: {}, limit: most, json, ...shown });
  },
});
