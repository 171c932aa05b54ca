/** `desist dead-letters list`: what could not be read. */
import { createClient } from '../../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS, value } from '../../command.ts';
import { LETTER_HEADLINE, letterCells } from '../../dead-letters.ts';
import type { DeadLetter } from '../../dead-letters.ts';
import { printPages } from '../../print-page.ts';

/** Rows without `--limit`. */
const USUAL = 50;
/** Of one request. */
const PAGE = 100;

export const command = defineCommand({
  name: 'dead-letters list',
  section: 'Dead letters',
  summary: 'list records that could not be read, the newest first',
  options: {
    tenant: value('TENANT', 'of this tenant; default all'),
    reason: value('REASON', 'wrong_key, unreadable, invalid, unsupported_version, too_large, poison'),
    limit: limit(`at most; default ${USUAL}`),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist dead-letters list --reason wrong_key'],
  run: async ({ options: { url, json, limit: most = USUAL, ...filters } }) => {
    const shown = { headline: LETTER_HEADLINE, cellsOf: letterCells, noun: 'dead letter' };
    await printPages<DeadLetter>(createClient(url), { path: '/v1/dead-letters', filters, limit: most, page: PAGE, json, ...shown });
  },
});
