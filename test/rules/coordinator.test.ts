/** Whoever decides about incidents: each decision reaches every partition before the next one is made, whatever fails in between. */
import { encodeIncident, parseIncident } from '@desist/contracts';
import { asTenant, DEFAULT_POLICY, HOUR, QUARTER } from '@desist/domain';
import type { IncidentNotice } from '@desist/domain';
import { createMemoryIncidents } from '@desist/memory';
import { createCoordinator, LogError } from '@desist/pipeline';
import type { IncidentCount, LogSink } from '@desist/pipeline';
import { expect, it } from 'vitest';

const BEGIN = Date.UTC(2026, 2, 2);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function quarter(at: number, failing: number, delivered: number, tenant = 'acme'): IncidentCount & { readonly partition: number } {
  return { partition: 0, tenant: asTenant(tenant), provider: 'gmail', at, failing, delivered, codes: [], samples: [] };
}

it('a decision that the log did not accept is announced before the next one is made', async () => {
  const incidents = createMemoryIncidents();
  incidents.given.clock = BEGIN + 6 * HOUR;
  // Two days of mail; an hour in which everybody begins to fail; mail again.
  for (let at = BEGIN - 48 * HOUR; at < BEGIN + 6 * HOUR; at += QUARTER) {
    incidents.given.counts.push(at >= BEGIN && at < BEGIN + HOUR ? quarter(at, 30, 0) : quarter(at, 0, 10));
  }
  let away = true;
  const told: (IncidentNotice & { readonly partition: number | undefined })[] = [];
  const sink: Pick<LogSink, 'append'> = {
    async append(_topic, records) {
      if (away) throw new LogError('unavailable', 'the log is away');
      for (const { value, partition } of records) {
        const read = parseIncident(JSON.parse(String(value)));
        if (read.ok && read.kind === 'provider') told.push({ ...read.notice, partition });
      }
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
  };
  const policy = () => DEFAULT_POLICY.incidents;
  const options = { incidents, sink, policy, encode: encodeIncident, partitions: () => 2, logger: quiet, monotonic: () => 0 };
  const coordinator = createCoordinator(options);
  for (let tries = 0; tries < 3; tries += 1) await expect(coordinator.tick()).rejects.toThrow('away');
  expect(await incidents.open()).toMatchObject([{ action: 'opened', revision: 1, announcedRevision: 0 }]);
  away = false;
  for (let ticks = 0; ticks < 3; ticks += 1) await coordinator.tick();
  expect(told.map(({ action, partition }) => `${action} ${String(partition)}`)).toEqual(['opened 0', 'opened 1', 'closed 0', 'closed 1']);
  expect(new Set(told.map(({ announcedBy }) => announcedBy)).size).toBe(1);
  expect(coordinator.open()).toBe(0);
});

/** Two days of mail of each tenant, then two hours in which as many of its recipients begin to fail in each quarter, and mail again. */
function installation(failing: Readonly<Record<string, number>>) {
  const incidents = createMemoryIncidents();
  for (const [tenant, count] of Object.entries(failing)) {
    for (let at = BEGIN - 48 * HOUR; at < BEGIN + 12 * HOUR; at += QUARTER) {
      const within = at >= BEGIN && at < BEGIN + 2 * HOUR;
      incidents.given.counts.push(within ? quarter(at, count, 0, tenant) : quarter(at, 0, 10, tenant));
    }
  }
  const announced: IncidentNotice[] = [];
  const sink: Pick<LogSink, 'append'> = {
    async append(_topic, records) {
      for (const { value } of records) {
        const read = parseIncident(JSON.parse(String(value)));
        if (read.ok && read.kind === 'provider') announced.push(read.notice);
      }
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
  };
  const policy = () => DEFAULT_POLICY.incidents;
  const options = { incidents, sink, policy, encode: encodeIncident, partitions: () => 1, logger: quiet, monotonic: () => 0 };
  const coordinator = createCoordinator(options);
  return {
    incidents,
    /** Looks as often as somebody decides, at this clock; what is counted later is not there yet. */
    async lookAt(clock: number): Promise<readonly string[]> {
      const all = incidents.given.counts;
      incidents.given.counts = all.filter(({ at }) => at < clock);
      incidents.given.clock = clock;
      incidents.given.records += 1;
      announced.length = 0;
      while ((await coordinator.tick()) > 0);
      incidents.given.counts = all;
      return announced.map(({ action, terms }) => `${action} ${terms.tenant ?? 'of all'}`).sort();
    },
    open: () => coordinator.open(),
  };
}

it("a tenant's counts open an incident of that tenant; two of similar weight one of all, which ends with the first of them", async () => {
  const alone = installation({ acme: 20, beta: 1 });
  expect(await alone.lookAt(BEGIN + 2 * HOUR)).toEqual(['opened acme']);
  expect(await alone.lookAt(BEGIN + 6 * HOUR)).toEqual(['closed acme']);

  const several = installation({ acme: 20, beta: 20, small: 1 });
  expect(await several.lookAt(BEGIN + 2 * HOUR)).toEqual(['opened acme', 'opened beta', 'opened of all']);
  expect(several.open()).toBe(3);
  const [of] = (await several.incidents.open()).filter(({ terms }) => terms.tenant === null);
  expect(of?.summary).toMatchObject({ failing: 8 * 41, usualShare: 0 });
  expect(await several.lookAt(BEGIN + 6 * HOUR)).toEqual(['closed acme', 'closed beta', 'closed of all']);
  expect(several.open()).toBe(0);
  const ends = (await several.incidents.detected(['gmail'], 0)).map(({ terms }) => terms.until);
  expect(new Set(ends)).toEqual(new Set([BEGIN + 2 * HOUR + QUARTER]));
});

it('a tenant that outweighs the others opens none for them, and a restored incident is no sign of one', async () => {
  const unequal = installation({ mallory: 400, beta: 20, small: 1 });
  expect(await unequal.lookAt(BEGIN + 2 * HOUR)).toEqual(['opened beta', 'opened mallory']);

  const restored = installation({ acme: 20, beta: 20 });
  // beta is seen later than acme: by then acme's own was restored.
  const counts = restored.incidents.given.counts;
  restored.incidents.given.counts = counts.filter(({ tenant }) => tenant === 'acme');
  expect(await restored.lookAt(BEGIN + HOUR)).toEqual(['opened acme']);
  const [row] = await restored.incidents.open();
  if (row === undefined) throw new Error('no incident');
  await restored.incidents.update({ ...row, revision: 2, excludes: false, action: 'restored' }, 1);
  restored.incidents.given.counts = counts;
  expect(await restored.lookAt(BEGIN + 2 * HOUR)).toEqual(['opened beta', 'restored acme']);
});

it('one of the whole installation from before tenants were counted closes at the first look', async () => {
  const before = installation({ acme: 0 });
  const terms = { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: BEGIN - HOUR, until: null };
  const about = {
    id: 'gmail-old',
    origin: 'detected',
    revision: 1,
    announcedRevision: 1,
    action: 'opened',
    excludes: true,
    open: true,
  } as const;
  await before.incidents.insert({ ...about, terms, at: BEGIN, summary: null, by: null, note: null, createdAt: BEGIN });
  expect(await before.lookAt(BEGIN + HOUR)).toEqual(['closed of all']);
  expect(await before.incidents.find('gmail-old')).toMatchObject({ open: false, excludes: true, terms: { until: BEGIN + HOUR } });
});

it('only the owner of the lowest partition looks, and looks for suspects again when something was folded, or after a minute', async () => {
  const incidents = createMemoryIncidents();
  Object.assign(incidents.given, { clock: BEGIN, records: 5, leader: 'one' });
  let now = 0;
  const asked: string[] = [];
  const watched = (owner: string) =>
    createCoordinator({
      incidents: {
        ...incidents,
        suspects: async (terms) => {
          asked.push(owner);
          return incidents.suspects(terms);
        },
      },
      sink: { append: async () => [] },
      policy: () => DEFAULT_POLICY.incidents,
      encode: encodeIncident,
      partitions: () => 1,
      logger: quiet,
      owner,
      monotonic: () => now,
    });
  const [one, two] = [watched('one'), watched('two')];
  const tick = async (): Promise<readonly string[]> => {
    asked.length = 0;
    now += 5_000;
    await one.tick();
    await two.tick();
    return [...asked];
  };
  expect(await tick()).toEqual(['one']);
  for (let ticks = 0; ticks < 5; ticks += 1) expect(await tick()).toEqual([]);
  incidents.given.records += 1;
  expect(await tick()).toEqual(['one']);
  incidents.given.leader = 'two';
  expect(await tick()).toEqual(['two']);
  now += 60_000;
  expect(await tick()).toEqual(['two']);
});
