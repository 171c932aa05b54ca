/** The nodes of a YAML document as the reader wants them: aliases followed, a bounded number of times. */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import type { Problems } from './problems.ts';
import type { Raw } from './schema.ts';

/** `broken`: reported already. */
export type Value =
  | { readonly kind: 'map'; readonly offset: number; readonly node: YAMLMap }
  | { readonly kind: 'scalar'; readonly offset: number; readonly raw: Raw }
  | { readonly kind: 'empty' | 'broken'; readonly offset: number };

export interface Entry {
  readonly key: string;
  /** Of the key. */
  readonly offset: number;
  readonly value: Value;
}

/** Uses of an anchor per file: enough for a shared section, too few to blow a small file up. */
export const MOST_ALIASES = 100;
const LONGEST_LIST = 1_000;

export interface Nodes {
  /** `offset`: where something without a place of its own is said to stand. */
  of(node: unknown, offset: number): Value;
  entries(map: { readonly node: YAMLMap; readonly offset: number }, path: string): readonly Entry[];
}

export function createNodes(document: Document.Parsed, problems: Problems): Nodes {
  let aliases = 0;

  /** Undefined: reported. What an alias stands for is said to stand where the alias does. */
  function follow(node: unknown, offset: number): { readonly node: unknown } | undefined {
    if (!isAlias(node)) return { node };
    aliases += 1;
    if (aliases > MOST_ALIASES) {
      if (aliases === MOST_ALIASES + 1) problems.add(offset, '', `uses anchors more than ${MOST_ALIASES} times`);
      return undefined;
    }
    const target = node.resolve(document);
    // An anchor around its own use would be read for ever.
    if (target === undefined || contains(target.range, node.range)) {
      problems.add(offset, '', `the alias *${node.source} stands for nothing that can be read`);
      return undefined;
    }
    return { node: target };
  }

  function of(node: unknown, fallback: number): Value {
    const offset = startOf(node) ?? fallback;
    const followed = follow(node, offset);
    if (followed === undefined) return { kind: 'broken', offset };
    const target = followed.node;
    if (isMap(target)) return { kind: 'map', offset, node: target };
    if (isSeq(target)) {
      const items = target.items.slice(0, LONGEST_LIST).map((item) => rawOf(of(item, offset)));
      return { kind: 'scalar', offset, raw: { kind: 'list', items } };
    }
    if (!isScalar(target) || (target.value === null && (target.source ?? '') === '')) return { kind: 'empty', offset };
    return { kind: 'scalar', offset, raw: scalarOf(target.value, target.source, target.type) };
  }

  return {
    of,
    entries({ node, offset }, path) {
      return node.items.flatMap(({ key, value }): Entry[] => {
        const at = startOf(key) ?? offset;
        if (!isScalar(key)) {
          problems.add(at, path, 'a key must be a plain word');
          return [];
        }
        const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
        if (name === '<<') {
          problems.add(at, join(path, name), 'merge keys are not read', 'tenants inherit from the file, streams from their tenant');
          return [];
        }
        return [{ key: name, offset: at, value: of(value, at) }];
      });
    },
  };
}

/** `tenants.acme`; keys that are too long to be meant are cut. */
export function join(path: string, key: string): string {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  return path === '' ? shown : `${path}.${shown}`;
}

function scalarOf(value: unknown, source: string | undefined, type: string | undefined): Raw {
  const text = typeof value === 'string' ? value : (source ?? String(value));
  return { kind: 'scalar', text, quoted: type !== undefined && type !== 'PLAIN' };
}

/** A list inside a list, or a section: no field reads one. */
function rawOf(value: Value): Raw {
  return value.kind === 'scalar' ? value.raw : { kind: 'scalar', text: '', quoted: false };
}

function startOf(node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0];
}

function contains(outer: readonly number[] | null | undefined, inner: readonly number[] | null | undefined): boolean {
  const [from, to] = outer ?? [];
  const [at] = inner ?? [];
  return from !== undefined && to !== undefined && at !== undefined && from <= at && at < to;
}
