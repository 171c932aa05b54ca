/** `desist check`: may I send? Answers per address; exit code 1 when one of them is suppressed. */
import type { Client } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf } from '../lines.ts';
import { paint, printable } from '../terminal.ts';

interface Answer {
  readonly recipient: string;
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly state: string | null;
  readonly expiresAt: string | null;
}

const AT_ONCE = 10_000;

export async function runCheck(
  client: Client,
  addresses: readonly string[],
  options: { readonly file?: string; readonly tenant?: string; readonly stream?: string; readonly json: boolean },
): Promise<number> {
  if (addresses.length === 0 && options.file === undefined)
    throw new CommandError(EXIT.usage, 'give addresses, or --file F with one per line');
  let refused = 0;
  let page: string[] = [...addresses];
  const ask = async (): Promise<void> => {
    const { tenant, stream } = options;
    const recipients = page.splice(0, AT_ONCE);
    const { results, degraded } = (await client.post('/v1/check', { tenant, stream, recipients })) as {
      results: readonly Answer[];
      degraded?: true;
    };
    if (degraded === true) console.error('the database is away: these are the answers that the stream is configured to get then');
    for (const answer of results) {
      if (!answer.allowed) refused += 1;
      console.log(options.json ? JSON.stringify(answer) : sentenceOf(answer));
    }
  };
  if (options.file !== undefined) {
    for await (const { text } of linesOf([options.file])) {
      if (text.trim() !== '') page.push(text.trim());
      if (page.length >= AT_ONCE) await ask();
    }
  }
  while (page.length > 0) await ask();
  page = [];
  return refused === 0 ? EXIT.done : EXIT.no;
}

function sentenceOf({ recipient, allowed, reasons, state, expiresAt }: Answer): string {
  const who = printable(recipient);
  if (allowed) return `${who}  ${paint('green', 'yes')}${state === 'healthy' || state === null ? '' : ` (${state})`}`;
  return `${who}  ${paint('red', `NO: ${reasons.join(', ')}`)}${expiresAt === null ? '' : `, until ${expiresAt}`}`;
}
