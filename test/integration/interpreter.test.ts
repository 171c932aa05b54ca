/** The embedded engine and a replay fold the ten days of the sample: they agree in every recipient and every change. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { defaultPolicies } from '@desist/contracts';
import { parseEvent } from '@desist/formats/event';
import { HOUR } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { createStore, hashKeyOf, keyedHash } from '@desist/store-postgres';
import { DEFAULT_LIMITS } from '@desist/pipeline';
import { folded, momentOf, replayed } from '../support/both-ways.ts';
import type { Logged } from '../support/both-ways.ts';
import { migratedEmbedded } from '../support/servers/template.ts';

const END = '2026-03-11T00:00:00.000Z';
const NO_RECORD_TIME = 8.64e15;

async function sample(): Promise<readonly Logged[]> {
  const make = ['--disable-warning=ExperimentalWarning', 'examples/ten-days/make.ts', '--end', END];
  const { stdout } = await promisify(execFile)(process.execPath, make, { maxBuffer: 1 << 28 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const parsed = parseEvent(JSON.parse(line), NO_RECORD_TIME);
      if (!parsed.ok) throw new Error(parsed.detail);
      return { event: parsed.event };
    });
}

it('replay and the live engine decide the same for ten days of mail', async () => {
  const log = await sample();
  expect(log.length).toBeGreaterThan(3_000);
  const known = defaultPolicies();
  // The engine leaves noticing incidents to a coordinator, which this test has not.
  const base = { ...known.base, incidents: { ...known.base.incidents, detect: false } };
  const policies: PolicySet = { ...known, base, tenants: new Map() };
  const until = Math.max(...log.map(momentOf)) + 2 * HOUR;
  const { db, close } = await migratedEmbedded();
  try {
    const store = createStore(db, { hashOf: keyedHash(await hashKeyOf(db, undefined)) });
    const run = { store, rows: store.load, policies, until, cuts: [700, 3_000, 41], life: 2, limits: { ...DEFAULT_LIMITS, rows: 100_000 } };
    const live = await folded(log, run);
    expect(Object.keys(live.changes).length).toBeGreaterThan(5);
    expect(live).toEqual(replayed(log, policies, until));
  } finally {
    await close();
  }
});
