/** Who looks for sender incidents, when, and in which order the log hears of what was decided. */
import { encodeSenderIncident, parseIncident } from '@desist/contracts';
import { asTenant, DAY, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { SenderNotice } from '@desist/domain';
import { createMemoryIncidents, createMemorySenderIncidents } from '@desist/memory';
import type { MemorySenderIncidents } from '@desist/memory';
import { createSenderCoordinator, LogError } from '@desist/pipeline';
import type { LogSink, Logger, RollupRow } from '@desist/pipeline';
import { expect, test } from 'vitest';

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const BEGIN = Date.UTC(2026, 2, 2);
const QUARTER = 900_000;

interface Tried {
  readonly tenant?: string;
  readonly provider?: string;
  readonly refused: number;
  readonly others: number;
}

/** Two days of mail without trouble, then so much of it refused in each quarter of two hours, then as before until `until`. */
function mail(
  incidents: MemorySenderIncidents,
  { tenant = 'acme', provider = 'gmail', refused, others }: Tried,
  until = BEGIN + 8 * HOUR,
): void {
  const dimensions = { family: 'events', tenant, provider, stream: 'default', pool: '', domain: '', upperBound: 0 } as const;
  const row = (at: number, events: number, type: string): RollupRow => {
    const verdict = type === 'deferred' ? { category: 'rate_limited', attribution: 'sender' } : { category: '', attribution: '' };
    return { ...dimensions, ...verdict, at, type, events };
  };
  const { given } = incidents;
  const hours = Array.from({ length: 48 }, (_, n) => row(BEGIN - (n + 1) * HOUR, 20, 'delivered'));
  given.hours = [...given.hours, ...hours];
  const quarters: RollupRow[] = [];
  const replies = [...given.replies];
  for (let at = BEGIN - 28 * HOUR; at < until; at += QUARTER) {
    const isBad = at >= BEGIN && at < BEGIN + 2 * HOUR;
    quarters.push(row(at, isBad ? others : 5, 'delivered'));
    if (!isBad || refused === 0) continue;
    quarters.push(row(at, refused, 'deferred'));
    const of = { tenant: asTenant(tenant), provider, pool: '', at, category: 'rate_limited', code: '421 4.7.28' };
    replies.push({ ...of, events: refused, recipients: 0xffff, reply: '421 slow' });
  }
  given.quarters = [...given.quarters, ...quarters];
  given.replies = replies;
}

function world(clock: number) {
  const incidents = createMemorySenderIncidents();
  const progress = createMemoryIncidents();
  Object.assign(progress.given, { clock, records: 1 });
  const state = { away: false, now: 0 };
  const told: (SenderNotice & { readonly partition: number | undefined })[] = [];
  const sink: Pick<LogSink, 'append'> = {
    async append(_topic, records) {
      if (state.away) throw new LogError('unavailable', 'the log is away');
      for (const { value, partition } of records) {
        const read = parseIncident(JSON.parse(String(value)));
        if (read.ok && read.kind === 'sender') told.push({ ...read.notice, partition });
      }
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
  };
  const coordinator = (owner?: string) =>
    createSenderCoordinator({
      ...{ incidents, progress, sink, encode: encodeSenderIncident, policy: () => DEFAULT_POLICY.senderIncidents, logger: quiet },
      ...{ partitions: () => 4, monotonic: () => state.now },
      ...(owner === undefined ? {} : { owner }),
    });
  return { incidents, progress, state, told, coordinator };
}

test('each decision is in the log, in the one partition that publishes it, before the next one is made', async () => {
  const { incidents, state, told, coordinator } = world(BEGIN + 8 * HOUR);
  mail(incidents, { refused: 20, others: 5 });
  const one = coordinator();
  state.away = true;
  for (let tries = 0; tries < 3; tries += 1) {
    await expect(one.tick()).rejects.toThrow('away');
    state.now += 60_000;
  }
  expect(await incidents.open()).toMatchObject([{ action: 'opened', revision: 1, announcedRevision: 0 }]);
  state.away = false;
  for (let ticks = 0; ticks < 4; ticks += 1) {
    await one.tick();
    state.now += 60_000;
  }
  expect(told.map(({ action, until }) => [action, until])).toEqual([
    ['opened', null],
    ['closed', BEGIN + 2 * HOUR],
  ]);
  for (const { partition, announcedBy } of told) expect(partition).toBe(announcedBy);
  expect(told[0]?.summary).toMatchObject({ usualShare: 0, replies: [{ code: '421 4.7.28' }] });
  expect(told[1]?.summary).toMatchObject({ tries: 200, refused: 160 });
  expect(one.open()).toBe(0);
});

test('only the owner of the lowest partition looks; whoever looks besides decides nothing twice', async () => {
  const { incidents, progress, told, coordinator } = world(BEGIN + 2 * HOUR);
  mail(incidents, { refused: 20, others: 5 }, BEGIN + 2 * HOUR);
  progress.given.leader = 'a';
  const [a, b] = [coordinator('a'), coordinator('b')];
  expect(await b.tick()).toBe(0);
  await a.tick();
  await Promise.all([coordinator().tick(), coordinator().tick(), b.tick()]);
  expect(told.map(({ action }) => action)).toEqual(['opened']);
  expect(b.open()).toBe(1);
});

test('of each tenant at most 100 are open, whatever it sends; others have theirs', async () => {
  const { incidents, state, coordinator } = world(BEGIN + 2 * HOUR);
  for (let n = 0; n < 130; n += 1) mail(incidents, { tenant: 'loud', provider: `p${n}`, refused: 20, others: 5 }, BEGIN + 2 * HOUR);
  mail(incidents, { tenant: 'zed', refused: 20, others: 5 }, BEGIN + 2 * HOUR);
  mail(incidents, { tenant: 'calm', refused: 1, others: 50 }, BEGIN + 2 * HOUR);
  const one = coordinator();
  await one.tick();
  state.now += 60_000;
  await one.tick();
  const tenants = (await incidents.open()).map(({ place }) => place.tenant);
  expect(tenants.filter((tenant) => tenant === 'loud')).toHaveLength(100);
  expect(tenants.filter((tenant) => tenant !== 'loud')).toEqual(['zed']);
});

test('it does not look again before some seconds are over, nor while nothing more is folded', async () => {
  const { incidents, progress, state, coordinator } = world(BEGIN - DAY);
  let looks = 0;
  const { suspects } = incidents;
  incidents.suspects = async (terms) => {
    looks += 1;
    return suspects(terms);
  };
  const one = coordinator();
  await one.tick();
  await one.tick();
  expect(looks).toBe(1);
  for (let ticks = 0; ticks < 10; ticks += 1) {
    state.now += 20_000;
    await one.tick();
  }
  const idle = looks;
  expect(idle).toBeLessThanOrEqual(4);
  progress.given.records += 1;
  state.now += 20_000;
  await one.tick();
  expect(looks).toBe(idle + 1);
});
