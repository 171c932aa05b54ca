/** `desist why`: state, what counted and what did not, and what would change it. */
import { readFileSync } from 'node:fs';
import type { Client } from '../client.ts';
import { createClient, queryOf } from '../client.ts';
import { defineCommand, flag, SERVICE_OPTIONS, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Terms, Why } from '../explanation.ts';
import { whyLines } from '../explanation.ts';
import { say, sayJson, table } from '../terminal.ts';

export const command = defineCommand({
  name: 'why',
  section: 'The list',
  summary: 'explain a recipient: state, rule, evidence, what would change it, the effect of another policy',
  operands: { name: 'ADDRESS', summary: 'the recipients', least: 1, most: 1 },
  options: {
    tenant: value('TENANT', 'whose list'),
    policy: value('FILE', 'show the effect of this policy file; changes nothing'),
    history: flag('also every published change'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist why alice@example.com', 'desist why alice@example.com --policy stricter.yaml --history'],
  run: ({ operands: [address = ''], options }) => runWhy(createClient(options.url), address, options),
});

interface Change {
  readonly recipientVersion: number;
  readonly type: string;
  readonly effectiveAt: string;
  readonly cause: string;
  /** Of the cause `engaged`: how. */
  readonly engagement?: string;
  readonly state: { readonly from: string; readonly to: string };
  readonly suppression: Terms | null;
  /** The incident that brought it about, or whose undoing did. */
  readonly incident?: string;
}

interface WhyOptions {
  readonly tenant?: string;
  /** A policy file: what it would alter. */
  readonly policy?: string;
  /** Every published change, too. */
  readonly history: boolean;
  readonly json: boolean;
}

async function runWhy(client: Client, address: string, options: WhyOptions): Promise<void> {
  const { tenant, policy, json } = options;
  const path = `/v1/recipients/${encodeURIComponent(address)}`;
  const found = (await (policy === undefined
    ? client.get(`${path}/why${queryOf({ tenant })}`)
    : client.post(`${path}/why`, { tenant, policy: textOf(policy) }))) as Why;
  if (json) sayJson(found);
  else say(...whyLines(found));
  if (!options.history) return;
  let cursor: string | null = null;
  do {
    const page = (await client.get(`${path}/history${queryOf({ tenant, limit: '1000', cursor: cursor ?? undefined })}`)) as {
      items: readonly Change[];
      cursor: string | null;
    };
    if (json) for (const change of page.items) sayJson(change);
    else if (page.items.length > 0) say('', ...table(HEADLINE, page.items.map(changeCells)));
    cursor = page.cursor;
  } while (cursor !== null);
}

const HEADLINE = ['CHANGE', 'TYPE', 'AT', 'CAUSE', 'FROM', 'TO', 'SUPPRESSION'];

function changeCells({ recipientVersion, type, effectiveAt, cause, engagement, state, suppression, incident }: Change): readonly string[] {
  const what = suppression === null ? '' : `${suppression.reason} (${suppression.scope})`;
  const how = engagement === undefined ? cause : `${cause} (${engagement})`;
  const through = incident === undefined ? how : `${how}, incident ${incident}`;
  return [String(recipientVersion), type, effectiveAt, through, state.from, state.to, what];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new CommandError(EXIT.missing, `--policy: ${file} cannot be read`);
  }
}
