/** Runs one scenario: processes on hosts, what goes wrong, what the log is given, and the end that everything must come to. */
import { encodeEvent } from '@desist/formats/event';
import { encodeIncident } from '@desist/contracts';
import type { IncidentNotice } from '@desist/domain';
import type { MemorySnapshot } from '@desist/memory';
import type { Engine, LogConsumer, Logger, LogRecord, RecipientStore } from '@desist/pipeline';
import { createEngine } from '@desist/pipeline';
import { START } from '../support/oracle/events.ts';
import { codec } from '@desist/runtime/codec';
import { createChecks, hours, POLICIES } from './checks.ts';
import type { CheckedState, Counted } from './checks.ts';
import { createCoordinator, createMember } from './group.ts';
import type { Member } from './group.ts';
import { createRandom } from './random.ts';
import type { Fault, Planned, Scenario } from './scenario.ts';
import type { Host, Op, Process } from './scheduler.ts';
import { createScheduler } from './scheduler.ts';
import { createServers, portsOf } from './servers.ts';
import type { Ports } from './servers.ts';

/** A deliberate fault in the protocol, made around the real parts. */
export interface Mutation {
  /** What the database does, for all processes. */
  readonly database?: (store: RecipientStore) => RecipientStore;
  /** What a process puts between its engine and the ports. */
  readonly ports?: (ports: Ports, process: Process) => Ports;
  /** What stands between the log and its engine. */
  readonly consumer?: (engine: Engine, ports: Ports) => LogConsumer;
}

export interface RunOptions {
  readonly mutation?: Mutation | undefined;
  /** The story and the whole trace are kept. */
  readonly told?: boolean;
}

export interface Outcome {
  /** What did not hold; null: all did. */
  readonly failure: string | null;
  readonly hash: string;
  readonly steps: number;
  /** What happened, in words. */
  readonly story: readonly string[];
  readonly trace: readonly string[];
  /** Continuations of each host. */
  readonly continuations: readonly number[];
  readonly seen: Readonly<Record<Seen, number>>;
}

/** How much of what can happen did. */
export type Seen = Counted | 'crashes' | 'stops' | 'lost answers' | 'restores';

const STEPS = 30_000;
const HOPS = 4;
const GRACE = 60_000;
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

type Restored = Extract<Fault, { kind: 'restored' }>;

class Died extends Error {}

