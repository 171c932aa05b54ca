/**
 * What lies outside of every process: the database, the log, the group's coordinator. Each call of a process is two choices of
 * the scheduler, when it arrives and when its answer does; a commit is three, for it holds the checkpoint's row in between.
 */
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { LogError, StoreError } from '@desist/pipeline';
import type {
  CommitPlan,
  CommitResult,
  LogRecord,
  LogSink,
  LogSource,
  RecipientStore,
  Signal,
  Time,
  TopicRecords,
  TrackedRow,
} from '@desist/pipeline';
import type { Checks } from './checks.ts';
import type { AppendFate, CommitFate } from './scenario.ts';
import type { Op, Process, Scheduler } from './scheduler.ts';

export interface Servers {
  readonly store: MemoryStore;
  readonly log: MemoryLog;
  /** The database as processes meet it: a mutation may have changed it. */
  readonly database: RecipientStore;
  /** Partitions whose checkpoint row is held by a transaction. */
  readonly locked: Set<number>;
  storeAway: boolean;
  logAway: boolean;
  /** Rises when the database goes back: what was under way in it is gone. */
  run: number;
  /** The record time of what is appended next. */
  recordTime: number;
}

export interface Fates {
  commit(): CommitFate | undefined;
  append(): AppendFate | undefined;
  loseAnswer(): boolean;
}

export interface Ports {
  readonly store: RecipientStore;
  readonly source: Pick<LogSource, 'bounds' | 'identity'>;
  readonly sink: LogSink;
  readonly time: Time;
  /** Any other call over the network. */
  call<T>(what: string, request: () => T | Promise<T>): Promise<T>;
  fetch(partition: number, from: number, limit: number): Promise<Page>;
}

export interface Page {
  readonly records: readonly LogRecord[];
  readonly high: number;
}

export function createServers(scheduler: Scheduler, partitions: number, mutate: (store: RecipientStore) => RecipientStore): Servers {
  const servers: Servers = {
    store: createMemoryStore(() => scheduler.present(), AT_ONCE),
    log: createMemoryLog({ partitions, now: () => servers.recordTime, pause: () => Promise.resolve() }),
    database: undefined as never,
    locked: new Set(),
    storeAway: false,
    logAway: false,
    run: 0,
    recordTime: 0,
  };
  return Object.assign(servers, { database: mutate(servers.store) });
}

/** Rows of an answer. */
const AT_ONCE = 2;
/** For so long a transaction without a client may live, ms: longer than the client waits before it asks what became of it. */
const LATE = 200;
/** For so long an append may be on its way, ms: much longer than another process needs to take the partition over and publish. */
const SLOW = 30_000;

interface Outside {
  readonly scheduler: Scheduler;
  readonly servers: Servers;
  readonly fates: Fates;
  readonly checks: Checks;
}

