/**
 * `desist export`: the list as it is at one moment, as NDJSON or CSV. With `--hashed` addresses are replaced by a keyed hash, for
 * comparing lists with somebody who has the same key; the key stays on this machine.
 */
import { createHmac } from 'node:crypto';
import { createWriteStream, readFileSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '../client.ts';
import { queryOf } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { ListFilters } from '../listing.ts';
import { progress } from '../terminal.ts';

export interface ExportOptions extends ListFilters {
  readonly format: 'csv' | 'ndjson';
  readonly out?: string;
  readonly hashed: boolean;
  readonly keyFile?: string;
}

/** What two who compare lists need, and nothing that tells more of a person. */
const HASHED_FIELDS = ['tenant', 'hash', 'scope', 'reason', 'since', 'expiresAt'] as const;
const SHORTEST_KEY = 16;

export async function runExport(client: Client, options: ExportOptions): Promise<void> {
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
  // A file is whole, or it is not there.
  const beside = `${out}.${process.pid}.part`;
  try {
    await pipeline(Readable.from(lines), createWriteStream(beside, { mode: 0o600 }));
    renameSync(beside, out);
  } catch (error) {
    rmSync(beside, { force: true });
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.missing, `${out}: ${(error as Error).message}`);
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    progress(`${(bytes / 1_000_000).toFixed(1)} MB`);
    yield chunk;
  }
  progress('');
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
  if (keyFile === undefined) throw new CommandError(EXIT.usage, '--hashed: needs --key-file F with the key that both sides have');
  let key: Buffer;
  try {
    key = readFileSync(keyFile);
  } catch {
    throw new CommandError(EXIT.missing, `--key-file: ${keyFile} can not be read`);
  }
  const trimmed = Buffer.from(key.toString('latin1').replace(/\r?\n$/, ''), 'latin1');
  if (trimmed.length < SHORTEST_KEY) throw new CommandError(EXIT.usage, `--key-file: a key has at least ${SHORTEST_KEY} bytes of chance`);
  return trimmed;
}
