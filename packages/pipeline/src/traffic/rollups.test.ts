import fc from 'fast-check';
import { asTenant, DEFAULT_POLICY, HOUR, QUARTER } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import type { RollupRow } from '../ports/commit-plan.ts';
import { ABOVE_ALL_BOUNDS, createRollups, HOURS_KEPT, quartersOf } from './rollups.ts';
import type { Rollups } from './rollups.ts';
import type { Route } from './tenant-provider.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const route = (provider: string, { tenant = 'acme', domain = provider } = {}): Route => ({
  to: {
    tenant: asTenant(tenant),
    provider,
    policy: DEFAULT_POLICY,
    window: undefined,
    opensAt: 0,
    closesAt: 0,
    quarter: undefined,
    counts: undefined,
    peeked: [],
  },
  domain,
  delivered: undefined,
});
const encoder = new TextEncoder();

function deliver(rollups: Rollups, to: Route, at = NOON, { stream = '', pool = '' } = {}): void {
  const value = encoder.encode(`${stream}|${pool}`);
  const offsets = { streamStart: 0, streamEnd: stream.length, poolStart: stream.length + 1, poolEnd: value.length };
  rollups.peeked('delivered', to, at, { value, offsets });
}

const commit = (now: number) => ({ now, present: NOON + HOUR });
const quarters = (write: ReturnType<Rollups['drain']>): readonly RollupRow[] => (write?.kind === 'counted' ? quartersOf(write.hours) : []);
const hours = (write: ReturnType<Rollups['drain']>): readonly RollupRow[] => (write?.kind === 'counted' ? write.hours : []);
const sum = (rows: readonly RollupRow[], family = 'events'): number =>
  rows.filter((row) => row.family === family).reduce((all, { events }) => all + events, 0);

describe('roll-ups', () => {
  it('tell deliveries by quarter, stream and pool, and by domain', () => {
    const rollups = createRollups([]);
    const gmail = route('gmail', { domain: 'gmail.com' });
    for (const stream of ['', 'news', 'news']) deliver(rollups, gmail, NOON, { stream });
    deliver(rollups, gmail, NOON + QUARTER, { pool: 'a' });
    const write = rollups.drain(commit(0));
    const lines = quarters(write).map(({ family, at, stream, pool, domain, events }) => [
      family,
      (at - NOON) / QUARTER,
      stream,
      pool,
      domain,
      events,
    ]);
    expect(lines.sort()).toEqual([
      ['domains', 0, '', '', 'gmail.com', 3],
      ['domains', 1, '', '', 'gmail.com', 1],
      ['events', 0, 'default', '', '', 1],
      ['events', 0, 'news', '', '', 2],
      ['events', 1, 'default', 'a', '', 1],
    ]);
    expect(hours(write).filter(({ family }) => family === 'domains')).toMatchObject([{ at: NOON, events: 4 }]);
  });

  it('of more streams than are cached are as exact', () => {
    const rollups = createRollups([]);
    const gmail = route('gmail');
    for (let n = 0; n < 300; n += 1) deliver(rollups, gmail, NOON + (n % 3) * QUARTER, { stream: `s${n % 20}` });
    const rows = quarters(rollups.drain(commit(0))).filter(({ family }) => family === 'events');
    expect(rows).toHaveLength(60);
    expect(rows.every(({ events }) => events === 5)).toBe(true);
  });

  it('are the same, wherever commits cut them and whoever takes over what is pending', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), who: fc.nat({ max: 5 }), quarter: fc.nat({ max: 5 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('fail' as const), who: fc.nat({ max: 5 }), quarter: fc.nat({ max: 5 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'later' as const, 'crash' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        let now = 0;
        let rollups = createRollups([]);
        let pending: string[] = [];
        const table: RollupRow[] = [];
        let folded: (typeof steps)[number][] = [];
        const apply = (to: Rollups, one: (typeof steps)[number]): void => {
          if (one.kind === 'deliver') deliver(to, route(`p${one.who}`), NOON + one.quarter * QUARTER);
          if (one.kind === 'fail')
            to.count('events', NOON + one.quarter * QUARTER, { tenant: 'acme', provider: `p${one.who}`, type: 'deferred' });
        };
        const save = (): void => {
          const write = rollups.drain(commit(now));
          if (write?.kind === 'pending') pending.push(write.body);
          if (write?.kind === 'counted') {
            pending = [];
            table.push(...quartersOf(write.hours));
          }
          folded = [];
        };
        for (const one of steps) {
          if (one.kind === 'later') now += 3_000;
          if (one.kind === 'commit') save();
          if (one.kind === 'crash') {
            rollups = createRollups(pending);
            for (const lost of folded) apply(rollups, lost);
          }
          apply(rollups, one);
          folded.push(one);
        }
        save();
        const end = createRollups(pending).drain(commit(0));
        const whole = createRollups([]);
        for (const one of steps) apply(whole, one);
        expect(summed([...table, ...quarters(end)])).toEqual(summed(quarters(whole.drain(commit(0)))));
      }),
    );
  });

  it('write a short text with most commits, and rows every five seconds', () => {
    const rollups = createRollups([]);
    const gmail = route('gmail');
    const kinds = Array.from({ length: 30 }, (_, turn) => {
      deliver(rollups, gmail);
      return rollups.drain(commit(turn * 1_000))?.kind;
    });
    expect(kinds.filter((kind) => kind === 'counted')).toHaveLength(6);
    expect(rollups.drain(commit(100_000))).toMatchObject({ kind: 'counted' });
    expect(rollups.drain(commit(200_000))).toBeNull();
  });

  it('take back what turns out to be a repetition', () => {
    const rollups = createRollups([]);
    const event = { tenant: 'acme', provider: 'gmail', stream: 'default', type: 'delivered' };
    deliver(rollups, route('gmail'));
    rollups.count('events', NOON, event, -1);
    rollups.count('domains', NOON, { tenant: 'acme', provider: 'gmail', domain: 'gmail', type: 'delivered' }, -1);
    expect(rollups.drain(commit(0))).toBeNull();
  });

  it('put a wait into the first bucket that holds it', () => {
    const rollups = createRollups([]);
    for (const ms of [1, 60_000, 60_001, 6 * 24 * HOUR]) rollups.waited('delivery', route('gmail'), NOON, ms);
    expect(quarters(rollups.drain(commit(0))).map(({ upperBound }) => upperBound)).toEqual([10, 60, 120, ABOVE_ALL_BOUNDS]);
  });

  it('leave out what is too old, and say how much that is', () => {
    let old = 0;
    const rollups = createRollups([], (events) => (old += events));
    const present = NOON + HOUR;
    for (const at of [present - HOURS_KEPT - QUARTER, present - 30 * 24 * HOUR, NOON]) {
      rollups.count('events', at, { tenant: 'acme', type: 'bounced' });
    }
    const write = rollups.drain({ now: 0, present });
    expect([quarters(write).length, hours(write).length, old]).toEqual([2, 2, 1]);
  });
});

