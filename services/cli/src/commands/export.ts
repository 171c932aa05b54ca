/**
 * `desist export`: a snapshot of the list, as NDJSON or CSV. With `--hashed` addresses are replaced by a keyed hash, to compare
 * lists with somebody who has the same key. The key stays on this machine.
 */
import { createHmac } from 'node:crypto';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readBounded, SECRET_LIMIT, whyNotRead } from '@desist/contracts/read-bounded';
import type { Client } from '../client.ts';
import { createClient, queryOf } from '../client.ts';
import { choice, defineCommand, flag, SERVICE_OPTIONS, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { FILTER_OPTIONS } from '../filters.ts';
import type { ListFilters } from '../print-page.ts';
import { createProgress } from '../progress.ts';

export const command = defineCommand({
  name: 'export',
  section: 'The list',
  summary: 'export the suppression list as CSV or NDJSON',
  options: {
    ...FILTER_OPTIONS,
    format: choice(['ndjson', 'csv'], 'how'),
    out: value('FILE', 'default: standard output'),
    hashed: flag('a keyed hash in place of each address, for comparing lists'),
    keyFile: value('FILE', 'with --hashed: the key that both sides use'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist export --format csv --out list.csv', 'desist export --hashed --key-file shared.key'],
  run: ({ options }) => runExport(createClient(options.url), options),
});

interface ExportOptions extends ListFilters {
  readonly format: 'csv' | 'ndjson';
  readonly out?: string;
  readonly hashed: boolean;
  readonly keyFile?: string;
}

/** The fields that comparing lists needs, and no further personal data. */
const HASHED_FIELDS = ['tenant', 'hash', 'scope', 'reason', 'since', 'expiresAt'] as const;
const SHORTEST_KEY = 16;

async function runExport(client: Client, options: ExportOptions): Promise<void> {
  const { tenant, scope, reason, domain, prefix, since, format, out, hashed } = options;
  const key = hashed ? keyOf(options) : undefined;
  const query = queryOf({ tenant, scope, reason, domain, prefix, since, format: hashed ? 'ndjson' : format });
  const body = client.stream(`/v1/suppressions/export${query}`);
  const lines = key === undefined ? counted(body) : counted(hashedLines(body, key, format));
  if (out === undefined) {
    for await (const chunk of lines)
      if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    return;
  }
  // Written beside and renamed, so that the file is complete or absent.
  const beside = `${out}.${process.pid}.part`;
  // Made by this call: nothing that somebody put in its place is written to.
  rmSync(beside, { force: true });
  try {
    await pipeline(Readable.from(lines), createWriteStream(beside, { flags: 'wx', mode: 0o600 }));
    renameSync(beside, out);
  } catch (error) {
    rmSync(beside, { force: true });
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.missing, `${out}: ${(error as Error).message}`);
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const progress = createProgress('bytes');
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    progress.at(bytes);
    yield chunk;
  }
  progress.end();
}

async function* hashedLines(chunks: AsyncIterable<Uint8Array>, key: Buffer, format: 'csv' | 'ndjson'): AsyncGenerator<Uint8Array> {
  if (format === 'csv') yield Buffer.from(`${HASHED_FIELDS.map((field) => (field === 'expiresAt' ? 'expires_at' : field)).join(',')}\r\n`);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (parts.length > 0) yield Buffer.from(parts.map((line) => hashedLine(line, key, format)).join(''));
  }
}

function hashedLine(line: string, key: Buffer, format: 'csv' | 'ndjson'): string {
  const item = JSON.parse(line) as Readonly<Record<string, string | null>>;
  const hash = createHmac('sha256', key)
    .update(item['address'] ?? '')
    .digest('hex');
  const values = HASHED_FIELDS.map((field) => (field === 'hash' ? hash : (item[field] ?? null)));
  if (format === 'csv') return `${values.map((value) => value ?? '').join(',')}\r\n`;
  return `${JSON.stringify(Object.fromEntries(HASHED_FIELDS.map((field, index) => [field, values[index]])))}\n`;
}

function keyOf({ keyFile }: ExportOptions): Buffer {
  if (keyFile === undefined) throw new CommandError(EXIT.usage, '--hashed: needs --key-file F with the key that both sides use');
  let key: Buffer;
  try {
    key = readBounded(keyFile, SECRET_LIMIT);
  } catch (error) {
    throw new CommandError(EXIT.missing, `--key-file: ${keyFile} ${whyNotRead(error)}`);
  }
  const trimmed = Buffer.from(key.toString('latin1').replace(/\r?\n$/, ''), 'latin1');
  if (trimmed.length < SHORTEST_KEY)
    throw new CommandError(EXIT.usage, `--key-file: the key must have at least ${SHORTEST_KEY} random bytes`);
  return trimmed;
}
