/** Records that can not be read, and records that kill whoever reads them: the partition goes on, or stops loudly; nothing is lost. */
import { describe, expect, it } from 'vitest';
import { defaultPolicies, encodeEvent, encodeIncident } from '@desist/contracts';
import type { IncidentNotice } from '@desist/domain';
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

const NOTICE: IncidentNotice = {
  id: 'gmail-1',
  revision: 1,
  holds: true,
  terms: { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: NOW - 3_600_000, until: null },
  action: 'opened',
  at: NOW,
  announcedBy: 0,
  summary: null,
  by: null,
  note: null,
};

interface World {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
  present: number;
}

function world(partitions = 1): World {
  const here: World = {
    log: createMemoryLog({ partitions, now: () => NOW, pause: () => new Promise((resolve) => setImmediate(resolve)) }),
    store: createMemoryStore(() => here.present),
    present: NOW,
  };
  return here;
}

function engineOf({ log, store, present }: World, over: Partial<Wire> = {}): Engine {
  let ticks = 0;
  return createEngine({
    store,
    source: log,
    sink: log,
    wire: { ...wire, ...over },
    policies: defaultPolicies(),
    time: {
      now: () => present,
      monotonic: () => (ticks += 1_000),
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      yield: () => Promise.resolve(),
    },
    logger: silent,
    owner: 'test',
  });
}

/** The store as a process sees it that ends in the midst of its work: from then on it counts and commits nothing. Commits take their time. */
function withLife({ store }: World): { readonly store: MemoryStore; readonly ended: Promise<false>; end(): never } {
  let dead = false;
  let tell: (alive: false) => void = () => undefined;
  const ended = new Promise<false>((resolve) => (tell = resolve));
  const never = new Promise<never>(() => undefined);
  return {
    ended,
    store: {
      ...store,
      beginAttempt: async (owner) => (dead ? never : store.beginAttempt(owner)),
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

/** Everything from the checkpoint on as one batch; before it the present moves the clock, which is something to commit. */
async function readOn({ log, present }: World, engine: Engine, partition = 0): Promise<BatchOutcome> {
  const assigned = await engine.assign(partition);
  if (assigned.kind === 'stopped') return assigned;
  engine.caughtUp(partition, assigned.offset, present);
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

const boom = (record: LogRecord): ReturnType<Wire['decode']> => {
  if (Buffer.from(record.value ?? []).toString() === 'boom') throw new Error('the process is gone');
  return wire.decode(record);
};

/** Starts until one of them comes to the end. Each is a process of its own: whatever the one before had in memory is gone. */
async function livesUntilRead(here: World, over: Partial<Wire>, end: (engine: Engine) => Promise<void>): Promise<number> {
  for (let lives = 1; ; lives += 1) {
    expect(lives, 'starts').toBeLessThan(20);
    here.present += 120_000;
    const engine = engineOf(here, over);
    const alive = await readOn(here, engine).then(
      ({ kind }) => kind === 'taken',
      () => false,
    );
    if (alive) return lives;
    await end(engine);
  }
}

describe('a record that kills the process that reads it', () => {
  const dies = async (): Promise<void> => undefined;
  const endsWell = (engine: Engine): Promise<void> => engine.revoke([0]);
  const folding: Partial<Wire> = {
    providerOf(domain, host) {
      if (domain === 'killer.example.com') throw new Error('the process is gone');
      return wire.providerOf(domain, host);
    },
  };
  it.each([
    ['while it is read, at once', { decode: boom }, dies],
    ['while it is read, and what can be committed is', { decode: boom }, endsWell],
    ['while it is folded, at once', folding, dies],
    ['while it is folded, and what can be committed is', folding, endsWell],
  ])('%s: becomes a dead letter in the end; everything before and behind it is folded', async (_, over, end) => {
    const here = world();
    const killer = { ...bounce(9), key: 'acme/x@killer.example.com' };
    const deadly =
      over === folding
        ? { ...killer, value: killer.value.replaceAll('r9@example.com', 'x@killer.example.com') }
        : { key: 'acme/k@example.com', value: 'boom' };
    await here.log.append('deliveryEvents', [bounce(0), bounce(1), deadly, bounce(3)]);
    const starts = await livesUntilRead(here, over, end);
    expect([7, 8]).toContain(starts);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r1@example.com', 'r3@example.com']);
    expect(await letters(here)).toEqual(['poison 2']);
    expect(await here.store.claim(0, 'look')).toMatchObject({ nextOffset: 4, attempts: 0 });
  });

  it('becomes a dead letter, too, when it tells of an incident, although what lies before it is committed first', async () => {
    const here = world();
    const deadly = encodeIncident({ ...NOTICE, announcedBy: 0 });
    await here.log.append('deliveryEvents', [bounce(0), { ...deadly, partition: 0 }, bounce(2)]);
    const decodeIncident = (): never => {
      throw new Error('the process is gone');
    };
    expect(await livesUntilRead(here, { decodeIncident }, async () => undefined)).toBeLessThan(9);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r2@example.com']);
    expect(await letters(here)).toEqual(['poison 1']);
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
    expect(lives).toBe(7);
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