export function portsOf(process: Process, { scheduler, servers, fates, checks }: Outside): Ports {
  const { locked, log } = servers;

  /** A request, and later its answer. From a dead process nothing comes, and to it nothing goes. */
  function call<T>(what: string, request: () => T | Promise<T>, when: Pick<Op, 'ready' | 'due' | 'dropped'> = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!process.alive) return;
      scheduler.add({
        what: `${process.name} ${what}`,
        sender: process,
        ...when,
        run: async () => answer(what, request, resolve, reject),
      });
    });
  }

  async function answer<T>(
    what: string,
    request: () => T | Promise<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): Promise<void> {
    try {
      const value = await request();
      reply(`answer: ${what}`, () => resolve(value));
    } catch (error) {
      reply(`error: ${what}`, () => reject(error));
    }
  }

  function reply(what: string, run: () => void): void {
    if (process.alive) scheduler.add({ what, process, run });
  }

  function ask<T>(what: string, request: () => T | Promise<T>, lock?: number): Promise<T> {
    const reached = async (): Promise<T> => {
      if (servers.storeAway) throw new StoreError('unavailable', 'the database is away');
      const value = await request();
      if (fates.loseAnswer()) throw new StoreError('unavailable', 'the connection was cut');
      return value;
    };
    return call(what, reached, lock === undefined ? {} : { ready: () => !locked.has(lock) });
  }

  // ------------------------------------------------------------------------------------------ store

  /** The compare-and-set takes the row; what comes of it is seen only when the transaction ends. */
  function commit(plan: CommitPlan): Promise<CommitResult> {
    const { partition } = plan;
    const what = `commit ${partition}: ${plan.fromOffset} to ${plan.nextOffset}, epoch ${plan.epoch}`;
    return new Promise((resolve, reject) => {
      if (!process.alive) return;
      const fail = (kind: 'unavailable' | 'outcome_unknown') =>
        reply(`${kind}: ${what}`, () => reject(new StoreError(kind, 'the connection was cut')));
      let run = servers.run;
      const end = async (fate: CommitFate | undefined): Promise<void> => {
        if (servers.run !== run) {
          if (fate !== 'late') fail('outcome_unknown');
          return;
        }
        const before = checks.before(partition);
        const result = await servers.database.commit(plan);
        locked.delete(partition);
        scheduler.note(result);
        checks.committed(process, plan, result, before);
        if (fate === 'lost_after') fail('outcome_unknown');
        else if (fate === undefined) reply(`${result}: ${what}`, () => resolve(result));
      };
      scheduler.add({
        what: `${process.name} ${what}`,
        sender: process,
        ready: () => !locked.has(partition),
        run() {
          const fate = servers.storeAway ? 'unavailable' : fates.commit();
          if (fate === 'unavailable') return fail('unavailable');
          if (fate === 'lost_before') return fail('outcome_unknown');
          if (fate === 'late') fail('outcome_unknown');
          locked.add(partition);
          run = servers.run;
          const due = scheduler.present() + (fate === 'late' ? LATE : 0);
          scheduler.add({
            what: `${process.name} ends ${what}`,
            sender: process,
            due: () => due,
            dropped: () => void (servers.run === run && locked.delete(partition)),
            run: () => end(fate),
          });
        },
      });
    });
  }

  async function* tracked(partition: number): AsyncGenerator<readonly TrackedRow[]> {
    let after = '';
    for (;;) {
      const page = await ask(`tracked ${partition}`, async () => {
        const all: TrackedRow[] = [];
        for await (const rows of servers.database.tracked(partition)) all.push(...rows);
        return all
          .filter(({ address }) => address > after)
          .sort((a, b) => (a.address < b.address ? -1 : 1))
          .slice(0, AT_ONCE);
      });
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)?.address ?? '';
    }
  }

  const { database } = servers;
  const store: RecipientStore = {
    claim: (partition, owner, evidence) =>
      ask(
        `claim ${partition}`,
        async () => {
          const claim = await database.claim(partition, owner, evidence);
          checks.claimed(process, claim);
          return claim;
        },
        partition,
      ),
    markAudited: (owner, incarnation) => ask(`audited ${owner.partition}`, () => database.markAudited(owner, incarnation), owner.partition),
    position: (partition) => ask(`position ${partition}`, () => database.position(partition)),
    beginAttempt: (owner) => ask(`begin ${owner.partition}`, () => database.beginAttempt(owner), owner.partition),
    markStopped: (owner, reason) => ask(`stop ${owner.partition}`, () => database.markStopped(owner, reason), owner.partition),
    tracked,
    load: (keys) => ask('load', () => database.load(keys)),
    concerned: (partition, which, cursor) => ask(`concerned ${partition}`, () => database.concerned(partition, which, cursor)),
    publishedRevision: (id) => ask('published', () => database.publishedRevision(id)),
    commit,
    outbox: (partition, limit) => ask(`outbox ${partition}`, () => database.outbox(partition, limit)),
    deadLetters: (partition, limit) => ask(`letters ${partition}`, () => database.deadLetters(partition, limit)),
    relayed: (owner, upTo) =>
      ask(
        `relayed ${owner.partition} up to ${String(upTo.sequence)}`,
        async () => {
          const result = await database.relayed(owner, upTo);
          if (result === 'committed') await checks.relayed(owner.partition);
          return result;
        },
        owner.partition,
      ),
    park: (owner, which, reason) => ask(`park ${owner.partition}`, () => database.park(owner, which, reason), owner.partition),
    resume: (partition, terms) => ask(`resume ${partition}`, () => database.resume(partition, terms), partition),
    tombstones: (keys) => ask('forgotten', () => database.tombstones(keys)),
    now: () => ask('now', () => database.now()),
  };

  // -------------------------------------------------------------------------------------------- log

  const sink: LogSink = {
    append: (topic, records) =>
      call(`append ${topic} ${records.length}`, () =>
        reading(async () => {
          servers.recordTime = scheduler.present();
          const appended = await log.append(topic, records);
          checks.appended(process, topic, records);
          return appended;
        }),
      ),
    published: (partition) => call(`published ${partition}`, () => reading(() => log.published(partition))),
    async openRelaySink(owner) {
      const what = `relay sink ${owner.partition}`;
      const relaySink = await call(`open ${what}`, () => reading(() => log.openRelaySink(owner)));
      return {
        append: (parts) => relayAppend(`append to ${what}`, () => store(parts)),
        close: () => relaySink.close(),
      };

      async function store(parts: readonly TopicRecords[]): Promise<'appended' | 'fenced'> {
        servers.recordTime = scheduler.present();
        const outcome = await relaySink.append(parts);
        scheduler.note(outcome);
        if (outcome === 'appended') for (const { topic, records } of parts) checks.appended(process, topic, records);
        else checks.refusedAppend(process, owner);
        return outcome;
      }
    },
  };

  /** An append takes as long as the network likes: its sender may give it up, stop or die meanwhile, and it still arrives. */
  function relayAppend(what: string, store: () => Promise<'appended' | 'fenced'>): Promise<'appended' | 'fenced'> {
    return new Promise((resolve, reject) => {
      if (!process.alive) return;
      const fate = fates.append();
      const due = scheduler.present() + (fate === 'slow' || fate === 'late' ? SLOW : 0);
      const fail = (why: string): void => reply(`error: ${what}`, () => reject(new LogError('unavailable', why)));
      if (fate === 'late') fail('the log did not answer in time');
      scheduler.add({
        what: `${process.name} ${what}`,
        sender: process,
        due: () => due,
        async run() {
          if (servers.logAway || fate === 'none') return fail('the log is away');
          const outcome = await store();
          if (fate === 'all') return fail('the answer of the log was lost');
          if (fate !== 'late') reply(`${outcome}: ${what}`, () => resolve(outcome));
        },
      });
    });
  }

  async function reading<T>(request: () => T | Promise<T>): Promise<T> {
    if (servers.logAway) throw new LogError('unavailable', 'the log is away');
    return request();
  }

  return {
    store,
    sink,
    source: {
      // Known to every process from its start.
      identity: () => log.identity(),
      bounds: (partition) => call(`bounds ${partition}`, () => reading(() => log.bounds(partition))),
    },
    time: timeOf(process, scheduler),
    call: (what, request) => call(what, request),
    fetch: (partition, from, limit) =>
      call(`fetch ${partition} from ${from}`, () =>
        reading(async () => {
          const { high } = await log.bounds(partition);
          const records = log.read('deliveryEvents', partition).filter(({ offset }) => offset >= from);
          return { high, records: records.slice(0, limit) };
        }),
      ),
  };
}

function timeOf(process: Process, scheduler: Scheduler): Time {
  const wait = (what: string, ms: number, signal?: Signal): Promise<void> =>
    new Promise((resolve) => {
      if (!process.alive) return;
      let due = scheduler.present() + ms;
      if (signal?.aborted === true) due = 0;
      signal?.addEventListener('abort', () => (due = 0), { once: true });
      scheduler.add({ what, process, due: () => due, run: resolve });
    });
  return {
    now: () => scheduler.present() + process.host.skew,
    monotonic: () => scheduler.present(),
    sleep: (ms, signal) => wait(`slept ${ms}`, ms, signal),
    yield: () => wait('yield', 0),
  };
}
