/** The nodes of a YAML document, with aliases resolved a bounded number of times. */
import { isAlias, isCollection, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import type { Problems } from './problems.ts';
import type { Raw } from './schema.ts';

/** `broken`: a mistake that has been reported. */
export type Value =
  | { readonly kind: 'map'; readonly offset: number; readonly node: YAMLMap }
  | { readonly kind: 'scalar'; readonly offset: number; readonly raw: Raw }
  | { readonly kind: 'empty' | 'broken'; readonly offset: number };

export interface Entry {
  readonly key: string;
  /** Offset of the key. */
  readonly offset: number;
  readonly value: Value;
}

/** Uses of anchors per file: enough for shared sections, too few for an expansion attack. */
export const MOST_ALIASES = 100;
const LONGEST_LIST = 1_000;

export interface Nodes {
  /** `offset`: reported as the place of a node without a position of its own. */
  of(node: unknown, offset: number): Value;
  entries(map: { readonly node: YAMLMap; readonly offset: number }, path: string): readonly Entry[];
}

export function createNodes(document: Document.Parsed, problems: Problems): Nodes {
  let aliases = 0;
  let targets: ReadonlyMap<unknown, Node> | undefined;

  /**
   * The target of an alias, or the node itself; undefined: a mistake that has been reported. Mistakes in the target are reported at the
   * alias.
   */
  function follow(node: unknown, offset: number): { readonly node: unknown } | undefined {
    if (!isAlias(node)) return { node };
    aliases += 1;
    if (aliases > MOST_ALIASES) {
      if (aliases === MOST_ALIASES + 1) problems.add(offset, '', `uses anchors more than ${MOST_ALIASES} times`);
      return undefined;
    }
    targets ??= targetsOf(document);
    const target = targets.get(node);
    // An anchor that contains its own alias would never end.
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

/** What each alias stands for: the last node before it with its anchor. The parser's own look-up reads the whole document for each. */
function targetsOf(document: Document.Parsed): ReadonlyMap<unknown, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

/** `tenants.acme`. Long keys are cut. */
export function join(path: string, key: string): string {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  return path === '' ? shown : `${path}.${shown}`;
}

function scalarOf(value: unknown, source: string | undefined, type: string | undefined): Raw {
  const text = typeof value === 'string' ? value : (source ?? String(value));
  return { kind: 'scalar', text, quoted: type !== undefined && type !== 'PLAIN' };
}

/** A list inside a list, or a section, becomes empty text, which no field accepts. */
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
