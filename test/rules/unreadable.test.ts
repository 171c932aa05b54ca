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

function world(partitions = 1): World {
  return {
    log: createMemoryLog({ partitions, now: () => NOW, pause: () => new Promise((resolve) => setImmediate(resolve)) }),
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

/** The store as a process sees it that ends in the midst of its work: from then on no answer comes. Commits take their time. */
function withLife({ store }: World): { readonly store: MemoryStore; readonly ended: Promise<false>; end(): never } {
  let dead = false;
  let tell: (alive: false) => void = () => undefined;
  const ended = new Promise<false>((resolve) => (tell = resolve));
  const never = new Promise<never>(() => undefined);
  return {
    ended,
    store: {
      ...store,
      async commit(plan) {
        for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return dead ? never : store.commit(plan);
      },
    },
    end() {
      dead = true;
      tell(false);
      throw new Error('the process is gone');
    },
  };
}

/** Everything from the checkpoint on as one batch. */
async function readOn({ log }: World, engine: Engine, partition = 0): Promise<BatchOutcome> {
  const assigned = await engine.assign(partition);
  if (assigned.kind === 'stopped') return assigned;
  const { high } = await log.bounds(partition);
  const records = log.read('deliveryEvents', partition).filter(({ offset }) => offset >= assigned.offset);
  const outcome = await engine.batch({ partition, firstOffset: assigned.offset, nextOffset: high, highWatermark: high, records });
  await engine.revoke([partition]);
  return outcome;
}

const suppressed = ({ store }: World): readonly string[] =>
  store
    .rows()
    .filter(({ state }) => state === 'suppressed')
    .map(({ address }) => address)
    .sort();

const letters = async ({ store, log }: World, partition = 0): Promise<readonly string[]> => [
  ...log
    .read('deadLetters')
    .filter(({ headers }) => headers['partition'] === String(partition))
    .map(({ headers }) => `${String(headers['reason'])} ${String(headers['offset'])}`),
  ...(await store.deadLetters(partition, 1_000)).map(({ reason, offset }) => `${reason} ${offset}`),
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

describe('a process that dies again and again', () => {
  it('has a deadly record in one partition: nothing of another one, which waits for the database meanwhile, is given up', async () => {
    const here = world(2);
    await here.log.append('deliveryEvents', [
      { ...bounce(0), partition: 0 },
      { key: 'acme/killer@example.com', value: 'boom', partition: 1 },
      { ...bounce(1), partition: 1 },
    ]);
    let lives = 0;
    for (let alive = false; !alive; lives += 1) {
      expect(lives, 'starts').toBeLessThan(10);
      const life = withLife(here);
      const deadly = (record: LogRecord): ReturnType<Wire['decode']> => {
        if (Buffer.from(record.value ?? []).toString() === 'boom') life.end();
        return wire.decode(record);
      };
      const engine = engineOf({ ...here, store: life.store }, { decode: deadly });
      alive = await Promise.race([life.ended, Promise.all([readOn(here, engine, 0), readOn(here, engine, 1)]).then(() => true)]);
    }
    expect(lives).toBeGreaterThan(3);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r1@example.com']);
    expect(await letters(here, 0)).toEqual([]);
    expect(await letters(here, 1)).toEqual(['poison 0']);
  });

  it('is killed three times at every record: each time the count begins anew, and nothing is given up', async () => {
    const here = world();
    await here.log.append('deliveryEvents', [0, 1, 2, 3].map(bounce));
    const kills = new Map<number, number>();
    let lives = 0;
    for (let alive = false; !alive; lives += 1) {
      const life = withLife(here);
      const decode = (record: LogRecord): ReturnType<Wire['decode']> => {
        const before = kills.get(record.offset) ?? 0;
        kills.set(record.offset, before + 1);
        if (before < 3) life.end();
        return wire.decode(record);
      };
      const engine = engineOf({ ...here, store: life.store }, { decode });
      alive = await Promise.race([life.ended, readOn(here, engine).then(() => true)]);
    }
    expect(lives).toBe(13);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r1@example.com', 'r2@example.com', 'r3@example.com']);
    expect(await letters(here)).toEqual([]);
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
