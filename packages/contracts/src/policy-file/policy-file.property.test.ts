import { DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { Attribution, Category } from '@desist/verdicts';
import type { Policy, PolicySet } from '@desist/domain';
import fc from 'fast-check';
import { parseDocument, stringify } from 'yaml';
import { expect, it } from 'vitest';
import { readPolicyFile } from './read.ts';
import { FIELDS } from './schema.ts';
import { defaultPolicies, policySet, policyVersion } from './version.ts';
import { ATTRIBUTIONS, BUILT_IN } from './words.ts';
import { writePolicy } from './write.ts';

const seconds = (least: number, most: number) =>
  fc.oneof(
    fc.integer({ min: Math.ceil(least / HOUR), max: Math.floor(most / HOUR) }).map((n) => n * HOUR),
    fc.integer({ min: Math.ceil(least / 60_000), max: Math.min(Math.floor(most / 60_000), 600_000) }).map((n) => n * 60_000),
  );
const ascending = <T>(one: fc.Arbitrary<T>, by: (a: T, b: T) => number) =>
  fc.tuple(one, one, one, one, one).map(([a, b, c, d, e]) => [...[a, b, c].sort(by), d, e] as [T, T, T, T, T]);
const byNumber = (a: number, b: number) => a - b;

/** An override that says what the built-in table says is none: `readPolicyFile` never makes one. */
const attribution = fc.dictionary(fc.constantFrom(...BUILT_IN.keys()), fc.constantFrom(...ATTRIBUTIONS), { maxKeys: 4 }).map((all) => {
  const kept = Object.entries(all).filter(([category, value]) => {
    return BUILT_IN.get(category as Category) !== value && category !== 'recipient_rate_limited';
  });
  return Object.fromEntries(kept) as Partial<Record<Category, Attribution>>;
});

const policy: fc.Arbitrary<Policy> = fc
  .record({
    times: ascending(seconds(HOUR, 400 * HOUR), byNumber),
    counts: ascending(fc.integer({ min: 1, max: 1_000 }), byNumber),
    gap: seconds(HOUR, 400 * HOUR),
    messages: fc.integer({ min: 1, max: 32 }),
    span: seconds(0, 100 * HOUR),
    remembered: seconds(101 * HOUR, 5_000 * HOUR),
    window: seconds(HOUR, 50 * HOUR),
    renewAfter: seconds(HOUR, 50 * HOUR),
    expiry: fc.array(fc.option(seconds(HOUR, 9_000 * HOUR)), { minLength: 1, maxLength: 6 }),
    contrast: fc.record({
      window: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24).map((hours) => hours * HOUR),
      deliveries: fc.integer({ min: 1, max: 500 }),
      failingShare: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
    }),
    probation: seconds(0, 9_000 * HOUR),
    complaintScope: fc.constantFrom('all' as const, 'stream' as const),
    clicks: fc.boolean(),
    deferred: fc.boolean(),
    incidents: fc
      .record({
        detect: fc.boolean(),
        times: fc.tuple(seconds(HOUR, 50 * HOUR), seconds(50 * HOUR, 400 * HOUR), seconds(50 * HOUR, 400 * HOUR)),
        recipients: fc.integer({ min: 1, max: 1_000_000 }),
        failingShare: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
        baselineDeliveries: fc.integer({ min: 1, max: 1_000_000 }),
        tenants: fc.integer({ min: 2, max: 1_000 }),
      })
      .map(({ times: [window, baseline, longest], ...rest }) => ({ ...rest, window, baseline, longest })),
    senderIncidents: fc
      .record({
        detect: fc.boolean(),
        times: fc.integer({ min: 2, max: 1_000 }),
        spans: fc.tuple(seconds(HOUR, 50 * HOUR), seconds(50 * HOUR, 400 * HOUR), seconds(50 * HOUR, 400 * HOUR)),
        tries: fc.integer({ min: 1, max: 1_000_000 }),
        refused: fc.integer({ min: 1, max: 1_000_000 }),
        recipients: fc.integer({ min: 1, max: 50 }),
        share: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
        baselineTries: fc.integer({ min: 1, max: 1_000_000 }),
      })
      .map(({ spans: [window, baseline, longest], ...rest }) => ({ ...rest, window, baseline, longest })),
    attribution,
  })
  .map(({ times, counts, ...other }) => ({
    deferral: {
      persistentAfter: times[0],
      softBounceAfter: times[1],
      suppressAfter: times[2],
      evidenceSpan: Math.min(times[3], times[2]),
      atRiskBefore: Math.min(times[4], times[2]),
      persistentFailures: counts[0],
      softBounceFailures: counts[1],
      suppressFailures: counts[2],
      largestGap: other.gap,
    },
    giveUp: { messages: other.messages, span: other.span, remembered: other.remembered },
    greylisting: { window: other.window, renewAfter: other.renewAfter },
    contrast: other.contrast,
    suppression: { expiry: other.expiry, probation: other.probation, complaintScope: other.complaintScope },
    engagement: { clicks: other.clicks },
    publish: { deferred: other.deferred },
    incidents: other.incidents,
    senderIncidents: other.senderIncidents,
    attribution: other.attribution,
  }));