export async function simulate(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  const { partitions } = scenario;
  const { mutation } = options;
  const random = createRandom(scenario.schedule);
  const scheduler = createScheduler(random, START);
  const servers = createServers(scheduler, partitions, mutation?.database ?? ((store) => store));
  const story: string[] = [];
  const seen: Record<Seen, number> = {
    claims: 0,
    commits: 0,
    refused: 0,
    changes: 0,
    crashes: 0,
    stops: 0,
    'lost answers': 0,
    restores: 0,
    'refused appends': 0,
    'dead letters': 0,
    repeats: 0,
    incidents: 0,
    'steps of incidents': 0,
    mended: 0,
    shadows: 0,
    'other shadows': 0,
  };
  let failure: string | null = null;
  let calm = false;
  const fail = (problem: string): void => void (failure ??= problem);
  const tell = (line: () => string): void => {
    if (options.told === true) story.push(`${hours(scheduler.present()).padStart(10)}  ${line()}`);
  };
  const checks = createChecks({
    store: servers.store,
    partitions,
    fail,
    tell,
    count: (what) => void (seen[what] += 1),
  });
  const coordinator = createCoordinator(random, partitions, tell);
  const poisoned = new Set<Uint8Array | null>();
  const members = new Map<Process, Member>();
  const hosts = scenario.hosts.map(({ skew, drains }, index): Host => ({
    index,
    letter: 'ABCD'[index] ?? '?',
    drains,
    skew,
    stopped: false,
    process: undefined,
    continuations: 0,
  }));

  // --------------------------------------------------------------------------------------- processes

  let started = 0;
  function start(host: Host): void {
    if (host.process !== undefined) return;
    started += 1;
    if (calm) host.skew = 0;
    const process: Process = { name: `${host.letter}${started}`, host, alive: true };
    host.process = process;
    tell(() => `${process.name} starts${host.skew === 0 ? '' : `, its clock off by ${host.skew} ms`}`);
    const plain = portsOf(process, { scheduler, servers, fates, checks });
    const ports = mutation?.ports?.(plain, process) ?? plain;
    const engine = createEngine({
      ...ports,
      codec: { ...codec, decode: (record) => decode(process, record) },
      policies: POLICIES,
      logger: quiet,
      owner: process.name,
      wentBack: ({ partition, incarnation }) => checks.wentBack(partition, incarnation),
      limits: scenario.limits,
      grace: GRACE,
    });
    const member = createMember({
      process,
      consumer: mutation?.consumer?.(engine, ports) ?? engine,
      ports,
      coordinator,
      batch: scenario.batch,
      left: () => void end(process),
    });
    members.set(process, member);
    member.run().catch((error: unknown) => {
      if (process.alive) fail(`${process.name} ended: ${String(error)}`);
    });
  }

  function decode(process: Process, record: LogRecord): ReturnType<typeof codec.decode> {
    if (poisoned.has(record.value)) {
      if (process.alive) crash(process, `of record ${record.offset}`);
      throw new Died();
    }
    return codec.decode(record);
  }

  /** Nothing of it goes on. What it has sent arrives, or does not. */
  function crash(process: Process, why = ''): void {
    seen.crashes += 1;
    tell(() => `${process.name} dies ${why}`);
    for (const op of scheduler.take(({ sender }) => sender === process)) {
      const kept = random.chance(0.5);
      if (kept) scheduler.add(op);
      else op.dropped?.();
    }
    end(process);
    scheduler.add({ what: `session of ${process.name} ends`, run: () => coordinator.remove(process) });
  }

  function end(process: Process): void {
    process.alive = false;
    process.host.process = undefined;
    process.host.stopped = false;
    scheduler.take((op) => op.process === process);
    members.delete(process);
    scheduler.add({ what: `${process.host.letter} starts again`, run: () => start(process.host) });
  }

  function expel(process: Process): void {
    if (!coordinator.has(process)) return;
    tell(() => `the session of ${process.name} ends, and it does not know`);
    coordinator.remove(process);
  }

  // ------------------------------------------------------------------------------------------ faults

  const waiting = new Set<Fault>(scenario.faults);
  let commits = 0;
  let appends = 0;
  let answers = 0;

  function nth<K extends Fault['kind']>(kind: K, at: number): Extract<Fault, { kind: K }> | undefined {
    for (const fault of waiting) {
      if (fault.kind !== kind || fault.at !== at) continue;
      waiting.delete(fault);
      return fault as Extract<Fault, { kind: K }>;
    }
    return undefined;
  }

  const fates = {
    commit() {
      const fate = nth('commit', (commits += 1))?.fate;
      if (fate === undefined) return undefined;
      seen['lost answers'] += 1;
      tell(() => `commit ${commits}: ${FATES[fate]}`);
      return fate;
    },
    append() {
      const fate = nth('append', (appends += 1))?.fate;
      if (fate !== undefined) tell(() => `append ${appends}: ${APPEND_FATES[fate]}`);
      return fate;
    },
    loseAnswer() {
      const lost = nth('answer', (answers += 1)) !== undefined;
      if (lost) tell(() => 'an answer of the database is lost');
      return lost;
    },
  };

  /** What befalls the host instead of its next continuation. True: that does not run now. */
  function befallen(host: Host, process: Process): boolean {
    const at = host.continuations + 1;
    for (const fault of waiting) {
      if (!('host' in fault) || fault.host !== host.index || fault.at > at) continue;
      waiting.delete(fault);
      switch (fault.kind) {
        case 'crash':
          crash(process);
          return true;
        case 'expel':
          expel(process);
          return false;
        case 'leave':
          tell(() => `${process.name} is asked to leave`);
          members.get(process)?.leave();
          return false;
        case 'stop':
          stop(host, process, fault.steps, fault.expelled);
          return true;
        default:
          fault satisfies never;
      }
    }
    return false;
  }

  function stop(host: Host, process: Process, steps: number, expelled: boolean): void {
    seen.stops += 1;
    host.stopped = true;
    tell(() => `${process.name} is stopped, and does not know`);
    if (expelled) scheduler.add({ what: `session of ${process.name} ends`, run: () => expel(process) });
    const until = scheduler.steps() + steps;
    scheduler.add({ what: `${process.name} goes on`, ready: () => calm || scheduler.steps() >= until, run: () => resume(process) });
  }

  function resume({ alive, name, host }: Process): void {
    if (!alive || !host.stopped) return;
    tell(() => `${name} goes on`);
    host.stopped = false;
  }

  const awayUntil = { database: 0, log: 0 };
  function onStep(step: number): void {
    const away = nth('away', step);
    if (away !== undefined) awayUntil[away.of] = step + away.steps;
    if (nth('rebalance', step) !== undefined) coordinator.rebalance();
    for (const fault of waiting) {
      if (fault.kind === 'restored' && fault.at - fault.back === step && !backups.has(fault)) {
        backups.set(fault, { stored: servers.store.snapshot(), known: checks.snapshot() });
      }
    }
    const restored = nth('restored', step);
    const backup = restored === undefined ? undefined : backups.get(restored);
    if (restored !== undefined && backup !== undefined) restore(backup, restored);
    outage('storeAway', awayUntil.database > step, 'the database');
    outage('logAway', awayUntil.log > step, 'the log');
  }

  const backups = new Map<Fault, { readonly stored: MemorySnapshot; readonly known: CheckedState }>();

  /** Every connection is cut, and what was under way is gone. */
  function restore({ stored, known }: { readonly stored: MemorySnapshot; readonly known: CheckedState }, fault: Restored): void {
    seen.restores += 1;
    // To put files back takes longer than an append may be on its way.
    if (!fault.asCopy) for (const append of scheduler.take(({ what }) => what.includes('append to relay sink'))) void append.run();
    tell(
      () => `the database goes back by ${fault.back} steps, ${fault.asCopy ? 'and knows that it is a copy' : 'to the files that it had'}`,
    );
    servers.run += 1;
    servers.locked.clear();
    servers.store.restore(stored, fault.asCopy);
    checks.restored(known);
  }

  function outage(which: 'storeAway' | 'logAway', isAway: boolean, name: string): void {
    if (servers[which] === isAway) return;
    servers[which] = isAway;
    tell(() => `${name} is ${isAway ? 'away' : 'back'}`);
  }

  // ------------------------------------------------------------------------------------------- input

  let produced = 0;
  async function produce(): Promise<void> {
    const planned = scenario.records[produced];
    if (planned === undefined) return;
    produced += 1;
    scheduler.moveTo(planned.at);
    await append(planned);
    for (const [index, { from }] of scenario.hosts.entries()) if (from === produced) start(hosts[index] as Host);
  }

  async function append(planned: Planned): Promise<void> {
    const at = scheduler.present();
    servers.recordTime = at;
    scheduler.note(`record ${produced}`);
    if (planned.kind === 'gap') {
      servers.log.skip('deliveryEvents', planned.partition);
      tell(() => `the log skips an offset of partition ${planned.partition}`);
      return;
    }
    if (planned.kind === 'incident') {
      await tellAll(planned, at);
      return;
    }
    const record = planned.kind === 'event' ? encodeEvent(planned.event) : { key: planned.key, value: '{' };
    const [place] = await servers.log.append('deliveryEvents', [record]);
    if (place === undefined) return;
    if (planned.kind === 'junk') {
      tell(() => `record ${place.offset} of partition ${place.partition}: not readable`);
      checks.given({ ...place, at, junk: true });
      return;
    }
    const { event, poison } = planned;
    tell(() => `record ${place.offset} of partition ${place.partition}: ${describe(planned)}`);
    if (poison) poisoned.add(servers.log.read('deliveryEvents', place.partition).at(-1)?.value ?? null);
    checks.given({ ...place, at, event, poison });
  }

  /** Of a world made smaller, some partition that there is announces it. */
  async function tellAll({ notice, below }: Extract<Planned, { kind: 'incident' }>, at: number): Promise<void> {
    const told = { ...notice, announcedBy: notice.announcedBy % partitions };
    for (let partition = 0; partition < Math.min(partitions, below); partition += 1) {
      const [place] = await servers.log.append('deliveryEvents', [{ ...encodeIncident(told), partition }]);
      if (place === undefined) continue;
      tell(() => `record ${place.offset} of partition ${partition}: ${describeNotice(told)}`);
      checks.given({ ...place, at, notice: told });
    }
  }

  // -------------------------------------------------------------------------------------------- loop

  let goal = 0;
  let hops = 0;
  /** All is in the log: what is left is time, in which deadlines pass and things go on going wrong. */
  function passTime(): void {
    hops += 1;
    scheduler.moveTo(scheduler.present() + Math.ceil(scenario.after / HOPS));
    if (hops === HOPS) calmDown();
  }

  /** No more faults: everybody is there, and the world comes to its end. */
  function calmDown(): void {
    calm = true;
    waiting.clear();
    awayUntil.database = 0;
    awayUntil.log = 0;
    goal = scheduler.present() + 60_000;
    tell(() => 'from here on nothing goes wrong');
    for (const host of hosts) {
      const { process } = host;
      if (process === undefined) start(host);
      else {
        resume(process);
        // Who does not know the time is set right and started again.
        if (host.skew !== 0) members.get(process)?.leave();
      }
    }
  }

  /** What is still to be done; null: nothing. */
  async function leftToDo(): Promise<string | null> {
    for (let partition = 0; partition < partitions; partition += 1) {
      const checkpoint = servers.store.checkpoint(partition);
      if (checkpoint === undefined) return `nobody has partition ${partition}`;
      const { stopped, nextOffset, clock } = checkpoint;
      if (stopped !== null) return `partition ${partition} is stopped: ${stopped}`;
      if (nextOffset < lastOffset(partition)) return `records of partition ${partition} from ${nextOffset} on are not read`;
      if (clock < goal) return `the clock of partition ${partition} stands at ${hours(clock)}`;
      if ((await servers.store.outbox(partition, 1)).length > 0) return `changes of partition ${partition} are not published`;
      if ((await servers.store.deadLetters(partition, 1)).length > 0) return `dead letters of partition ${partition} do not go out`;
      if (servers.locked.has(partition)) return `a transaction holds partition ${partition}`;
    }
    return null;
  }

  function lastOffset(partition: number): number {
    return (servers.log.read('deliveryEvents', partition).at(-1)?.offset ?? -1) + 1;
  }

  function choose(): Op | 'record' | undefined {
    const ready = scheduler.ready();
    const more = produced < scenario.records.length;
    if (more && (random.chance(scenario.pace) || (ready.length === 0 && random.chance(0.3)))) return 'record';
    if (ready.length > 0 && !random.chance(0.02)) return ready[random.between(0, ready.length - 1)];
    const next = scheduler.nextDue();
    // Nobody looks more often than need be at what stands still.
    const least = more && ready.length === 0 ? 0 : random.between(1, ready.length > 0 ? 3_000 : 10_000);
    scheduler.moveTo(Math.max(Number.isFinite(next) ? next : 0, scheduler.present() + least));
    return undefined;
  }

  for (const [index, { from }] of scenario.hosts.entries()) if (from === 0) start(hosts[index] as Host);
  for (let turn = 0; failure === null; turn += 1) {
    if (turn > STEPS) {
      fail(`no progress: ${(await leftToDo()) ?? 'not even calm'}`);
      break;
    }
    onStep(scheduler.steps());
    const chosen = choose();
    if (chosen === 'record') await produce();
    else if (chosen !== undefined) {
      const { process } = chosen;
      if (process === undefined || !befallen(process.host, process)) await scheduler.run(chosen);
    }
    if (!calm && produced >= scenario.records.length && random.chance(0.02)) passTime();
    if (calm && (await leftToDo()) === null) {
      checks.end();
      break;
    }
  }
  tell(() => failure ?? 'everything holds');
  for (const row of servers.store.rows()) scheduler.note(JSON.stringify(row));
  return {
    failure,
    hash: scheduler.hash(),
    steps: scheduler.steps(),
    story,
    trace: options.told === true ? scheduler.trace() : [],
    continuations: hosts.map(({ continuations }) => continuations),
    seen,
  };
}

