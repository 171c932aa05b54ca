/** `desist dead-letters show`: one of them, with its content. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../../command.ts';
import { LETTER_HEADLINE, LETTER_ID, letterCells } from '../../dead-letters.ts';
import type { DeadLetter } from '../../dead-letters.ts';
import { say, sayJson, table } from '../../terminal.ts';

export const command = defineCommand({
  name: 'dead-letters show',
  section: 'Dead letters',
  summary: 'show a dead letter with its content',
  operands: LETTER_ID,
  options: SERVICE_OPTIONS,
  examples: ['desist dead-letters show 0-812'],
  run: async ({ operands: [id = ''], options: { url, json } }) => {
    const letter = (await createClient(url).get(`/v1/dead-letters/${encodeURIComponent(id)}`)) as Shown;
    if (json) {
      sayJson(letter);
      return;
    }
    say(...table(LETTER_HEADLINE, [letterCells(letter)]), '');
    say(letter.value ?? 'it has no content');
    if (letter.encoding === 'base64') say('(base64: the content is not UTF-8)');
  },
});

interface Shown extends DeadLetter {
  readonly value: string | null;
  readonly encoding: string;
}
