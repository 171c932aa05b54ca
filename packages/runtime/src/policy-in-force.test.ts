/** What one process makes of its policy file and of what is in force: what is read, what is put in force, and what changes nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryPolicies, createMemoryTrail } from '@desist/memory';
import type { Logger, PolicyStore } from '@desist/pipeline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policiesOf, readPolicyFileAt } from './policies.ts';
import { createPolicyInForce, entryOf } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';

const DAYS = (days: number): string => `deferral: {suppress_after: ${days}d}\n`;
const versionOf = (text: string): string => policiesOf(text).version;
const REQUEST = entryOf('anna', 'host', 0);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'desist-in-force-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Process {
  readonly inForce: PolicyInForce;
  readonly said: { readonly level: string; readonly message: string; readonly problems?: readonly string[] }[];
  write(text: string): void;
}

/** A process with a file of its own. */
function start(store: PolicyStore, name: string, text: string | null, alone = false): Process {
  const path = text === null ? undefined : join(folder, `${name}.yaml`);
  const write = (content: string): void => {
    if (path !== undefined) writeFileSync(path, content);
  };
  if (text !== null) write(text);
  const said: Process['said'] = [];
  const note = (level: string) => (fields: object, message: string) => void said.push({ ...fields, level, message });
  const logger: Logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const file = { path, read: readPolicyFileAt(path) };
  return { inForce: createPolicyInForce({ store, file, alone, host: name, time: { now: () => 5 }, logger }), said, write };
}

async function started(store: PolicyStore, name: string, text: string | null, alone?: boolean): Promise<Process> {
  const process = start(store, name, text, alone);
  await process.inForce.begin();
  return process;
}