const APPEND_FATES = {
  none: 'the log does not take it',
  all: 'it is stored, and the answer is lost',
  slow: 'it is on its way for long',
  late: 'it is given up, and on its way for long',
} as const;

const FATES = {
  unavailable: 'the database does not take it',
  lost_before: 'the connection is cut before it arrives',
  lost_after: 'it is done, and the answer is lost',
  late: 'the connection is cut, and it is done later',
} as const;

function describe(planned: Extract<Planned, { kind: 'event' }>): string {
  const { event, poison } = planned;
  const reply = 'smtp' in event && event.smtp !== undefined ? ` "${event.smtp.text ?? ''}"` : '';
  const scope = 'scope' in event ? ` ${event.scope}` : '';
  const message = 'messageId' in event && event.messageId !== undefined ? ` of ${event.messageId}` : '';
  return `${event.recipient} ${event.type}${scope}${message}${reply} at ${hours(event.occurredAt)}${poison ? ', which kills every process' : ''}`;
}

function describeNotice({ id, revision, action, terms, announcedBy }: IncidentNotice): string {
  const { from, until, ...which } = terms;
  const named = Object.entries(which).flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]));
  return `${id} is ${action} (revision ${revision}): ${named.join(', ')}, ${hours(from)} to ${until === null ? 'now' : hours(until)}; partition ${announcedBy} says so`;
}
