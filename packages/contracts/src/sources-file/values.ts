/** Reads values of a section of the sources file. Every mistake is reported with its place; a broken value is reported once. */
import type { Entry, Nodes, Value } from '../policy-file/nodes.ts';
import { join } from '../policy-file/nodes.ts';
import { nearest } from '../policy-file/problems.ts';
import type { Problems } from '../policy-file/problems.ts';
import type { Raw } from '../policy-file/schema.ts';

export interface Reader {
  readonly nodes: Nodes;
  readonly problems: Problems;
}

export function textOf(value: Value): string | undefined {
  return value.kind === 'scalar' && value.raw.kind === 'scalar' ? value.raw.text : undefined;
}

export function readWord({ problems }: Reader, entry: Entry | undefined, path: string): string | undefined {
  if (entry === undefined || entry.value.kind === 'broken') return undefined;
  const text = textOf(entry.value);
  if (text !== undefined && text !== '') return text;
  problems.add(entry.value.offset, path, entry.value.kind === 'empty' || text === '' ? 'has no value' : 'must be one value');
  return undefined;
}

/** A single value counts as a list of one. */
export function listOf(reader: Reader, { value }: Entry, path: string): readonly string[] {
  if (value.kind === 'broken') return [];
  const items: readonly Raw[] = value.kind === 'scalar' ? (value.raw.kind === 'list' ? value.raw.items : [value.raw]) : [];
  const texts = items.flatMap((item) => (item.kind === 'scalar' && item.text !== '' ? [item.text] : []));
  if (texts.length === 0 || texts.length < items.length) reader.problems.add(value.offset, path, 'must be a list of values');
  return texts;
}

/** `offset`: of the section that the entry belongs in. */
export function oneOf<T extends string>(
  reader: Reader,
  entry: Entry | undefined,
  known: readonly T[],
  { offset, path }: { readonly offset: number; readonly path: string },
): T | undefined {
  if (entry === undefined) {
    reader.problems.add(offset, path, 'is missing', `one of ${known.join(', ')}`);
    return undefined;
  }
  const text = readWord(reader, entry, path);
  if (text === undefined) return undefined;
  const found = known.find((item) => item === text);
  if (found === undefined) {
    const meant = nearest(text, known);
    reader.problems.add(
      entry.value.offset,
      path,
      'is not known',
      meant === undefined ? `one of ${known.join(', ')}` : `did you mean ${meant}?`,
    );
  }
  return found;
}

export function entriesOf({ nodes, problems }: Reader, value: Value, path: string, known?: readonly string[]): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  if (value.kind === 'broken') return entries;
  if (value.kind !== 'map') {
    problems.add(value.offset, path, 'must be a section of `key: value` lines');
    return entries;
  }
  for (const entry of nodes.entries(value, path)) {
    const { key, offset } = entry;
    if (known !== undefined && !known.includes(key)) {
      const meant = problems.isFull() ? undefined : nearest(key, known);
      problems.add(
        offset,
        join(path, key),
        'is no known key',
        meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`,
      );
    } else if (entries.has(key)) {
      problems.add(offset, join(path, key), 'is given twice');
    } else {
      entries.set(key, entry);
    }
  }
  return entries;
}
