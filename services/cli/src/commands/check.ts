/** `desist check`: may I send? Answers per address; exit code 1 when one of them is suppressed. */
import type { Client } from '../client.ts';
import { createClient } from '../client.ts';
import { defineCommand, SERVICE_OPTIONS, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf } from '../read-lines.ts';
import { paint, say, sayJson, warn } from '../terminal.ts';

export const command = defineCommand({
  name: 'check',
  section: 'The list',
  summary: 'say whether you may send; exit code 1 if an address is suppressed',
  operands: { name: 'ADDRESS', summary: 'the recipients', least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    file: value('FILE', 'addresses, one per line; - for standard input'),
    tenant: value('TENANT', 'whose list'),
    stream: value('STREAM', 'the kind of mail, such as transactional or marketing'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist check alice@example.com bob@example.com --stream marketing', 'desist check --file addresses.txt --json'],
  run: ({ operands, options }) => runCheck(createClient(options.url), operands, options),
});

interface Answer {
  readonly recipient: string;
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly state: string | null;
  readonly expiresAt: string | null;
  readonly probation?: true;
}

const ADDRESSES_PER_REQUEST = 10_000;

async function runCheck(
  client: Client,
  addresses: readonly string[],
  options: { readonly file?: string; readonly tenant?: string; readonly stream?: string; readonly json: boolean },
): Promise<number> {
  if (addresses.length === 0 && options.file === undefined)
    throw new CommandError(EXIT.usage, 'give addresses, or --file F with one per line');
  let refused = 0;
  const page: string[] = [...addresses];
  const ask = async (): Promise<void> => {
    const { tenant, stream } = options;
    const recipients = page.splice(0, ADDRESSES_PER_REQUEST);
    const { results, degraded } = (await client.post('/v1/check', { tenant, stream, recipients })) as {
      results: readonly Answer[];
      degraded?: true;
    };
    if (degraded === true) warn('the database is unavailable: these answers are configured for that case');
    for (const answer of results) {
      if (!answer.allowed) refused += 1;
      if (options.json) sayJson(answer);
      else say(sentenceOf(answer));
    }
  };
  if (options.file !== undefined) {
    for await (const { text } of linesOf([options.file])) {
      if (text.trim() !== '') page.push(text.trim());
      if (page.length >= ADDRESSES_PER_REQUEST) await ask();
    }
  }
  while (page.length > 0) await ask();
  return refused === 0 ? EXIT.done : EXIT.no;
}

function sentenceOf({ recipient, allowed, reasons, state, expiresAt, probation }: Answer): string {
  const said = [
    ...(state === 'healthy' || state === null ? [] : [state]),
    ...(probation === true ? ['on probation: send one message first'] : []),
  ];
  if (allowed) return `${recipient}  ${paint('green', 'yes')}${said.length === 0 ? '' : ` (${said.join('; ')})`}`;
  return `${recipient}  ${paint('red', `NO: ${reasons.join(', ')}`)}${expiresAt === null ? '' : `, until ${expiresAt}`}`;
}
