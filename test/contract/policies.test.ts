/** The contract of stores of the policy in force on each of them, and what only SQL can break. */
import { createMemoryPolicies, createMemoryTrail } from '@desist/memory';
import { POLICIES_KEPT } from '@desist/pipeline';
import type { AuditTrail, NewPolicy, PolicyStore } from '@desist/pipeline';
import { createAuditTrail, createPolicyStore } from '@desist/store-postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { anEntry } from './trail-suite.ts';

const policy = (version: string, more: Partial<NewPolicy> = {}): NewPolicy => ({
  ...{ version, shadowVersion: null, file: `# ${version}\n`, shadowFile: null, since: 1_772_359_200_000, by: 'é "eve"' },
  ...more,
});

interface UnderTest {
  readonly policies: PolicyStore;
  readonly trail: AuditTrail;
  close(): Promise<void>;
}

const STORES: readonly (readonly [string, () => Promise<UnderTest>])[] = [
  [
    'memory',
    async () => {
      const trail = createMemoryTrail();
      return { policies: createMemoryPolicies(trail), trail, close: async () => undefined };
    },
  ],
  [
    'PGlite',
    async () => {
      const { db, close } = await migratedEmbedded();
      return { policies: createPolicyStore(db), trail: createAuditTrail(db), close };
    },
  ],
  [
    'Postgres server',
    async () => {
      const { db, close } = await migratedServer();
      return { policies: createPolicyStore(db), trail: createAuditTrail(db), close };
    },
  ],
];

describe.each(STORES)('the policy in force: %s', (_, make) => {
  let under: UnderTest;
  let policies: PolicyStore;
  const entry = anEntry({ action: 'policy_reloaded', tenant: null, outcome: 'done' });
  beforeEach(async () => {
    under = await make();
    ({ policies } = under);
  });
  afterEach(async () => under.close());

  test('none is, until one is put in force; then it is that one, with its texts, and an entry names its revision', async () => {
    expect(await policies.inForce()).toBeNull();
    expect(await policies.revisionInForce()).toBeNull();
    const first = policy('a', { shadowVersion: 's', shadowFile: 'deferral: {}\n' });
    expect(await policies.putInForce(first, 'new', entry)).toBe('put');
    expect(await policies.inForce()).toEqual({ ...first, revision: 1 });
    expect(await policies.revisionInForce()).toMatchObject({ revision: 1, version: 'a', shadowVersion: 's' });
    const none = policy('b', { file: null, by: null });
    expect(await policies.putInForce(none, 'always', entry)).toBe('put');
    expect(await policies.inForce()).toEqual({ ...none, revision: 2 });
    expect((await under.trail.page({}, { limit: 10 })).items).toMatchObject([
      { action: 'policy_reloaded', target: '2' },
      { action: 'policy_reloaded', target: '1' },
    ]);
  });

  test('the same is no change; another shadow policy is one', async () => {
    await policies.putInForce(policy('a'), 'new', entry);
    expect(await policies.putInForce(policy('a', { since: 5 }), 'always', entry)).toBe('same');
    expect(await policies.putInForce(policy('a', { since: 5 }), 'new', entry)).toBe('same');
    expect(await policies.inForce()).toEqual({ ...policy('a'), revision: 1 });
    expect((await under.trail.page({}, { limit: 10 })).items).toHaveLength(1);
    expect(await policies.putInForce(policy('a', { shadowVersion: 's' }), 'new', entry)).toBe('put');
    expect(await policies.putInForce(policy('a'), 'new', entry)).toBe('superseded');
  });

  test('one that was replaced comes back when it is asked for, and not by itself', async () => {
    await policies.putInForce(policy('a'), 'new', entry);
    await policies.putInForce(policy('b'), 'new', entry);
    expect(await policies.putInForce(policy('a'), 'new', entry)).toBe('superseded');
    expect(await policies.inForce()).toMatchObject({ revision: 2, version: 'b' });
    expect(await policies.putInForce(policy('a'), 'always', entry)).toBe('put');
    expect(await policies.inForce()).toMatchObject({ revision: 3, version: 'a' });
    expect(await policies.putInForce(policy('b'), 'new', entry)).toBe('superseded');
  });

  test('starts of engines with two files, in whatever order and as often as they like, come to an end', async () => {
    await policies.putInForce(policy('old'), 'new', entry);
    for (const version of ['new', 'old', 'new', 'old', 'old', 'new']) await policies.putInForce(policy(version), 'new', entry);
    expect(await policies.inForce()).toMatchObject({ revision: 2, version: 'new' });
  });
});

describe('the policy in force on a Postgres server', () => {
  test('those who put one in force at once follow one another: each has a revision of its own, and the last one is in force', async () => {
    const { db, close } = await migratedServer();
    const policies = createPolicyStore(db);
    const versions = Array.from({ length: 8 }, (_, index) => `v${index}`);
    const put = await Promise.all(versions.map((version) => policies.putInForce(policy(version), 'always', anEntry())));
    expect(put).toEqual(versions.map(() => 'put'));
    expect(await policies.revisionInForce()).toMatchObject({ revision: versions.length });
    await close();
  });

  test('as many as are kept are remembered', async () => {
    const { db, close } = await migratedServer();
    const policies = createPolicyStore(db);
    await db.script(`insert into desist.policy (revision, version, since) select n, 'v' || n, 0 from generate_series(1, ${POLICIES_KEPT}) n;
      update desist.policy_revision set revision = ${POLICIES_KEPT}`);
    expect(await policies.putInForce(policy('v1'), 'new', anEntry())).toBe('superseded');
    await policies.putInForce(policy('next'), 'always', anEntry());
    expect(await policies.putInForce(policy('v1'), 'new', anEntry())).toBe('put');
    await close();
  });
});
