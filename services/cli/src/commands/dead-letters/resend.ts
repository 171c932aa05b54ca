/** `desist dead-letters resend`: sends one of them again, after a fix of what reads it. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../../command.ts';
import { LETTER_ID } from '../../dead-letters.ts';
import { say, sayJson } from '../../terminal.ts';

export const command = defineCommand({
  name: 'dead-letters resend',
  section: 'Dead letters',
  summary: 'send records again unchanged, after a fix; a record that can be read then is folded once',
  operands: { ...LETTER_ID, most: Number.POSITIVE_INFINITY },
  options: SERVICE_OPTIONS,
  examples: ['desist dead-letters resend 0-812 0-813'],
  run: async ({ operands, options: { url, json } }) => {
    const client = createClient(url);
    for (const id of operands) {
      const answer = (await client.post(`/v1/dead-letters/${encodeURIComponent(id)}/resend`, undefined)) as Resent;
      if (json) sayJson(answer);
      else say(`${id} was sent again: partition ${answer.appended.partition}, offset ${answer.appended.offset}`);
    }
  },
});

interface Resent {
  readonly id: string;
  readonly appended: { readonly partition: number; readonly offset: number };
}
