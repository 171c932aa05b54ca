/** The model of `desist capacity`, and the command as a process. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan, Rates } from './capacity.ts';
import { planFor, sizesOf } from './capacity.ts';

const { DESIST_TEST_PROGRAMS: programs } = process.env;
const PROGRAM =
  programs === undefined
    ? ['--conditions=source', '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'main.ts')]
    : [path.join(programs, 'cli.js')];

const RATES: Rates = {
  ...{ eventsPerDay: 10e6, failing: 0.05, peak: 3, list: 1e6, added: 10_000, removed: 1_000, persistent: 0.1, tracked: 500_000 },
  ...{ recovered: 10_000, tries: 8, tenants: 1, providers: 20, domains: 2_000, streams: 2, commands: 1_000, erased: 0, messageMemory: 0 },
  ...{ historyKept: 400, auditKept: 400, journal: false, partitions: 12, busy: 0.5, largest: 2e12 },
};

const whole = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });
const rates: fc.Arbitrary<Rates> = fc.record({
  eventsPerDay: fc.integer({ min: 1, max: 5e9 }),
  failing: fc.double({ min: 0, max: 1, noNaN: true }),
  peak: fc.double({ min: 1, max: 20, noNaN: true }),
  list: whole(2e9),
  added: whole(5e6),
  removed: whole(5e6),
  persistent: fc.double({ min: 0, max: 1, noNaN: true }),
  tracked: whole(1e9),
  recovered: whole(5e6),
  tries: fc.integer({ min: 1, max: 200 }),
  tenants: fc.integer({ min: 1, max: 10_000 }),
  providers: fc.integer({ min: 1, max: 500 }),
  domains: fc.integer({ min: 1, max: 1e6 }),
  streams: fc.integer({ min: 1, max: 50 }),
  commands: whole(1e6),
  erased: whole(1e8),
  messageMemory: whole(60),
  historyKept: whole(1_000),
  auditKept: whole(1_000),
  journal: fc.boolean(),
  partitions: fc.integer({ min: 1, max: 256 }),
  busy: fc.double({ min: 0.05, max: 1, noNaN: true }),
  largest: fc.double({ min: 1e9, max: 1e14, noNaN: true }),
});

/** With more of these nothing that is needed gets less. */
const RISING = [
  ...['eventsPerDay', 'failing', 'peak', 'list', 'tracked', 'recovered', 'tries', 'tenants', 'providers', 'domains', 'streams', 'commands'],
  ...['erased', 'messageMemory', 'historyKept', 'auditKept', 'partitions'],
] as const as readonly (keyof Rates)[];
/** Per process: with more of them each does less. */
const neededOf = ({ events, engines, postgres, databases }: Plan): Readonly<Record<string, number>> => ({
  peak: events.peakPerSecond,
  cores: engines.cores,
  processes: engines.processes,
  partitions: engines.partitions,
  memoryOfAll: engines.memory * engines.processes,
  bytes: postgres.bytes,
  bytesInAYear: postgres.bytesInAYear,
  hot: postgres.hot,
  postgresCores: postgres.cores,
  wal: postgres.walPerDay,
  databases,
});

