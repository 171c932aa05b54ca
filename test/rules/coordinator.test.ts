/** Whoever decides about incidents: each decision reaches every partition before the next one is made, whatever fails in between. */
import { encodeIncident, parseIncident } from '@desist/contracts';
import { DEFAULT_POLICY, HOUR, QUARTER } from '@desist/domain';
import type { IncidentNotice } from '@desist/domain';
import { createMemoryIncidents } from '@desist/memory';
import { createCoordinator, LogError } from '@desist/pipeline';
import type { IncidentCount, LogSink } from '@desist/pipeline';
import { expect, it } from 'vitest';

const BEGIN = Date.UTC(2026, 2, 2);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function quarter(at: number, failing: number, delivered: number): IncidentCount & { readonly partition: number } {
  return { partition: 0, provider: 'gmail', at, failing, delivered, codes: [], samples: [] };
}

it('a decision that the log did not take is told before the next one is made', async () => {
  const incidents = createMemoryIncidents();
  incidents.given.clock = BEGIN + 6 * HOUR;
  // Two days of mail; an hour in which everybody begins to fail; mail again.
  for (let at = BEGIN - 48 * HOUR; at < BEGIN + 6 * HOUR; at += QUARTER) {
    incidents.given.counts.push(at >= BEGIN && at < BEGIN + HOUR ? quarter(at, 30, 0) : quarter(at, 0, 10));
  }
  let away = true;
  const told: (IncidentNotice & { readonly partition: number | undefined })[] = [];
  const sink: LogSink = {
    async append(_topic, records) {
      if (away) throw new LogError('unavailable', 'the log is away');
      for (const { value, partition } of records) {
        const read = parseIncident(JSON.parse(String(value)));
        if (read.ok) told.push({ ...read.notice, partition });
      }
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
  };
  const policy = DEFAULT_POLICY.incidents;
  const options = { incidents, sink, policy, encode: encodeIncident, partitions: () => 2, logger: quiet, monotonic: () => 0 };
  const coordinator = createCoordinator(options);
  for (let tries = 0; tries < 3; tries += 1) await expect(coordinator.tick()).rejects.toThrow('away');
  expect(await incidents.open()).toMatchObject([{ action: 'opened', revision: 1, told: 0 }]);
  away = false;
  for (let ticks = 0; ticks < 3; ticks += 1) await coordinator.tick();
  expect(told.map(({ action, partition }) => `${action} ${String(partition)}`)).toEqual(['opened 0', 'opened 1', 'closed 0', 'closed 1']);
  expect(new Set(told.map(({ announcedBy }) => announcedBy)).size).toBe(1);
  expect(coordinator.open()).toBe(0);
});
