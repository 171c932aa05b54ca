/** Records that can not be read, and records that kill whoever reads them: the partition goes on, or stops loudly; nothing is lost. */
import { describe, expect, it } from 'vitest';
import { defaultPolicies, encodeEvent } from '@desist/contracts';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { BatchOutcome, Engine, LogRecord, Wire } from '@desist/pipeline';
import { silent } from '../integration/kafka/support.ts';
import { wire } from '../support/wire.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const JUNK = { key: 'acme/x@example.com', value: '{' };

const bounce = (who: number): { key: string; value: string } =>
  encodeEvent({
    id: `e${who}`,
    tenant: 'acme',
    stream: 'default',
    recipient: `r${who}@example.com`,
    type: 'bounced',
    occurredAt: NOW,
    smtp: { code: 550, text: '550 5.1.1 User unknown' },
  });

interface World {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
}

function world(): World {
  return {
    log: createMemoryLog({ partitions: 1, now: () => NOW, pause: () => new Promise((resolve) => setImmediate(resolve)) }),
    store: createMemoryStore(() => NOW),
  };
}

function engineOf({ log, store }: World, over: Partial<Wire> = {}): Engine {
  let ticks = 0;
  return createEngine({
    store,
    source: log,
    sink: log,
    wire: { ...wire, ...over },
    policies: defaultPolicies(),
    time: {
      now: () => NOW,
      monotonic: () => (ticks += 1_000),
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      yield: () => Promise.resolve(),
    },
    logger: silent,
    owner: 'test',
  });
}

/** Everything from the checkpoint on as one batch. */
async function readOn({ log }: World, engine: Engine): Promise<BatchOutcome> {
  const assigned = await engine.assign(0);
  if (assigned.kind === 'stopped') return assigned;
  const { high } = await log.bounds(0);
  const records = log.read('deliveryEvents').filter(({ offset }) => offset >= assigned.offset);
  const outcome = await engine.batch({ partition: 0, firstOffset: assigned.offset, nextOffset: high, highWatermark: high, records });
  await engine.revoke([0]);
  return outcome;
}

const suppressed = ({ store }: World): readonly string[] =>
  store
    .rows()
    .filter(({ state }) => state === 'suppressed')
    .map(({ address }) => address)
    .sort();

const letters = async ({ store, log }: World): Promise<readonly string[]> => [
  ...log.read('deadLetters').map(({ headers }) => `${String(headers?.['reason'])} ${String(headers?.['offset'])}`),
  ...(await store.deadLetters(0, 1_000)).map(({ reason, offset }) => `${reason} ${offset}`),
];

describe('a record that kills the process that reads it', () => {
  it('becomes a dead letter after some starts; everything before and behind it is folded', async () => {
    const here = world();
    await here.log.append('deliveryEvents', [bounce(0), bounce(1), { key: 'acme/killer@example.com', value: 'boom' }, bounce(3)]);
    const deadly = (record: LogRecord): never | ReturnType<Wire['decode']> => {
      if (Buffer.from(record.value ?? []).toString() === 'boom') throw new Error('the process is gone');
      return wire.decode(record);
    };
    let lives = 0;
    for (let alive = false; !alive; lives += 1) {
      expect(lives, 'starts').toBeLessThan(10);
      // Each start is a process of its own: whatever the one before had in memory is gone.
      const engine = engineOf(here, { decode: deadly });
      alive = await readOn(here, engine).then(
        ({ kind }) => kind === 'taken',
        () => false,
      );
    }
    expect(lives).toBeGreaterThan(3);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r1@example.com', 'r3@example.com']);
    expect(await letters(here)).toEqual(['poison 2']);
    expect(await here.store.claim(0, 'look')).toMatchObject({ nextOffset: 4, attempts: 0 });
  });
});

describe('too many unreadable records', () => {
  it('99 in a row are dead letters; 100 stop the partition before any of them is given up', async () => {
    const some = world();
    await some.log.append('deliveryEvents', [...Array.from({ length: 99 }, () => JUNK), bounce(1)]);
    expect(await readOn(some, engineOf(some))).toEqual({ kind: 'taken' });
    expect(await letters(some)).toHaveLength(99);
    expect(suppressed(some)).toEqual(['r1@example.com']);

    const many = world();
    await many.log.append(
      'deliveryEvents',
      Array.from({ length: 100 }, () => JUNK),
    );
    const outcome = await readOn(many, engineOf(many));
    expect(outcome).toEqual({ kind: 'stopped', reason: '100 unreadable records in a row' });
    expect(await letters(many)).toEqual([]);
    expect(await many.store.position(0)).toMatchObject({ nextOffset: 0 });
    // And stands still, whoever comes.
    expect((await readOn(many, engineOf(many))).kind).toBe('stopped');
  });

  it('an operator lets the partition go on: what lies there are dead letters, what comes later is watched again', async () => {
    const here = world();
    await here.log.append('deliveryEvents', [...Array.from({ length: 150 }, () => JUNK), bounce(1)]);
    expect((await readOn(here, engineOf(here))).kind).toBe('stopped');
    const { high } = await here.log.bounds(0);
    await here.store.resume(0, { toleratedBelow: high });
    expect(await readOn(here, engineOf(here))).toEqual({ kind: 'taken' });
    expect(await letters(here)).toHaveLength(150);
    expect(suppressed(here)).toEqual(['r1@example.com']);
    await here.log.append(
      'deliveryEvents',
      Array.from({ length: 100 }, () => JUNK),
    );
    expect((await readOn(here, engineOf(here))).kind).toBe('stopped');
  });
});