describe('a process that starts', () => {
  it('puts its file in force while none is, and a file that never was; everybody else takes it over', async () => {
    const store = createMemoryPolicies();
    const a = await started(store, 'a', DAYS(4));
    expect(a.inForce.current()).toMatchObject({ revision: 1, version: versionOf(DAYS(4)), by: 'start of a' });
    const b = await started(store, 'b', DAYS(5));
    expect(b.inForce.policies().version).toBe(versionOf(DAYS(5)));
    expect((await a.inForce.latest()).version).toBe(versionOf(DAYS(5)));
    expect(a.inForce.policies().version).toBe(versionOf(DAYS(5)));
  });

  it('takes nothing back with the file of yesterday, says so, and brings it back when it is asked to', async () => {
    const store = createMemoryPolicies();
    await started(store, 'a', DAYS(4));
    await started(store, 'b', DAYS(5));
    const late = await started(store, 'c', DAYS(4));
    expect(late.inForce.policies().version).toBe(versionOf(DAYS(5)));
    expect(late.inForce.warnings()).toEqual([expect.stringContaining('is not the policy in force (revision 2')]);
    expect(late.said.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(await late.inForce.reload('anna', REQUEST)).toMatchObject({
      kind: 'in_force',
      changed: true,
      policy: { revision: 3, by: 'anna' },
    });
    expect(late.inForce.policies().version).toBe(versionOf(DAYS(4)));
    expect(late.inForce.warnings()).toEqual([]);
  });

  it('alone with its database has its own file, whatever was in force before', async () => {
    const store = createMemoryPolicies();
    await started(store, 'a', DAYS(4), true);
    await started(store, 'a', DAYS(5), true);
    expect((await started(store, 'a', DAYS(4), true)).inForce.current()).toMatchObject({ revision: 3, version: versionOf(DAYS(4)) });
    expect((await started(store, 'a', null, true)).inForce.policies().version).toBe(versionOf(''));
  });

  it('without a file follows the others; while nobody has one, the defaults are in force', async () => {
    const store = createMemoryPolicies();
    const none = await started(store, 'a', null);
    expect(none.inForce.current()).toMatchObject({ revision: 1, version: versionOf('') });
    await started(store, 'b', DAYS(4));
    const later = await started(store, 'c', null);
    expect(later.inForce.policies().version).toBe(versionOf(DAYS(4)));
    expect(later.inForce.warnings()).toEqual([]);
    expect(await later.inForce.reload(null, REQUEST)).toEqual({ kind: 'no_file' });
  });
});

describe('a file that is read again', () => {
  it('is put in force as it is now, with the shadow policy that it names', async () => {
    const store = createMemoryPolicies();
    const a = await started(store, 'a', DAYS(4));
    writeFileSync(join(folder, 'stricter.yaml'), DAYS(3));
    a.write(`${DAYS(5)}shadow: stricter.yaml\n`);
    expect(await a.inForce.reload('anna', REQUEST)).toMatchObject({
      ...{ kind: 'in_force', changed: true },
      policy: { revision: 2, version: versionOf(DAYS(5)), shadowVersion: versionOf(DAYS(3)) },
    });
    expect(a.inForce.policies().shadow?.version).toBe(versionOf(DAYS(3)));
    // Another host has no such files.
    const b = start(store, 'b', null);
    expect((await b.inForce.latest()).shadow?.version).toBe(versionOf(DAYS(3)));
    // Only the shadow policy is another one.
    writeFileSync(join(folder, 'stricter.yaml'), DAYS(4));
    expect(await a.inForce.reload('anna', REQUEST)).toMatchObject({ changed: true, policy: { revision: 3 } });
    expect((await b.inForce.latest()).shadow?.version).toBe(versionOf(DAYS(4)));
  });

  it('with mistakes changes nothing: each is said with its line, also those of the shadow policy', async () => {
    const trail = createMemoryTrail();
    const store = createMemoryPolicies(trail);
    const a = await started(store, 'a', DAYS(4));
    const before = [a.inForce.policies(), a.inForce.current()];
    a.write('deferral:\n  suppress_after: soon\n  nonsense: 1\n');
    const refused = await a.inForce.reload('anna', REQUEST);
    expect(refused).toMatchObject({ kind: 'mistakes', mistakes: [{ line: 2, column: 19 }, { line: 3 }] });
    const [line = '', next = ''] = a.said.find(({ level }) => level === 'error')?.problems ?? [];
    expect(line).toMatch(/a\.yaml:2:19: /);
    expect(next).toMatch(/a\.yaml:3:/);
    writeFileSync(join(folder, 'bad.yaml'), 'x: 1\n');
    a.write('shadow: bad.yaml\n');
    expect(JSON.stringify(await a.inForce.reload('anna', REQUEST))).toMatch(/bad\.yaml: x.*"line":1/);
    rmSync(join(folder, 'a.yaml'));
    expect(JSON.stringify(await a.inForce.reload('anna', REQUEST))).toContain('ENOENT');
    expect([a.inForce.policies(), a.inForce.current()]).toEqual(before);
    expect(await a.inForce.latest()).toBe(before[0]);
    expect((await store.inForce())?.revision).toBe(1);
    expect((await trail.page({}, { limit: 10 })).items).toHaveLength(1);
  });

  it('that says the same is no change, and the policies stay the same object', async () => {
    const a = await started(createMemoryPolicies(), 'a', DAYS(4));
    const before = a.inForce.policies();
    a.write(`# four days\n${DAYS(4)}`);
    expect(await a.inForce.reload('anna', REQUEST)).toMatchObject({ changed: false, policy: { revision: 1 } });
    expect(a.inForce.policies()).toBe(before);
  });
});

it('what this version cannot read is not folded under: it is a problem until it is replaced, and what was known stays', async () => {
  const store = createMemoryPolicies();
  const a = await started(store, 'a', DAYS(4));
  await store.putInForce(
    { version: 'v', shadowVersion: null, file: 'of_tomorrow: 1\n', shadowFile: null, since: 9, by: null },
    'new',
    REQUEST,
  );
  await expect(a.inForce.latest()).rejects.toMatchObject({ name: 'StoreError', kind: 'incompatible' });
  await expect(start(store, 'b', null).inForce.begin()).rejects.toThrow('revision 2');
  expect(a.inForce.problems()).toEqual([expect.stringContaining('of_tomorrow')]);
  expect(a.inForce.policies().version).toBe(versionOf(DAYS(4)));
  await a.inForce.reload('anna', REQUEST);
  expect(a.inForce.problems()).toEqual([]);
  expect(a.inForce.current()).toMatchObject({ revision: 3 });
});

it('a database that went back in time is believed: the same number may be another policy', async () => {
  const lost = createMemoryPolicies();
  let store: PolicyStore = lost;
  const through: PolicyStore = {
    revisionInForce: () => store.revisionInForce(),
    inForce: () => store.inForce(),
    putInForce: (...of) => store.putInForce(...of),
  };
  const a = await started(through, 'a', DAYS(4));
  await started(lost, 'b', DAYS(5));
  expect((await a.inForce.latest()).version).toBe(versionOf(DAYS(5)));
  store = createMemoryPolicies();
  await started(store, 'c', DAYS(4));
  await started(store, 'd', DAYS(6));
  expect((await a.inForce.latest()).version).toBe(versionOf(DAYS(6)));
});
