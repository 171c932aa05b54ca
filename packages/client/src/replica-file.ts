/** A replica on disk: one header line, then one line for each recipient. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTable } from './table.ts';
import type { Table } from './table.ts';

export interface Header {
  readonly desistReplica: 1;
  readonly topic: string;
  readonly savedAt: number;
  readonly positions: Readonly<Record<string, number>>;
  /** Latest time of a record that was read, ms, by partition. */
  readonly latest?: Readonly<Record<string, number>>;
  /** Number of lines that follow. */
  readonly size: number;
}

/**
 * Atomic write: a temporary file is written and then renamed, so the file is either the complete new version or the previous one. The
 * temporary file is made by this call: nothing that somebody put in its place is written to.
 */
export async function saveReplica(file: string, header: Header, entries: readonly (readonly [string, string])[]): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  function* lines(): Generator<string> {
    yield `${JSON.stringify(header)}\n`;
    let part = '';
    for (const entry of entries) {
      part += `${JSON.stringify(entry)}\n`;
      if (part.length < 65_536) continue;
      yield part;
      part = '';
    }
    yield part;
  }
  await rm(beside, { force: true });
  try {
    await pipeline(Readable.from(lines()), createWriteStream(beside, { flags: 'wx', mode: 0o600 }));
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

export interface Loaded {
  readonly table: Table;
  readonly positions: ReadonlyMap<number, number>;
  readonly latest: ReadonlyMap<number, number>;
}

export async function loadReplica(file: string, topic: string, notBefore: number): Promise<Loaded | undefined> {
  const table = createTable();
  let header: Header | undefined;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (header === undefined) {
        header = JSON.parse(line) as Header;
        if (header.desistReplica !== 1 || header.topic !== topic || header.savedAt < notBefore) return undefined;
        // A file of an earlier version, which cannot be compared with the topic.
        if (header.latest === undefined) return undefined;
      } else if (line !== '') {
        const [key, packed] = JSON.parse(line) as [string, string];
        table.put(key, packed);
      }
    }
  } catch {
    // The file is missing or damaged: the replica is rebuilt from the topic.
    return undefined;
  }
  if (header === undefined || table.entries().length !== header.size) return undefined;
  return { table, positions: byPartition(header.positions), latest: byPartition(header.latest ?? {}) };
}

function byPartition(values: Readonly<Record<string, number>>): ReadonlyMap<number, number> {
  return new Map(Object.entries(values).map(([partition, value]) => [Number(partition), value]));
}
