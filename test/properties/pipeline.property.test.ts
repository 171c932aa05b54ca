/**
 * The engine over a hostile store: answers to COMMIT lost, the store away, the process gone between any two steps, batches
 * cut anywhere, duplicates and disorder. What is stored and published equals what the sequential oracle says of the log.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { classify } from '@desist/verdicts';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { DeliveryEvent, LogEvent, Policy, PolicySet } from '@desist/domain';
import type { Verdict } from '@desist/verdicts';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { CommitFault, MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine, createReplay } from '@desist/pipeline';
import type { Engine, LogConsumer } from '@desist/pipeline';
import { eventsOfOneRecipient } from '../support/arbitraries.ts';
import { quietLogger, simulatedTime } from '../support/host.ts';
import { START } from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';
import type { OracleAnswer } from '../support/oracle/oracle.ts';
import { windowsOf } from '../support/oracle/windows.ts';
import type { LoggedEvent } from '../support/oracle/windows.ts';
import { codec } from '@desist/runtime/codec';

/** What the partition clock stays behind the present. */
const GRACE = 60_000;
const RUNS = Number(process.env['PIPELINE_RUNS'] ?? 300);
/** A window says something from two deliveries on, so that a short story has some that hold. */
const BASE: Policy = { ...DEFAULT_POLICY, contrast: { window: 6 * HOUR, deliveries: 2, failingShare: 0.6 } };
const POLICIES: PolicySet = { version: 'sha256:test', base: BASE, tenants: new Map() };

function verdictOf(event: DeliveryEvent): Verdict | null {
  if (event.smtp === undefined) return null;
  const { text = '', code, enhanced } = event.smtp;
  return classify({ text, ...(code === undefined ? {} : { code }), ...(enhanced === undefined ? {} : { enhanced }) });
}

interface World {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
  present: number;
  /** The readable records, in order. */
  readonly logged: LoggedEvent[];
}

/** Each recipient's events one after the other in the log, recipients mixed; record times never go back. */
async function fill(events: readonly LogEvent[], junk: ReadonlySet<number>): Promise<World> {
  const world: World = { store: createMemoryStore(() => world.present), log: undefined as never, present: START, logged: [] };
  const log = createMemoryLog({ partitions: 1, now: () => world.present, pause: () => new Promise((resolve) => setImmediate(resolve)) });
  for (const [index, event] of events.entries()) {
    world.present = Math.max(world.present, event.occurredAt);
    if (junk.has(index)) await log.append('deliveryEvents', [{ key: 'x', value: '{' }]);
    await log.append('deliveryEvents', [encodeEvent(event)]);
    world.logged.push({ event, recordTime: world.present });
  }
  return Object.assign(world, { log });
}

/** Runs engines until the log is read: each is dropped without a word after as many batches as `lives` says. */
async function runWithCrashes(
  world: World,
  lives: readonly number[],
  cuts: readonly number[],
  faults: readonly CommitFault[],
): Promise<Engine> {
  let commits = 0;
  world.store.fault = () => faults[commits++] ?? 'none';
  const time = simulatedTime(() => world.present);
  const { high } = await world.log.bounds(0);
  for (let life = 0; ; life += 1) {
    const engine = createEngine({
      store: world.store,
      source: world.log,
      sink: world.log,
      codec: codec,
      policies: POLICIES,
      time,
      logger: quietLogger,
      owner: `life-${life}`,
      grace: GRACE,
      limits: { records: 7, rows: 3, interval: 2 },
    });
    const batches = lives[life] ?? Number.POSITIVE_INFINITY;
    if (await feed(engine, world, { high, batches, cuts })) {
      world.store.fault = () => 'none';
      return engine;
    }
    // Gone: what it had not committed must not matter.
    await engine.close();
  }
}

interface Feeding {
  /** End of the log. */
  readonly high: number;
  /** After so many batches the process dies. */
  readonly batches: number;
  /** Sizes of the batches, again and again. */
  readonly cuts: readonly number[];
}

