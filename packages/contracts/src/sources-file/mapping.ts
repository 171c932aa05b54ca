/** Reads the section `mapping` of a source: where the fields of an event are, and what its words mean. */
import { ANY_WORD, hasEach, isUnit, MAPPED_FIELDS, MEANINGS, parsePath, UNITS, wordKey } from '@desist/formats/mapping';
import type { MappedField, Mapping, Meaning, Path } from '@desist/formats/mapping';
import type { Entry } from '../policy-file/nodes.ts';
import { join } from '../policy-file/nodes.ts';
import { entriesOf, listOf, oneOf, readWord } from './values.ts';
import type { Reader } from './values.ts';

const KEYS = ['events', ...MAPPED_FIELDS, 'unit', 'words'];
const MOST_PATHS = 8;
const MOST_WORDS = 500;
const LONGEST_WORD = 100;
const PATH_HINT = 'members joined by dots, [0] for an entry, [] for each entry, $. from the top of the body, header:NAME for a header';

export function readMapping(reader: Reader, { value, offset }: Entry, path: string): Mapping {
  const { problems } = reader;
  const entries = entriesOf(reader, value, path, KEYS);
  const [events = null] = pathsOf(reader, entries.get('events'), join(path, 'events'));
  const fields: Partial<Record<MappedField, readonly Path[]>> = {};
  for (const field of MAPPED_FIELDS) {
    const entry = entries.get(field);
    if (entry !== undefined) fields[field] = pathsOf(reader, entry, join(path, field));
  }
  const words = wordsOf(reader, entries.get('words'), join(path, 'words'));
  for (const key of ['recipient', 'time', 'words']) {
    if (!entries.has(key)) problems.add(offset, join(path, key), 'is missing');
  }
  if (!entries.has('event') && entries.has('words') && !words.has(ANY_WORD))
    problems.add(offset, join(path, 'event'), 'is missing', `without it, words needs "${ANY_WORD}": what every event is`);
  checkEach(reader, entries, { events, fields, path });
  return { events, fields, unit: unitOf(reader, entries.get('unit'), join(path, 'unit')), words };
}

interface Paths {
  readonly events: Path | null;
  readonly fields: Mapping['fields'];
  readonly path: string;
}

/** `[]` gives many values. Only events and their recipients may be many, and each recipient belongs to one event. */
function checkEach({ problems }: Reader, entries: ReadonlyMap<string, Entry>, { events, fields, path }: Paths): void {
  if (events !== null && events.from === 'header')
    problems.add(entries.get('events')?.value.offset ?? 0, join(path, 'events'), 'must be in the body');
  for (const field of MAPPED_FIELDS) {
    const wrong = (fields[field] ?? []).some((one) => hasEach(one) && (field !== 'recipient' || (one.from === 'body' && events !== null)));
    if (!wrong) continue;
    const why = field === 'recipient' ? 'would give every event all recipients' : 'has one value only';
    problems.add(entries.get(field)?.value.offset ?? 0, join(path, field), `must not have []: ${why}`, 'give the list as `events`');
  }
}

function pathsOf(reader: Reader, entry: Entry | undefined, path: string): readonly Path[] {
  if (entry === undefined) return [];
  const texts = listOf(reader, entry, path);
  if (texts.length > MOST_PATHS) reader.problems.add(entry.value.offset, path, `must be at most ${MOST_PATHS} paths`);
  return texts.slice(0, MOST_PATHS).flatMap((text) => {
    const parsed = parsePath(text);
    if (parsed === undefined) reader.problems.add(entry.value.offset, path, `${quoted(text)} is not a path`, PATH_HINT);
    return parsed ?? [];
  });
}

function unitOf(reader: Reader, entry: Entry | undefined, path: string): string {
  const text = readWord(reader, entry, path) ?? 'auto';
  if (!isUnit(text))
    reader.problems.add(
      entry?.value.offset ?? 0,
      path,
      `${quoted(text)} is not a unit of time`,
      `${UNITS.join(', ')}, or a pattern with year, month, day, hour and minute, such as dd.MM.yyyy HH:mm:ss`,
    );
  return text;
}

function wordsOf(reader: Reader, entry: Entry | undefined, path: string): ReadonlyMap<string, Meaning> {
  const words = new Map<string, Meaning>();
  if (entry === undefined) return words;
  const given = [...entriesOf(reader, entry.value, path)];
  if (given.length > MOST_WORDS) reader.problems.add(entry.value.offset, path, `has more than ${MOST_WORDS} words`);
  for (const [word, meant] of given.slice(0, MOST_WORDS)) {
    const key = wordKey(word);
    const at = { offset: meant.offset, path: join(path, word) };
    if (key === '' || word.length > LONGEST_WORD) reader.problems.add(meant.offset, at.path, `must have 1 to ${LONGEST_WORD} characters`);
    if (words.has(key)) reader.problems.add(meant.offset, at.path, 'is given twice: case does not matter');
    const meaning = oneOf(reader, meant, MEANINGS, at);
    if (meaning !== undefined) words.set(key, meaning);
  }
  if (given.length === 0 && entry.value.kind === 'map') reader.problems.add(entry.value.offset, path, 'has no words');
  return words;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