it('a backlog brings many quarters within a commit, each with all its detail', () => {
  const rollups = createRollups([]);
  for (let n = 0; n < 30_000; n += 1) {
    const clock = NOON - 10 * 24 * HOUR + Math.floor(n / 30) * QUARTER;
    rollups.tick(clock);
    rollups.count('events', clock, { tenant: 'acme', provider: `p${n % 30}.example`, type: 'bounced' });
  }
  const rows = hours(rollups.drain(commit(0)));
  expect(rows).toHaveLength(7_500);
  expect(rows.every(({ events }) => events === 4)).toBe(true);
  // Nothing is at hand any more: the next write has what came since.
  rollups.count('events', NOON, { tenant: 'acme', provider: 'p1.example', type: 'bounced' });
  expect(rollups.drain(commit(10))).toMatchObject({ kind: 'pending' });
});

describe('a flood', () => {
  it('of domains goes to `other`, and no event is lost', () => {
    const rollups = createRollups([]);
    for (let n = 0; n < 60_000; n += 1) deliver(rollups, route(`d${n}.example`));
    const rows = quarters(rollups.drain(commit(0)));
    expect([sum(rows), sum(rows, 'domains')]).toEqual([60_000, 60_000]);
    expect(rows.length).toBeLessThan(16_384);
    expect(rows.some(({ provider }) => provider === 'other')).toBe(true);
  });

  it('of one tenant leaves room for the others, and its deliveries leave room for failures', () => {
    const rollups = createRollups([]);
    for (let n = 0; n < 20_000; n += 1) {
      const of = { tenant: 'mallory', provider: `p${n}.example`, stream: `s${n}`, type: 'bounced', category: `c${n}` };
      rollups.count('events', NOON - n * QUARTER, of);
      deliver(rollups, route(`p${n}.example`, { tenant: 'mallory' }));
    }
    rollups.count('events', NOON, { tenant: 'acme', provider: 'gmail', stream: 'news', type: 'deferred', category: 'rate_limited' });
    deliver(rollups, route('gmail', { domain: 'gmail.com' }));
    const rows = hours(rollups.drain({ now: 0, present: NOON }));
    expect(rows.filter(({ tenant }) => tenant === 'acme')).toMatchObject([
      { provider: 'gmail', stream: 'news', category: 'rate_limited' },
      { provider: 'gmail', stream: 'default' },
      { domain: 'gmail.com' },
    ]);
    expect(sum(rows)).toBe(40_002);
  });

  it('over and over is bounded for each quarter of the clock, and the next quarter begins anew', () => {
    const rollups = createRollups([]);
    let written = 0;
    rollups.tick(NOON);
    for (let turn = 0; turn < 20; turn += 1) {
      for (let n = 0; n < 3_000; n += 1) deliver(rollups, route(`d${turn}-${n}.example`));
      written += quarters(rollups.drain(commit(turn * 10_000))).length;
    }
    // A row of the first commits is not among those of the later ones: what is counted there is `other`.
    expect(written).toBeLessThan(16_384);
    rollups.tick(NOON + QUARTER);
    deliver(rollups, route('late.example'));
    expect(quarters(rollups.drain(commit(310_000))).map(({ provider }) => provider)).toContain('late.example');
  });

  it('by more domains than are remembered still gives one row for each, with all that was counted', () => {
    const rollups = createRollups([]);
    const [early, late] = [route('gmail', { domain: 'known.example' }), route('gmail', { domain: 'known.example' })];
    rollups.tick(NOON);
    for (let n = 0; n < 40_000; n += 1) {
      deliver(rollups, route('gmail', { domain: `d${n}.example` }));
      // It has found no place either.
      if (n === 5_000) deliver(rollups, early);
    }
    rollups.tick(NOON + QUARTER);
    for (const known of [late, early]) deliver(rollups, known, NOON + QUARTER);
    const write = rollups.drain(commit(0));
    for (const rows of [quarters(write), hours(write)]) {
      expect(new Set(rows.map(({ events: _, ...row }) => JSON.stringify(row))).size).toBe(rows.length);
      expect(sum(rows)).toBe(40_003);
      expect(sum(rows, 'domains')).toBe(40_003);
      expect(rows.filter(({ domain }) => domain === 'known.example').map(({ events }) => events)).toEqual([2]);
    }
  });
});

function summed(rows: readonly RollupRow[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { events, ...row } of rows) {
    const key = JSON.stringify(Object.entries(row).sort());
    sums[key] = (sums[key] ?? 0) + events;
  }
  return sums;
}
