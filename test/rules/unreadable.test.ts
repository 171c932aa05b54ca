/** Records that cannot be read, and records that kill whoever reads them: the partition goes on, or stops loudly; nothing is lost. */
import { describe, expect, it } from 'vitest';
import { defaultPolicies, encodeIncident } from '@desist/contracts';
import { encodeEvent } from '@desist/formats/event';
import type { IncidentNotice } from '@desist/domain';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { BatchOutcome, Engine, LogRecord, Codec } from '@desist/pipeline';
import { silent } from '../integration/kafka/support.ts';
import { codec } from '@desist/runtime/codec';
import { asTenant, asAddress } from '@desist/domain';

const NOW = Date.UTC(2026, 2, 1, 12);
const JUNK = { key: 'acme/x@example.com', value: '{' };

const bounce = (who: number): { key: string; value: string } =>
  encodeEvent({
    id: `e${who}`,
    tenant: asTenant('acme'),
    stream: 'default',
    recipient: asAddress(`r${who}@example.com`),
    type: 'bounced',
    occurredAt: NOW,
    smtp: { code: 550, text: '550 5.1.1 User unknown' },
  });

const NOTICE: IncidentNotice = {
  id: 'gmail-1',
  revision: 1,
  excludes: true,
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

function engineOf({ log, store, present }: World, over: Partial<Codec> = {}): Engine {
  let ticks = 0;
  return createEngine({
    store,
    source: log,
    sink: log,
    codec: { ...codec, ...over },
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
  const ended = Promise.withResolvers<false>();
  const never = new Promise<never>(() => undefined);
  return {
    ended: ended.promise,
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
      ended.resolve(false);
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

/** As after two starts that never ended. */
async function twiceBegun(here: World, partition: number): Promise<void> {
  const before = await here.store.claim(partition, 'before');
  await here.store.beginAttempt(before);
  await here.store.beginAttempt(before);
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

const boom = (record: LogRecord): ReturnType<Codec['decode']> => {
  if (Buffer.from(record.value ?? []).toString() === 'boom') throw new Error('the process is gone');
  return codec.decode(record);
};

/** Starts until one of them comes to the end. Each is a process of its own: whatever the one before had in memory is gone. */
async function livesUntilRead(here: World, over: Partial<Codec>, end: (engine: Engine) => Promise<void>): Promise<number> {
  for (let lives = 1; ; lives += 1) {
    expect(lives, 'starts').toBeLessThan(20);
    here.present += 120_000;
    const engine = engineOf({ ...here, store: withLife(here).store }, over);
    const alive = await readOn(here, engine).then(
      ({ kind }) => kind === 'processed',
      () => false,
    );
    if (alive) return lives;
    await end(engine);
  }
}

describe('a record that kills the process that reads it', () => {
  const dies = async (): Promise<void> => undefined;
  const endsWell = (engine: Engine): Promise<void> => engine.revoke([0]);
  const folding: Partial<Codec> = {
    providerOf(domain, host) {
      if (domain === 'killer.example.com') throw new Error('the process is gone');
      return codec.providerOf(domain, host);
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

  it("becomes a dead letter even if it is an incident's record, after what lies before it is committed", async () => {
    const here = world();
    const deadly = encodeIncident(NOTICE);
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
  it('because of a record in one partition gives up nothing of another one that meanwhile waits for the database', async () => {
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
      const deadly = (record: LogRecord): ReturnType<Codec['decode']> => {
        if (Buffer.from(record.value ?? []).toString() === 'boom') life.end();
        return codec.decode(record);
      };
      const engine = engineOf({ ...here, store: life.store }, { decode: deadly });
      alive = await Promise.race([life.ended, Promise.all([readOn(here, engine, 0), readOn(here, engine, 1)]).then(() => true)]);
    }
    expect(lives).toBe(7);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r1@example.com']);
    expect(await letters(here, 0)).toEqual([]);
    expect(await letters(here, 1)).toEqual(['poison 0']);
  });

  it('three times at every record starts a new count each time, and gives up nothing', async () => {
    const here = world();
    await here.log.append('deliveryEvents', [0, 1, 2, 3].map(bounce));
    const kills = new Map<number, number>();
    let lives = 0;
    for (let alive = false; !alive; lives += 1) {
      const life = withLife(here);
      const decode = (record: LogRecord): ReturnType<Codec['decode']> => {
        const before = kills.get(record.offset) ?? 0;
        kills.set(record.offset, before + 1);
        if (before < 3) life.end();
        return codec.decode(record);
      };
      const engine = engineOf({ ...here, store: life.store }, { decode });
      alive = await Promise.race([life.ended, readOn(here, engine).then(() => true)]);
    }
    expect(lives).toBe(13);
    expect(suppressed(here)).toEqual(['r0@example.com', 'r1@example.com', 'r2@example.com', 'r3@example.com']);
    expect(await letters(here)).toEqual([]);
  });
});

describe('the count of unfinished attempts', () => {
  it('does not change while nothing is read, and gives an idle partition nothing to commit', async () => {
    const here = world();
    await here.store.beginAttempt(await here.store.claim(0, 'before'));
    let commits = 0;
    const commit: MemoryStore['commit'] = async (plan) => {
      commits += 1;
      return here.store.commit(plan);
    };
    const engine = engineOf({ ...here, store: { ...here.store, commit } });
    await engine.assign(0);
    engine.caughtUp(0, 0, here.present);
    await engine.revoke([0]);
    expect(commits).toBe(1);
    expect(await here.store.claim(0, 'look')).toMatchObject({ attempts: 1 });
  });

  it('lets nothing else load while a record is isolated', async () => {
    const here = world(2);
    await here.log.append('deliveryEvents', [{ ...bounce(0), partition: 0 }]);
    await twiceBegun(here, 0);
    const told: string[] = [];
    const engine = engineOf({
      ...here,
      store: {
        ...here.store,
        tracked(partition) {
          told.push(`loads ${partition}`);
          return here.store.tracked(partition);
        },
        async beginAttempt(owner) {
          const begun = await here.store.beginAttempt(owner);
          told.push('begins');
          void engine.assign(1);
          return begun;
        },
        async commit(plan) {
          for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          if (plan.partition === 0) told.push('commits');
          return here.store.commit(plan);
        },
      },
    });
    const assigned = await engine.assign(0);
    expect(assigned).toEqual({ kind: 'start', offset: 0 });
    const records = here.log.read('deliveryEvents', 0);
    await engine.batch({ partition: 0, firstOffset: 0, nextOffset: 1, highWatermark: 1, records });
    expect(told.slice(0, 4)).toEqual(['loads 0', 'begins', 'commits', 'loads 1']);
    await engine.close();
  });
});

describe('isolated records', () => {
  it('wait for what another partition still commits', async () => {
    const here = world(2);
    await here.log.append('deliveryEvents', [
      { ...bounce(0), partition: 0 },
      { ...bounce(1), partition: 1 },
    ]);
    await twiceBegun(here, 0);
    const told: string[] = [];
    const slow = withLife(here).store;
    const engine = engineOf({
      ...here,
      store: {
        ...slow,
        async beginAttempt(owner) {
          told.push(`begins ${owner.partition}`);
          return slow.beginAttempt(owner);
        },
        async commit(plan) {
          const result = await slow.commit(plan);
          told.push(`committed ${plan.partition}`);
          return result;
        },
      },
    });
    for (const partition of [1, 0]) {
      await engine.assign(partition);
      const records = here.log.read('deliveryEvents', partition);
      await engine.batch({ partition, firstOffset: 0, nextOffset: 1, highWatermark: 1, records });
    }
    expect(told.slice(0, 3)).toEqual(['begins 1', 'committed 1', 'begins 0']);
    await engine.close();
  });

  it('commit nothing of the record that stops the partition: it is read again when an operator resumes', async () => {
    const here = world();
    await here.log.append(
      'deliveryEvents',
      Array.from({ length: 100 }, () => JUNK),
    );
    await twiceBegun(here, 0);
    const engine = engineOf(here);
    expect(await readOn(here, engine)).toMatchObject({ kind: 'stopped', reason: '100 unreadable records in a row' });
    expect(await here.store.position(0)).toMatchObject({ nextOffset: 99 });
    expect((await letters(here)).filter((line) => line.endsWith(' 99'))).toEqual([]);
    await engine.close();
  });

  it('stop after the current one when the partition is revoked, and continue there', async () => {
    const here = world();
    await here.log.append('deliveryEvents', [0, 1, 2, 3].map(bounce));
    await twiceBegun(here, 0);
    let revoked: Promise<void> | undefined;
    const engine: Engine = engineOf(here, {
      decode(record) {
        if (record.offset === 1) revoked = engine.revoke([0]);
        return codec.decode(record);
      },
    });
    await engine.assign(0);
    const records = here.log.read('deliveryEvents');
    await engine.batch({ partition: 0, firstOffset: 0, nextOffset: 4, highWatermark: 4, records });
    await revoked;
    expect(await here.store.claim(0, 'look')).toMatchObject({ nextOffset: 2, attempts: 2 });
    expect(await readOn(here, engineOf(here))).toEqual({ kind: 'processed' });
    expect(suppressed(here)).toHaveLength(4);
  });
});

describe('too many unreadable records', () => {
  it('99 in a row are dead letters; 100 stop the partition before any of them is given up', async () => {
    const some = world();
    await some.log.append('deliveryEvents', [...Array.from({ length: 99 }, () => JUNK), bounce(1)]);
    expect(await readOn(some, engineOf(some))).toEqual({ kind: 'processed' });
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

  it('an operator resumes the partition: what lies there becomes dead letters, what comes later is watched again', async () => {
    const here = world();
    await here.log.append('deliveryEvents', [...Array.from({ length: 150 }, () => JUNK), bounce(1)]);
    expect((await readOn(here, engineOf(here))).kind).toBe('stopped');
    const { high } = await here.log.bounds(0);
    await here.store.resume(0, { toleratedBelow: high });
    expect(await readOn(here, engineOf(here))).toEqual({ kind: 'processed' });
    expect(await letters(here)).toHaveLength(150);
    expect(suppressed(here)).toEqual(['r1@example.com']);
    await here.log.append(
      'deliveryEvents',
      Array.from({ length: 100 }, () => JUNK),
    );
    expect((await readOn(here, engineOf(here))).kind).toBe('stopped');
  });
});