async function feed(engine: LogConsumer, world: World, { high, batches, cuts }: Feeding): Promise<boolean> {
  const assigned = await engine.assign(0);
  if (assigned.kind === 'stopped') throw new Error(assigned.reason);
  let position = assigned.offset;
  for (let count = 0; position < high; count += 1) {
    if (count >= batches) return false;
    const size = cuts[count % cuts.length] ?? 5;
    const records = world.log
      .read('deliveryEvents')
      .filter(({ offset }) => offset >= position)
      .slice(0, size);
    const nextOffset = (records.at(-1)?.offset ?? position) + 1;
    const outcome = await engine.batch({ partition: 0, firstOffset: position, nextOffset, highWatermark: high, records });
    if (outcome.kind !== 'processed') throw new Error(outcome.kind);
    position = nextOffset;
  }
  return true;
}

const faultsOf = fc.array(fc.constantFrom<CommitFault>('none', 'none', 'none', 'lost_before', 'lost_after', 'unavailable'), {
  maxLength: 9,
});

/** Deliveries of the same provider to others: how long after which of the events, how late, and whether twice. */
const othersMail = fc.array(
  fc.record({
    near: fc.nat({ max: 120 }),
    after: fc.integer({ min: -3 * HOUR, max: 3 * HOUR }),
    late: fc.oneof(fc.constant(0), fc.nat({ max: 10 * HOUR })),
    twice: fc.boolean(),
    unusual: fc.boolean(),
  }),
  { maxLength: 60 },
);

/** Late and repeated, in the order in which they arrive. A repetition has another id, as from a source that changes them. */
function withOthers(events: readonly LogEvent[], others: typeof othersMail extends fc.Arbitrary<infer T> ? T : never): readonly LogEvent[] {
  const arrivals = events.map((event, index) => ({ event, at: event.occurredAt, index }));
  for (const [index, { near, after, late, twice, unusual }] of others.entries()) {
    const occurredAt = (events[near % events.length]?.occurredAt ?? START) + after;
    const id = unusual ? `o\u00e9${index}` : `o${index}`;
    const event: DeliveryEvent = {
      id,
      tenant: asTenant('acme'),
      recipient: asAddress(`o${index % 7}@example.com`),
      type: 'delivered',
      stream: 'marketing',
      messageId: `m${index}`,
      occurredAt,
    };
    arrivals.push({ event, at: occurredAt + late, index: events.length + index });
    if (twice) arrivals.push({ event: { ...event, id: `${id} again` }, at: occurredAt + late + HOUR, index: 2 * events.length + index });
  }
  return arrivals.toSorted((a, b) => a.at - b.at || a.index - b.index).map(({ event }) => event);
}

