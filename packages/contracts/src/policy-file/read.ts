/** Reads the policy file: YAML to policies, or to the list of all mistakes. */
import type { Attribution, Category, Rule } from '@desist/verdicts';
import type { Policy, PolicySet, TenantPolicy } from '@desist/domain';
import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { NAME } from '@desist/formats/event';
import { DEFAULTS, inherit, policyOf } from './layer.ts';
import type { Layer, Resolved, Written } from './layer.ts';
import type { Entry, Nodes, Value } from './nodes.ts';
import { createNodes, join } from './nodes.ts';
import { createProblems, nearest } from './problems.ts';
import type { PolicyProblem, Problems } from './problems.ts';
import { checkExamples, MOST_RULES, readOwnRule, RULE_KEYS } from './own-rules.ts';
import type { RuleEntry } from './own-rules.ts';
import { checkRules } from './rules.ts';
import { ATTRIBUTION_FIELD, FIELDS, SECTION_KEYS } from './schema.ts';
import type { Field, Section } from './schema.ts';
import { policySet } from './version.ts';
import { BUILT_IN, isCategory } from './words.ts';

export type PolicyFile =
  /** `shadow`: the file that it names as its shadow policy, and where. `policies` is without it: see `withShadow`. */
  | { readonly ok: true; readonly policies: PolicySet; readonly shadow?: ShadowFile } | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** A file that a policy file names, as it is written there. */
