/** Damage done to payloads: to their bytes, and to what their JSON holds. Everything comes from fast-check, so that a failure shrinks and repeats. */
import fc from 'fast-check';

export type Damage = (payload: Uint8Array) => Uint8Array;

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (share: number, length: number): number => Math.floor(share * length);

const bytes: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(position, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([share, put]): Damage => (payload) => {
    const from = at(share, payload.length);
    return Buffer.concat([payload.subarray(0, from), put, payload.subarray(from + put.length)]);
  }),
  fc.tuple(position, fc.string({ unit: 'binary', maxLength: 12 })).map(([share, put]): Damage => (payload) => {
    const from = at(share, payload.length);
    return Buffer.concat([payload.subarray(0, from), Buffer.from(put), payload.subarray(from)]);
  }),
  position.map(
    (share): Damage =>
      (payload) =>
        payload.subarray(0, at(share, payload.length)),
  ),
  fc.tuple(position, position).map(([a, b]): Damage => (payload) => {
    const [from, to] = [at(Math.min(a, b), payload.length), at(Math.max(a, b), payload.length)];
    return Buffer.concat([payload.subarray(0, from), payload.subarray(to)]);
  }),
  fc.tuple(position, position).map(([a, b]): Damage => (payload) => {
    const [from, to] = [at(Math.min(a, b), payload.length), at(Math.max(a, b), payload.length)];
    return Buffer.concat([payload, payload.subarray(from, to)]);
  }),
);

/** Values of an unexpected type. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    ' ',
    [],
    {},
    [[[]]],
    0,
    -1,
    1e308,
    2 ** 53 + 2,
    '9007199254740993',
    253402300800,
    'constructor',
    '__proto__',
    'toString',
    'not-spam',
    '2026-03-01',
    '2026-03-01 10:00:00',
    'Feb 29 25:61:61',
    'Ann <a@example.com>',
    '"a b"@example.com',
    'a@b@c',
    '@',
    'ä@bücher.example',
    '\0\ud800',
    'x'.repeat(300_000),
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

type Node = { readonly parent: Record<string, unknown>; readonly key: string };

function nodesOf(value: unknown, found: Node[] = []): readonly Node[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    const parent = value as Record<string, unknown>;
    found.push({ parent, key });
    nodesOf(parent[key], found);
  }
  return found;
}

const nodes: fc.Arbitrary<Damage> = fc
  .array(fc.tuple(position, fc.constantFrom('replace', 'replace', 'delete', 'wrap', 'text'), odd), { minLength: 1, maxLength: 3 })
  .map((changes): Damage => (payload) => {
    let document: { root: unknown };
    try {
      document = { root: JSON.parse(Buffer.from(payload).toString('utf8')) };
    } catch {
      return payload;
    }
    for (const [share, how, put] of changes) {
      const all = nodesOf(document);
      const node = all[at(share, all.length)];
      // The root itself is gone.
      if (node === undefined) break;
      const { parent, key } = node;
      if (how === 'delete') Reflect.deleteProperty(parent, key);
      else if (how === 'wrap') parent[key] = [parent[key], put];
      else if (how === 'text') parent[key] = JSON.stringify(parent[key]) ?? '';
      else parent[key] = put;
    }
    return Buffer.from(JSON.stringify(document.root) ?? '');
  });

export const damage: fc.Arbitrary<Damage> = fc.oneof({ weight: 2, arbitrary: bytes }, { weight: 3, arbitrary: nodes });