describe('the engine with crashes and lost answers', () => {
  it('stores and publishes exactly what the oracle says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          families: fc.array(eventsOfOneRecipient, { minLength: 1, maxLength: 4 }),
          lives: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
          cuts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
          faults: faultsOf,
          junk: fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 5 }),
          others: othersMail,
        }),
        async ({ families, lives, cuts, faults, junk, others }) => {
          // A healthy recipient's evidence is forgotten after a week: an `expired` without a reply that comes later finds no cause.
          const hasCause = (event: LogEvent): boolean =>
            event.type !== 'expired' || ('smtp' in event && /full|unknown|limit/i.test(event.smtp?.text ?? ''));
          const perRecipient = families.map((events, who) =>
            events.filter(hasCause).map((event) => ({ ...event, recipient: asAddress(`r${who}@example.com`) })),
          );
          const mixed = perRecipient.flat().sort((a, b) => a.id.localeCompare(b.id) || a.recipient.localeCompare(b.recipient));
          // In order of time: a delivery to somebody without a row leaves no trace, nor does proof of life, which is the one exception the design allows.
          const late = (event: LogEvent): number => (event.type === 'delivered' || event.type === 'engaged' ? 1 : 0);
          const inTime = mixed.toSorted((a, b) => a.occurredAt - b.occurredAt || late(a) - late(b));
          const logged = withOthers(inTime, others);
          const world = await fill(logged, new Set(junk));
          const end = world.present + 50 * HOUR;
          const engine = await runWithCrashes(world, lives, cuts, faults);
          // The source looked when deadlines up to the end were due; it is later now.
          world.present = end + GRACE + HOUR;
          engine.caughtUp(0, (await world.log.bounds(0)).high, end + GRACE);
          await drained(engine, world, end);
          await engine.revoke([0]);

          const windows = windowsOf(world.logged, POLICIES, () => 'example.com', verdictOf);
          for (const [who, events] of perRecipient.entries()) {
            const truth = oracle({ events, clock: end, policy: POLICIES, verdictOf, contrastOf: windows.holds });
            const row = world.store.rows().find(({ address }) => address === `r${who}@example.com`);
            expect(row?.state ?? 'healthy').toBe(truth.state);
            const held = (row?.active?.suppressions ?? []).map(({ scope, reason, since, expiresAt }) => ({
              scope,
              reason,
              since,
              expiresAt,
            }));
            expect(held).toEqual(truth.suppressions);
          }
          expectReplayed(world, end, (address) => {
            const events = perRecipient[Number(/^r(\d+)@/.exec(address)?.[1])] ?? [];
            return oracle({ events, clock: end, policy: POLICIES, verdictOf, contrastOf: windows.holds });
          });
          expectPublishedEqualsTable(world);
          expect(world.log.read('deadLetters')).toHaveLength([...junk].filter((at) => at < logged.length).length);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** `desist replay` of the same log, in the same order, says the same. */
function expectReplayed({ logged }: World, end: number, truthOf: (address: string) => OracleAnswer): void {
  const replay = createReplay({ policies: POLICIES, providerOf: codec.providerOf, until: end });
  for (const { event } of logged) replay.fold(event);
  replay.finish();
  const seen = new Set<string>();
  for (const { address, view } of replay.notHealthy()) {
    seen.add(address);
    const { state, suppressions } = truthOf(address);
    expect(view.state).toBe(state);
    expect(view.suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }))).toEqual(suppressions);
  }
  for (const { recipient } of logged.map(({ event }) => event)) if (!seen.has(recipient)) expect(truthOf(recipient).state).toBe('healthy');
}

async function drained(engine: Engine, world: World, end: number): Promise<void> {
  for (let quietRounds = 0; quietRounds < 3;) {
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = (await world.store.outbox(0, 1)).length + (await world.store.deadLetters(0, 1)).length;
    const [status] = engine.status();
    const busy = waiting > 0 || status === undefined || status.clock < end || status.committed < status.position;
    if (busy && status !== undefined) {
      engine.caughtUp(0, status.position, end + GRACE);
      quietRounds = 0;
    } else quietRounds += 1;
  }
}

/** The compacted topic read from the start equals the table; versions of each recipient are dense; sequence numbers too. */
function expectPublishedEqualsTable(world: World): void {
  const text = new TextDecoder();
  const latest = new Map<string, string | null>();
  for (const { key, value } of world.log.read('suppressions'))
    latest.set(text.decode(key ?? undefined), value === null ? null : text.decode(value));
  for (const row of world.store.rows()) {
    const published = latest.get(`${row.tenant}/${row.address}`) ?? null;
    const value =
      published === null ? { suppressions: [] } : (JSON.parse(published) as { suppressions: { scope: string; reason: string }[] });
    expect(value.suppressions.map(({ scope, reason }) => `${scope} ${reason}`)).toEqual(
      (row.active?.suppressions ?? []).map(({ scope, reason }) => `${scope} ${reason}`),
    );
  }
  interface Published {
    readonly id: string;
    readonly recipient: string;
    readonly recipientVersion: number;
    readonly sequence: { readonly number: number };
  }
  const changes = new Map<string, Published>();
  for (const { value } of world.log.read('suppressionEvents')) {
    const change = JSON.parse(text.decode(value ?? undefined)) as Published;
    const known = changes.get(change.id);
    if (known !== undefined) expect(change).toEqual(known);
    changes.set(change.id, change);
  }
  const numbers = [...changes.values()].map(({ sequence }) => sequence.number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  for (const row of world.store.rows()) {
    const versions = [...changes.values()]
      .filter(({ recipient }) => recipient === row.address)
      .map(({ recipientVersion }) => recipientVersion);
    expect(versions).toEqual(Array.from({ length: row.version }, (_, index) => index + 1));
  }
}