export interface ShadowFile {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** Largest file, bytes. */
export const FILE_LIMIT = 1024 * 1024;

type Level = 'file' | 'tenant' | 'stream';

interface Reader {
  readonly nodes: Nodes;
  readonly problems: Problems;
}

/**
 * Reads a policy file: YAML 1.2, at most 1 MiB. An empty file means the defaults. Never throws; all mistakes are
 * returned, in the order of the file. For a file that is no YAML, only the parser's errors are returned.
 */
export function readPolicyFile(text: string): PolicyFile {
  const problems = createProblems(text);
  const document = parse(text, problems);
  if (document !== undefined) {
    const { policies, shadow } = readDocument({ nodes: createNodes(document, problems), problems }, document);
    if (problems.list().length === 0) {
      const named = shadow === undefined ? {} : { shadow: { name: shadow.name, ...problems.placeOf(shadow.offset) } };
      return { ok: true, policies: policySet(policies()), ...named };
    }
  }
  return { ok: false, problems: problems.list() };
}

function parse(text: string, problems: Problems): Document.Parsed | undefined {
  if (Buffer.byteLength(text) > FILE_LIMIT) {
    problems.add(0, '', `the file is larger than ${FILE_LIMIT} bytes`);
    return undefined;
  }
  try {
    // `readMap` finds repeated keys, because the parser's own check is quadratic.
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
    const faults = [...document.errors, ...document.warnings];
    for (const { pos, message } of faults) problems.add(pos[0], '', `is no readable YAML: ${message}`);
    return faults.length === 0 ? document : undefined;
  } catch {
    problems.add(0, '', 'is no readable YAML: nested too deeply');
    return undefined;
  }
}

/** Reads everything. The returned function builds the policies; call it only when there are no mistakes. */
function readDocument(
  reader: Reader,
  document: Document.Parsed,
): { readonly policies: () => Pick<PolicySet, 'base' | 'tenants' | 'rules'>; readonly shadow: NamedFile | undefined } {
  const root = reader.nodes.of(document.contents, 0);
  const base = readLevel(reader, root, { path: '', level: 'file', parent: DEFAULTS });
  const rules = readOwnRules(reader, base.entries.get('rules'));
  const shadow = readShadow(reader, base.entries.get('shadow'));
  const tenants = readNamed(reader, base.entries.get('tenants'), 'tenants', (tenant, path) => {
    const own = readLevel(reader, tenant, { path, level: 'tenant', parent: base.resolved });
    const streams = readNamed(reader, own.entries.get('streams'), join(path, 'streams'), (stream, streamPath) => {
      return readLevel(reader, stream, { path: streamPath, level: 'stream', parent: own.resolved }).resolved;
    });
    return { resolved: own.resolved, streams };
  });
  const policies = (): Pick<PolicySet, 'base' | 'tenants' | 'rules'> => ({
    rules,
    base: policyOf(base.resolved),
    tenants: new Map(
      [...tenants].map(([name, { resolved, streams }]): [string, TenantPolicy] => {
        const policies = [...streams].map(([stream, one]): [string, Policy] => [stream, policyOf(one)]);
        return [name, { base: policyOf(resolved), streams: new Map(policies) }];
      }),
    ),
  });
  return { policies, shadow };
}

interface NamedFile {
  readonly name: string;
  readonly offset: number;
}

/** Characters of the name of a file. */
const NAME_LIMIT = 1_000;

function readShadow({ problems }: Reader, entry: Entry | undefined): NamedFile | undefined {
  if (entry === undefined) return undefined;
  const { value } = entry;
  if (value.kind === 'broken') return undefined;
  if (value.kind !== 'scalar' || value.raw.kind !== 'scalar' || value.raw.text === '') {
    problems.add(value.kind === 'empty' ? entry.offset : value.offset, 'shadow', 'must be the name of a policy file', 'beside this one: `shadow: stricter.yaml`');
    return undefined;
  }
  if (value.raw.text.length > NAME_LIMIT) problems.add(value.offset, 'shadow', `is longer than ${NAME_LIMIT} characters`);
  return { name: value.raw.text, offset: value.offset };
}

const NESTED: Readonly<Record<Level, readonly string[]>> = { file: ['version', 'rules', 'tenants', 'shadow'], tenant: ['streams'], stream: [] };

interface ReadLevel {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly resolved: Resolved;
}

interface LevelOptions {
  /** Of the section in the file; empty: the whole file. */
  readonly path: string;
  readonly level: Level;
  /** What the level inherits. */
  readonly parent: Resolved;
}

function readLevel(reader: Reader, value: Value, { path, level, parent }: LevelOptions): ReadLevel {
  const known = [...SECTION_KEYS.keys(), 'attribution', ...NESTED[level]];
  const entries = readMap(reader, value, path, { known });
  const values = new Map<string, Written>();
  let attribution: ReadonlyMap<Category, Attribution> = new Map();
  for (const [key, entry] of entries) {
    const section = SECTION_KEYS.get(key);
    if (section !== undefined) {
      const written = readSection(reader, entry, { section, path: join(path, key), level });
      for (const [id, one] of written) values.set(id, one);
    }
    if (key === 'attribution') attribution = readAttribution(reader, entry, join(path, key));
    else if (key === 'version') readVersion(reader, entry);
  }
  const layer: Layer = { values, attribution };
  const resolved = inherit(parent, layer);
  checkRules(resolved, parent, reader.problems);
  return { entries, resolved };
}

function readVersion({ problems }: Reader, { value }: Entry): void {
  if (value.kind === 'scalar' && value.raw.kind === 'scalar' && value.raw.text === '1') return;
  problems.add(value.offset, 'version', 'must be 1: this version of Desist reads no other');
}

interface SectionOptions extends Pick<LevelOptions, 'path' | 'level'> {
  readonly section: Section;
}

/** The fields of a section by their ids. */
function readSection(reader: Reader, entry: Entry, { section, path, level }: SectionOptions): ReadonlyMap<string, Written> {
  const values = new Map<string, Written>();
  const fields = FIELDS.filter((field) => field.section === section);
  const keys = fields.map(({ key }) => key);
  for (const [key, { value, offset }] of readMap(reader, entry.value, path, { known: keys })) {
    const named = fields.find((field) => field.key === key);
    if (named === undefined) continue;
    const at = join(path, key);
    const { notPerStream, notPerTenant } = named.field;
    if (level !== 'file' && notPerTenant !== undefined) {
      reader.problems.add(offset, at, `has no effect in a ${level}`, `${notPerTenant}; move it to the top of the file`);
      continue;
    }
    if (level === 'stream' && notPerStream !== undefined) {
      reader.problems.add(offset, at, 'has no effect in a stream', `${notPerStream}; move it up to the tenant`);
      continue;
    }
    values.set(named.id, { offset: value.offset, path: at, value: readField(reader, named.field, value, at) });
  }
  return values;
}

function readAttribution(reader: Reader, entry: Entry, path: string): ReadonlyMap<Category, Attribution> {
  const found = new Map<Category, Attribution>();
  for (const [key, { value, offset }] of readMap(reader, entry.value, path, { known: [...BUILT_IN.keys()], noun: 'category' })) {
    if (!isCategory(key)) continue;
    const at = join(path, key);
    const attribution = readField(reader, ATTRIBUTION_FIELD, value, at);
    if (key === 'recipient_rate_limited' && attribution === 'recipient') {
      reader.problems.add(
        offset,
        at,
        'must never count against the recipient',
        'the reply says that the mailbox gets mail, and too much of it',
      );
    } else if (attribution !== undefined) {
      found.set(key, attribution);
    }
  }
  return found;
}

function readOwnRules(reader: Reader, entry: Entry | undefined): readonly Rule[] {
  const places = new Map<string, { readonly offset: number; readonly path: string }>();
  const read = readNamed(reader, entry, 'rules', (value, path) => {
    const name = path.slice('rules.'.length);
    const place = { offset: value.offset, path };
    places.set(`own.${name}`, place);
    if (/^\d/.test(name)) reader.problems.add(place.offset, path, 'must begin with a letter', 'names of rules are shown in verdicts');
    const entries = new Map<string, RuleEntry>();
    for (const [key, one] of readMap(reader, value, path, { known: RULE_KEYS })) {
      const at = join(path, key);
      if (one.value.kind === 'scalar') entries.set(key, { raw: one.value.raw, offset: one.value.offset, path: at });
      else if (one.value.kind !== 'broken')
        reader.problems.add(one.offset, at, one.value.kind === 'empty' ? 'has no value' : 'must be a value, not a section');
    }
    return readOwnRule(name, place, entries, reader.problems);
  });
  if (entry !== undefined && read.size > MOST_RULES) reader.problems.add(entry.offset, 'rules', `has more than ${MOST_RULES} rules`);
  const rules = [...read.values()].filter((rule) => rule !== undefined).slice(0, MOST_RULES);
  if (rules.length === read.size) checkExamples(rules, ({ name }) => places.get(name) ?? { offset: 0, path: 'rules' }, reader.problems);
  return rules;
}

function readField<T>({ problems }: Reader, field: Field<T>, value: Value, path: string): T | undefined {
  if (value.kind !== 'scalar') {
    if (value.kind !== 'broken')
      problems.add(value.offset, path, value.kind === 'empty' ? 'has no value' : 'must be a value, not a section');
    return undefined;
  }
  const parsed = field.parse(value.raw);
  if (parsed.ok) return parsed.value;
  problems.add(value.offset, path, parsed.problem, parsed.hint);
  return undefined;
}

function readNamed<T>(
  reader: Reader,
  entry: Entry | undefined,
  path: string,
  read: (value: Value, path: string) => T,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  if (entry === undefined) return found;
  for (const [name, { value, offset }] of readMap(reader, entry.value, path)) {
    const at = join(path, name);
    if (!NAME.test(name)) {
      reader.problems.add(offset, at, 'is no name', 'letters, digits, dots, hyphens and underscores, at most 64, a letter or digit first');
    }
    found.set(name, read(value, at));
  }
  return found;
}

interface MapOptions {
  /** Keys that are allowed; undefined: any. */
  readonly known?: readonly string[];
  /** What a key is called in messages. */
  readonly noun?: string;
}

/** The entries of a section. An empty section is one without entries. */
function readMap(reader: Reader, value: Value, path: string, { known, noun = 'key' }: MapOptions = {}): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  if (value.kind === 'empty' || value.kind === 'broken') return entries;
  if (value.kind !== 'map') {
    reader.problems.add(value.offset, path, 'must be a section of `key: value` lines');
    return entries;
  }
  for (const entry of reader.nodes.entries(value, path)) {
    const { key, offset } = entry;
    if (known !== undefined && !known.includes(key)) {
      const meant = nearest(key, known);
      const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
      reader.problems.add(offset, join(path, key), `is no known ${noun}`, hint);
    } else if (entries.has(key)) {
      reader.problems.add(offset, join(path, key), 'is given twice');
    } else {
      entries.set(key, entry);
    }
  }
  return entries;
}