const name = fc.oneof(
  fc.constantFrom('null', 'true', '007', '1e3', '0x1F', 'constructor', 'acme'),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/),
);
const named = <T>(one: fc.Arbitrary<T>) => fc.array(fc.tuple(name, one), { maxLength: 3 }).map((all) => new Map(all));

const tenant = fc.record({ base: policy, streams: named(policy) }).map(({ base, streams }) => ({
  base,
  // Not a stream's to say.
  streams: new Map([...streams].map(([stream, own]) => [stream, { ...own, publish: base.publish, contrast: base.contrast }])),
}));
const set: fc.Arbitrary<PolicySet> = fc
  .record({ base: fc.oneof(fc.constant(DEFAULT_POLICY), policy), tenants: named(tenant) })
  .map(({ base, tenants }) => {
    // Not a tenant's to say.
    const { incidents, senderIncidents } = base;
    const own = [...tenants].map(([name, { base: top, streams }]) => {
      const inner = [...streams].map(([stream, policy]) => [stream, { ...policy, incidents, senderIncidents }] as const);
      return [name, { base: { ...top, incidents, senderIncidents }, streams: new Map(inner) }] as const;
    });
    return policySet({ base, tenants: new Map(own) });
  });

function reread(text: string): PolicySet {
  const read = readPolicyFile(text);
  if (!read.ok) throw new Error(`${JSON.stringify(read.problems)}\n${text}`);
  return read.policies;
}

it('what is written reads as the same policies and version', () => {
  fc.assert(
    fc.property(set, (policies) => {
      const again = reread(writePolicy(policies));
      expect(again.version).toBe(policies.version);
      expect(again.base).toEqual(policies.base);
      expect(new Map(again.tenants)).toEqual(new Map(policies.tenants));
    }),
    { numRuns: 300 },
  );
});

it('the order of keys, the layout and comments do not change the version', () => {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, one]) => [key, turn(one)]),
    );
  };
  fc.assert(
    fc.property(set, fc.boolean(), (policies, flow) => {
      const tree: unknown = parseDocument(writePolicy(policies)).toJS();
      const text = `# again\n${flow ? JSON.stringify(turn(tree)) : stringify(turn(tree))}\n# end\n`;
      expect(reread(text).version).toBe(policies.version);
    }),
    { numRuns: 100 },
  );
});

it('every value is in the version, at every level', () => {
  const other = (policy: Policy, id: string): Policy => {
    const [section = '', field = ''] = id.split('.');
    const copy = structuredClone(policy) as unknown as Record<string, Record<string, unknown>>;
    const value = copy[section]![field];
    copy[section]![field] =
      typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : Array.isArray(value) ? [null] : 'stream';
    return copy as unknown as Policy;
  };
  const none: ReadonlyMap<string, Policy> = new Map();
  const versions = [defaultPolicies().version];
  const changed = [
    ...FIELDS.map(({ id }) => other(DEFAULT_POLICY, id)),
    { ...DEFAULT_POLICY, attribution: { mailbox_full: 'message' as const } },
  ];
  for (const policy of changed) {
    const sets = [
      { base: policy, tenants: new Map() },
      { base: DEFAULT_POLICY, tenants: new Map([['a', { base: policy, streams: none }]]) },
      { base: DEFAULT_POLICY, tenants: new Map([['b', { base: policy, streams: none }]]) },
      { base: DEFAULT_POLICY, tenants: new Map([['a', { base: DEFAULT_POLICY, streams: new Map([['s', policy]]) }]]) },
    ];
    versions.push(...sets.map(policyVersion));
  }
  expect(versions).toHaveLength(1 + 4 * (FIELDS.length + 1));
  expect(new Set(versions).size).toBe(versions.length);
});

it('the version of the defaults is fixed: a different one would make every installation fold every recipient again', () => {
  expect(defaultPolicies().version).toBe('sha256:36a3bf3f5daafa4ab1a7f11088e656a632bfb72b712866d4c1111c0ee9399e21');
});

it('never throws, and a mistake has a place in the text', () => {
  const word = fc.constantFrom(
    'deferral',
    'tenants',
    'suppress_after',
    ': ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    '&a ',
    '*a',
    '72h',
    '3',
    '- ',
    '"',
    '?',
    '<<',
    '!!map ',
    '%YAML 1.1\n---\n',
    '|',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 30 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (any) => {
      const read = readPolicyFile(any);
      if (read.ok) return;
      const lines = any.split('\n');
      expect(read.problems.length).toBeGreaterThan(0);
      for (const { line, column } of read.problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('a tenant or a stream that only repeats what it inherits changes nothing', () => {
  const { version } = defaultPolicies();
  for (const text of [
    'tenants: {a: {}}',
    'tenants: {a: {streams: {s: }}}',
    'tenants: {a: {deferral: {suppress_after: 3d}, streams: {s: {give_up: {span: 72h}}}}}',
  ]) {
    expect(reread(text)).toEqual({ ...defaultPolicies(), version });
  }
});