describe('the model', () => {
  test('never needs less when a rate rises', () => {
    fc.assert(
      fc.property(rates, fc.constantFrom(...RISING), fc.double({ min: 1, max: 10, noNaN: true }), (before, name, factor) => {
        const raised = (before[name] as number) * factor;
        const after = { ...before, [name]: name === 'failing' ? Math.min(1, raised) : Math.ceil(raised) };
        const [less, more] = [neededOf(planFor(before)), neededOf(planFor(after))];
        for (const [what, value] of Object.entries(less)) {
          expect(more[what], `${name} × ${factor}: ${what}`).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        }
      }),
    );
  });

  test('says finite figures that add up, whatever the rates', () => {
    fc.assert(
      fc.property(rates, (some) => {
        const plan = planFor(some);
        for (const value of Object.values(neededOf(plan))) expect(Number.isFinite(value) && value >= 0).toBe(true);
        const sum = plan.sizes.reduce((all, { bytes }) => all + bytes, 0);
        expect(Math.abs(sum - plan.postgres.bytes)).toBeLessThanOrEqual(1e-6 * sum + 1);
        expect(plan.postgres.hot).toBeLessThanOrEqual(plan.postgres.bytesInAYear);
        expect(plan.engines.partitions).toBeGreaterThanOrEqual(some.partitions);
        expect(plan.engines.partitions).toBeGreaterThanOrEqual(plan.engines.processes);
        // No partition is given more tracked recipients than one can hold.
        expect((some.list + some.tracked) / plan.engines.partitions).toBeLessThan(2 ** 24);
      }),
    );
  });

  test('is linear in rows, and has no row without its bytes', () => {
    const none = { bounced: 0, persistent: 0, deferred: 0, recovered: 0, tries: 8, changes: 0, rollups: 0, auditEntries: 0, erased: 0 };
    expect(sizesOf({ ...none, messages: 0, journal: 0 }).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(0);
    const one = sizesOf({ ...none, bounced: 1, messages: 1, journal: 1 });
    const thousand = sizesOf({ ...none, bounced: 1_000, messages: 1_000, journal: 1_000 });
    for (const [n, size] of one.entries()) expect(thousand[n]?.bytes).toBeCloseTo(1_000 * size.bytes, 3);
    expect(one.filter(({ rows, bytes }) => rows > 0 && bytes <= 0)).toEqual([]);
  });

  test('a billion recipients need more partitions, several databases, and tenants to divide by', () => {
    const billion = { ...RATES, list: 1e9, eventsPerDay: 1e9, added: 1e6, tracked: 50e6 };
    const plan = planFor({ ...billion, tenants: 200 });
    expect(plan.engines.partitions).toBeGreaterThan(60);
    expect(plan.databases).toBeGreaterThan(1);
    expect(plan.notes.join('\n')).toContain('divide the tenants');
    expect(planFor(billion).notes.join('\n')).toContain('a tenant cannot be divided');
    expect(planFor(RATES)).toMatchObject({ databases: 1, engines: { processes: 1, partitions: 12 }, notes: [] });
  });
});

function capacity(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...PROGRAM, 'capacity', ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, out: stdout, err: stderr };
}

describe('desist capacity', () => {
  test('prints what its flags need, without a service; --json has the rates, defaults included', () => {
    const { code, out } = capacity();
    expect(code).toBe(0);
    expect(out).toMatch(/^events {6}116 a second, 347 at the peak; a core folds [\d,]+\n/);
    expect(out).toMatch(/\npartitions {2}12\n/);
    expect(out).toMatch(/\nrecipient +1,500,000 .*\n +recipient_pkey +1,500,000 /);
    const { out: json } = capacity('--events', '500M', '--failing', '0.1', '--list', '1.5G', '--history-kept', '30d', '--json');
    const read = JSON.parse(json) as Plan & { readonly rates: Rates };
    expect(read.rates).toMatchObject({ eventsPerDay: 500e6, failing: 0.1, list: 1.5e9, historyKept: 30, added: 500_000, removed: 50_000 });
    expect(read.rates.tracked).toBe(50e6);
    const { rates: given, ...plan } = read;
    expect(plan).toEqual(JSON.parse(JSON.stringify(planFor(given))));
  });

  test.each([
    [['--events', '0'], '--events: must be a number from 1 to 10T'],
    [['--events', '1e9'], '--events: must be a number'],
    [['--list', '11T'], '--list: must be a number'],
    [['--failing', '101%'], '--failing: must be a share from 0% to 100%'],
    [['--busy', '0'], '--busy: must be a share from 1% to 100%'],
    [['--history-kept', 'long'], '--history-kept: must be a duration'],
    [['extra'], 'unexpected argument'],
  ])('%j is refused, with what it must be', (args, words) => {
    const { code, err } = capacity(...args);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});
