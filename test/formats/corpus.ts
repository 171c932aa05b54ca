/** The payload corpus beside the repository, where it is. Its licences do not let all of it into the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FORMAT_NAMES } from '@desist/formats';
import type { FormatName, NormaliseContext } from '@desist/formats';
import type { Expected } from './compare.ts';

export const CORPUS = path.join(process.env['DESIST_CORPUS'] ?? path.join(import.meta.dirname, '../../../shared/corpus'), 'payloads');

export interface CorpusPayload {
  readonly name: string;
  readonly format: FormatName;
  readonly payload: Uint8Array;
  readonly expected: Expected | readonly Expected[];
}

/** Undefined when the corpus is not there. */
export function corpusPayloads(): readonly CorpusPayload[] | undefined {
  if (!existsSync(CORPUS)) return undefined;
  return FORMAT_NAMES.flatMap((format) => {
    const folder = path.join(CORPUS, format);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => !file.endsWith('.expected.json'));
    return files.map((file) => {
      const name = file.slice(0, file.lastIndexOf('.'));
      const expected = JSON.parse(readFileSync(path.join(folder, `${name}.expected.json`), 'utf8')) as CorpusPayload['expected'];
      return { name, format, payload: readFileSync(path.join(folder, file)), expected };
    });
  });
}

export const NOW = Date.parse('2026-11-30T00:00:00Z');

export function contextFor({ expected }: CorpusPayload): NormaliseContext {
  const given = [expected].flat().find((one) => one._context !== undefined)?._context;
  return {
    tenant: 'default',
    stream: 'default',
    referenceTime: given?.reference_time === undefined ? NOW : Date.parse(given.reference_time),
    ...(given?.default_timezone === undefined ? {} : { timezone: given.default_timezone }),
  };
}
