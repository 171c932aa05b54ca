/**
 * The task of one partition: from its claim to the loss of its epoch.
 *
 *   take ──> peek or decode ──> load what is tracked or fails ──> fold ──> due timers ──> commit (one in flight) ──> relay
 *
 * Records are folded one by one, each at the partition clock that the log gives it, so that what is published follows
 * from the log alone and not from how it was cut into batches.
 */
import {
  addFact,
  advanceTo,
  attributionOf,
  classifierOf,
  endsGreylisting,
  factOf,
  isCommand,
  judge,
  marked,
  recipientKey,
} from '@desist/domain';
import type { DeliveredFact, Fact, FoldContext, IncidentNotice, LogEvent, PolicySet, ProviderOf, Recipient } from '@desist/domain';
import type { Breaker } from './breaker.ts';
import { createBreaker } from './breaker.ts';
import type { Contrast } from './contrast.ts';
import { createContrast, causeOf } from './contrast.ts';
import { createDeadlines } from './deadlines.ts';
import { hashOfKey, hashOfText } from './keys.ts';
import { StoreError } from './errors.ts';
import { begins, createIncidentCounts } from './incidents/counts.ts';
import { concernedBy, createIncidents } from './incidents/known.ts';
import type { Claim, CommitPlan, DeadLetter, KnownIncident, LogRecord, RecipientStore, Signal, Time } from './ports.ts';
import type { Recipients } from './recipients.ts';
import { createRecipients } from './recipients.ts';
import { backOff, messageOf, untilThere } from './retry.ts';
import type { Room } from './room.ts';
import type { Tally } from './tally.ts';
import type { Places, Wire } from './wire.ts';

export interface Limits {
  /** A commit is begun at the latest after so many records ... */
  readonly records: number;
  /** ... so many changed recipients ... */
  readonly rows: number;
  /** ... or so many milliseconds. */
  readonly interval: number;
}

export const DEFAULT_LIMITS: Limits = { records: 20_000, rows: 2_000, interval: 200 };

/** Counts of one partition since the claim. Nothing in here is labelled by address. */
export interface TaskCounts {
  records: number;
  /** Deliveries and acceptances that needed no parsing. */
  peeked: number;
  duplicates: number;
  clamped: number;
  deadLetters: number;
  changes: number;
  commits: number;
}

export interface TaskOptions {
  readonly store: RecipientStore;
  readonly wire: Wire;
  readonly policies: PolicySet;
  readonly time: Time;
  readonly limits: Limits;
  readonly tally?: Tally;
  /** After each commit, with its duration in ms. */
  readonly committed?: (plan: CommitPlan, took: number) => void;
  /** A commit has begun, which nobody may be waiting for. */
  readonly committing?: (ended: Promise<void>) => void;
}

export type TaskState = { readonly kind: 'running' } | { readonly kind: 'fenced' } | { readonly kind: 'stopped'; readonly reason: string };

/** A record that had to be decoded; one that was only peeked at is known by the hash of its key alone. */
interface Decoded {
  readonly event: LogEvent;
  readonly key: string;
}

export interface PartitionTask {
  readonly partition: number;
  readonly epoch: number;
  /** Everything below was folded. */
  position(): number;
  /** Everything below is committed. */
  committed(): number;
  clock(): number;
  tracked(): number;
  state(): TaskState;
  readonly counts: Readonly<TaskCounts>;
  /** Reads the tracked recipients: once, before the first record. */
  start(): Promise<void>;
  /** Folds records from `position` on. `nextOffset`: where the log goes on behind them. */
  take(records: readonly LogRecord[], nextOffset: number): Promise<void>;
  /** Counts that something begins which may kill the process; what is committed of it takes that back. False: fenced. */
  begin(): Promise<boolean>;
  /**
   * Folds records one at a time, each counted before and committed after, while no other partition of the process works: something
   * kills the process, and only what was alone is to blame. A record that was begun so again and again and never ended is given up.
   * Ends early, between two records, when the signal says so.
   */
  takeSingly(records: readonly LogRecord[], nextOffset: number, room: Room, signal: Signal): Promise<void>;
  /** The present moves the clock: fires what is due. */
  advance(clock: number): Promise<void>;
  /** Commits what is folded, and waits for it. */
  flush(): Promise<void>;
}

/** How often something was begun and never ended before records are taken one at a time. */
export const SINGLY_AFTER = 2;
/** How often one record was begun alone and never ended before it is given up. */
const ALONE = 4;

const DUE_AT_ONCE = 1_000;
/** Slices of folding after which I/O gets its turn. */
const SLICE = 2_000;

export function createTask(claim: Claim, options: TaskOptions): PartitionTask {
  const { store, wire, policies, time, limits, tally } = options;
  const { partition, epoch } = claim;
  const counts: TaskCounts = { records: 0, peeked: 0, duplicates: 0, clamped: 0, deadLetters: 0, changes: 0, commits: 0 };
  const deadlines = createDeadlines();
  const breaker: Breaker = createBreaker(claim.toleratedBelow);
  let state: TaskState = { kind: 'running' };
  let position = claim.nextOffset;
  let clock = claim.clock;
  let number = claim.nextNumber;
  let committedOffset = claim.nextOffset;
  let committedNumber = claim.nextNumber;
  let committedClock = claim.clock;
  /** What a commit that ends something leaves of the count of what was begun: 0, or more while records are taken one at a time. */
  let attempts = 0;
  /** The count as it stands in the store: a commit that ends nothing leaves it alone. */
  let counted = claim.attempts;
  /** Records are no longer taken one at a time, and the store does not say so yet. */
  let recovered = false;
  let deadLetters: DeadLetter[] = [];
  let clockMoves: { beforeOffset: number; clock: number }[] = [];
  let lastCommitAt = time.monotonic();
  let inFlight: Promise<void> | undefined;
  const classifier = classifierOf(policies.rules);
  const providerOf: ProviderOf = (domain, host) => wire.providerOf(domain, host);
  const incidentCounts = createIncidentCounts(claim.incidentCounts);
  const incidents = createIncidents(claim.incidents);
  let incidentsTold: KnownIncident[] = [];
  const contrast: Contrast = createContrast({ policies, providerOf, stored: claim.contrast, incidents: incidentCounts });
  const recipients: Recipients = createRecipients({
    partition,
    store,
    time,
    wire,
    policies,
    deadlines,
    nextNumber: () => number++,
    askOf: (tenant) => contrast.askOf(tenant),
    incidents,
  });

  // ------------------------------------------------------------------------------------------ reading

  /** Of the slice at hand, by position: what was decoded, or the hash of a delivery's key that was only peeked at (0: neither). */
  let decoded: (Decoded | undefined)[] = [];
  const peeked = new Int32Array(SLICE);

  const places: Places = { occurredAt: 0, messageStart: 0, messageEnd: 0, hostStart: 0, hostEnd: 0 };

  /** Reads a slice, up to a record about an incident, and counts its deliveries. Answers where it ends, and whom it needs at hand. */
  function read(
    records: readonly LogRecord[],
    from: number,
    end: number,
    present: number,
  ): { readonly to: number; readonly needed: Map<string, { tenant: string; address: string }> } {
    const needed = new Map<string, { tenant: string; address: string }>();
    let to = end;
    let delivered = 0;
    let accepted = 0;
    let ahead = clock;
    decoded = new Array<undefined>(end - from);
    for (let i = from; i < to; i += 1) {
      const record = records[i] as LogRecord;
      const type = wire.peek(record, places);
      if (type === undefined && wire.isIncident(record.key)) {
        to = i;
        break;
      }
      peeked[i - from] = 0;
      ahead = Math.max(ahead, Math.min(record.recordTime, present));
      if (type === 'accepted') accepted += 1;
      else if (type === 'delivered') {
        const key = record.key as Uint8Array;
        const hash = hashOfKey(key);
        const provider = contrast.delivered(key, hash, record.value as Uint8Array, places, ahead);
        tally?.delivered(provider);
        if (deadlines.mayBeTracked(hash) && deadlines.isTracked(wire.keyText(key))) decode(record, i - from, needed);
        else {
          delivered += 1;
          // Untracked so far: a record of the same slice may still open a streak, so this one is looked at again then.
          peeked[i - from] = hash;
        }
      } else {
        const event = decode(record, i - from, needed);
        if (event?.type === 'delivered') {
          const provider = contrast.deliveredEvent(event, recipientKey(event.tenant, event.recipient), ahead);
          tally?.delivered(provider);
        }
      }
      if (type !== undefined) note(record, true);
    }
    counts.peeked += delivered + accepted;
    if (delivered > 0) tally?.event('delivered', delivered);
    if (accepted > 0) tally?.event('accepted', accepted);
    return { to, needed };
  }

  function decode(record: LogRecord, index: number, needed: Map<string, { tenant: string; address: string }>): LogEvent | undefined {
    const read = wire.decode(record);
    if (!read.ok) {
      reject(record, read.reason, read.detail);
      note(record, false);
      return undefined;
    }
    if (read.clamped) counts.clamped += 1;
    note(record, true);
    const { event } = read;
    const key = recipientKey(event.tenant, event.recipient);
    tally?.event(event.type);
    decoded[index] = { event, key };
    if (leavesTrace(event, key)) needed.set(key, { tenant: event.tenant, address: event.recipient });
    return event;
  }

  /** A delivery that was only peeked at, because nothing was against its recipient then. It was counted already. */
  function again(record: LogRecord): LogEvent | undefined {
    const read = wire.decode(record);
    return read.ok ? read.event : undefined;
  }

  function reject(record: LogRecord, reason: string, detail: string): void {
    counts.deadLetters += 1;
    tally?.deadLetter(reason);
    deadLetters.push({ offset: record.offset, key: record.key, value: record.value, reason, detail });
  }

  function note({ offset }: LogRecord, readable: boolean): void {
    const reason = breaker.record(offset, readable);
    if (reason !== null && state.kind === 'running') state = { kind: 'stopped', reason };
  }

  /** A delivery to a recipient that nobody has anything against leaves no trace. */
  function leavesTrace(event: LogEvent, key: string): boolean {
    if (deadlines.isTracked(key)) return event.type !== 'accepted' && event.type !== 'rejected';
    switch (event.type) {
      case 'accepted':
      case 'rejected':
      case 'delivered':
        return false;
      default:
        return true;
    }
  }

  // ------------------------------------------------------------------------------------------ folding

  async function take(records: readonly LogRecord[], nextOffset: number): Promise<void> {
    // Records below the checkpoint were folded before.
    let from = 0;
    while (from < records.length && (records[from] as LogRecord).offset < position) from += 1;
    while (from < records.length) {
      const end = Math.min(from + SLICE, records.length);
      from = await fold(records, from, end);
      if (state.kind !== 'running') return;
      if (from < end) {
        await hear(records[from] as LogRecord);
        from += 1;
      }
      if (state.kind !== 'running') return;
      await commitIfDue();
      if (state.kind !== 'running') return;
      await time.yield();
    }
    position = Math.max(position, nextOffset);
    await fireDue();
    await commitIfDue();
  }

  /** Answers how far it came: up to `end`, or to a record about an incident. */
  async function fold(records: readonly LogRecord[], from: number, end: number): Promise<number> {
    const present = time.now();
    const { to, needed } = read(records, from, end, present);
    // What was found wrong so far is not committed when the breaker trips: it is read again when an operator lets go.
    if (state.kind !== 'running') return from;
    if (needed.size > 0) await recipients.load(needed);
    const hashes = new Set<number>();
    for (const key of needed.keys()) hashes.add(hashOfText(key));
    for (let i = from; i < to; i += 1) {
      const record = records[i] as LogRecord;
      const before = clock;
      follow(record, present);
      const one = decoded[i - from];
      const hash = peeked[i - from] as number;
      if (one !== undefined) {
        if (needed.has(one.key)) foldOne(record, one.event, one.key, before);
      } else if (hash !== 0 && hashes.has(hash)) {
        const key = wire.keyText(record.key as Uint8Array);
        if (needed.has(key)) foldOne(record, again(record), key, before);
      }
      position = record.offset + 1;
    }
    counts.records += to - from;
    return to;
  }

  /** The clock goes on to the record's time. */
  function follow({ recordTime }: LogRecord, present: number): void {
    const before = clock;
    clock = Math.max(clock, Math.min(recordTime, present));
    // What was counted before this record decides.
    if (clock > before) contrast.close(clock);
  }

  // ---------------------------------------------------------------------------------------- incidents

  /** A record about an incident: what it says is carried out in the whole partition before the next record is read. */
  async function hear(record: LogRecord): Promise<void> {
    // What was folded so far must be where it is looked for.
    await flush();
    if (state.kind !== 'running') return;
    follow(record, time.now());
    const read = wire.decodeIncident(record);
    note(record, read.ok);
    if (!read.ok) reject(record, read.reason, read.detail);
    else await carryOut(read.notice);
    if (state.kind !== 'running') return;
    position = record.offset + 1;
    counts.records += 1;
  }

  /**
   * In steps of one commit each, all of them at this record: whoever goes on after a crash reads it again, finds most of it done, and does
   * the rest. With the first step the incident is known, so that nothing in between is folded as if it were not.
   */
  async function carryOut(notice: IncidentNotice): Promise<void> {
    const news = incidents.told(notice);
    if (news === 'known') return;
    if (news === 'news' && notice.announcedBy === partition) recipients.announce(notice, clock);
    const which = concernedBy(notice);
    let looked = 0;
    let changed = 0;
    for (let cursor: number | null = 0; cursor !== null;) {
      const from: number = cursor;
      const page = await untilThere(time, () => store.concerned(partition, which, from));
      await recipients.load(new Map(page.recipients.map((one) => [recipientKey(one.tenant, one.address), one])));
      for (const { tenant, address } of page.recipients) {
        const key = recipientKey(tenant, address);
        const held = recipients.get(key);
        if (held === undefined) continue;
        const { facts } = held.recipient;
        const changes = recipients.holdBack(key, clock);
        looked += 1;
        if (held.recipient.facts === facts) continue;
        if (changes.length > 0) changed += 1;
        counts.changes += changes.length;
        tally?.changed(changes);
        recipients.touched(key, changes);
        if (recipients.dirty() < limits.rows) continue;
        incidentsTold = [incidents.progress(notice, looked, changed, false)];
        await flush();
        if (state.kind !== 'running') return;
      }
      cursor = page.cursor;
      await time.yield();
    }
    // The last step goes with the record itself.
    incidentsTold = [incidents.progress(notice, looked, changed, true)];
  }

  function foldOne(record: LogRecord, event: LogEvent | undefined, key: string, before: number): void {
    const held = recipients.get(key);
    if (event === undefined || held === undefined || !leavesTrace(event, key)) return;
    if (held.foreign) {
      reject(record, 'wrong_key', 'this recipient belongs to another partition: its records came with another key or partitioner before');
      return;
    }
    if (event.type === 'forget') {
      counts.changes += recipients.forget(key, event, clock, record.offset).length;
      return;
    }
    const context = recipients.contextOf(event.tenant);
    const made = factOf(event, (failed) => judge(failed, providerOf, classifier));
    if (made === undefined) return;
    const fact = marked(made, incidents.concerning(event.tenant, event.recipient), (id) => incidents.isKnown(id));
    if (recipients.isOfErased(key, fact, record.offset)) return;
    if (isCommand(event)) recipients.lifted(key, event, record.offset);
    tally?.failed(fact, key);
    noteFailing(event.tenant, key, fact, held.recipient, context);
    noteBeginning(fact, held.recipient, context);
    if (fact.kind === 'delivered') noteWait(held.recipient, fact, key);
    const changes = [...recipients.holdBack(key, Number.isFinite(before) ? before : clock)];
    if (Number.isFinite(before)) changes.push(...advanceTo(held.recipient, before, context));
    const added = addFact(held.recipient, fact, clock, context);
    if (added === 'duplicate') counts.duplicates += 1;
    else changes.push(...added);
    if (added === 'duplicate' && changes.length === 0) return;
    counts.changes += changes.length;
    tally?.changed(changes);
    recipients.touched(key, changes);
  }

  /** Trouble that is neither the recipient's nor the message's is the provider's, as far as the windows are concerned. */
  function noteFailing(tenant: string, key: string, fact: Fact, { facts }: Recipient, { policies: own }: FoldContext): void {
    if (fact.kind !== 'failure') return;
    const { verdict, provider } = causeOf(fact, facts);
    const attribution = attributionOf(own.streams.get(fact.stream) ?? own.base, verdict);
    if (attribution === 'recipient' || attribution === 'message' || provider === null) return;
    contrast.failed({ tenant, provider, at: fact.at, key }, clock);
  }

  function noteBeginning(fact: Fact, { facts }: Recipient, { policies: own }: FoldContext): void {
    if (fact.kind !== 'failure' || fact.judged.provider === null) return;
    if (!begins(fact, facts, own.streams.get(fact.stream) ?? own.base)) return;
    incidentCounts.failed(fact.judged.provider, fact.at, fact.judged.reply);
  }

  /** From the first failure since the last delivery to this one. */
  function noteWait({ facts }: Recipient, delivered: DeliveredFact, key: string): void {
    if (tally === undefined || facts.some(({ id }) => id === delivered.id)) return;
    const { at } = delivered;
    let first: number | undefined;
    for (let index = facts.length - 1; index >= 0; index -= 1) {
      const fact = facts[index];
      if (fact === undefined || fact.kind === 'delivered') break;
      if (fact.kind === 'failure' && fact.at <= at) first = fact.at;
    }
    if (first !== undefined) tally.waited(key, at - first);
    if (endsGreylisting(facts, delivered)) tally.greylisted(key);
  }

  /** Everybody whose deadline the clock has reached. Answers how many recipients were looked at. */
  async function fireDue(): Promise<number> {
    let fired = 0;
    for (;;) {
      const keys = deadlines.takeDue(clock, DUE_AT_ONCE);
      if (keys.length === 0) {
        contrast.forget(clock);
        return fired;
      }
      await recipients.load(new Map(keys.map((key) => [key, splitKey(key)])));
      for (const key of keys) {
        const held = recipients.get(key);
        if (held === undefined || held.foreign) continue;
        const changes = [...recipients.holdBack(key, clock), ...advanceTo(held.recipient, clock, recipients.contextOf(held.tenant))];
        counts.changes += changes.length;
        tally?.changed(changes);
        recipients.touched(key, changes);
      }
      fired += keys.length;
      if (recipients.dirty() >= limits.rows) await commitIfDue();
      if (state.kind !== 'running') return fired;
    }
  }

  // --------------------------------------------------------------------------------------- committing

  function hasWork(): boolean {
    return (
      position > committedOffset ||
      recipients.dirty() > 0 ||
      deadLetters.length > 0 ||
      clock > committedClock ||
      incidentsTold.length > 0 ||
      recovered
    );
  }

  /** Starts a commit when one is due. While one runs, folding goes on until the next one is full. */
  async function commitIfDue(): Promise<void> {
    const full = position - committedOffset >= limits.records || recipients.dirty() >= limits.rows;
    if (inFlight !== undefined) {
      if (!full) return;
      await inFlight;
    }
    if (state.kind !== 'running' || !hasWork()) return;
    if (!full && recipients.dirty() === 0 && time.monotonic() - lastCommitAt < limits.interval) return;
    beginCommit();
  }

  function beginCommit(): void {
    const { recipients: rows, forgotten, outbox, history, erased } = recipients.take();
    const ends = position > committedOffset || incidentsTold.length > 0 || recovered;
    const plan: CommitPlan = {
      partition,
      epoch,
      fromOffset: committedOffset,
      nextOffset: position,
      clock,
      fromNumber: committedNumber,
      nextNumber: number,
      attempts: ends ? attempts : counted,
      recipients: rows,
      erased,
      forgotten,
      outbox,
      history,
      deadLetters,
      clockMoves,
      contrast: contrast.take(),
      incidents: incidentsTold,
      incidentCounts: incidentCounts.take(time.monotonic()),
    };
    deadLetters = [];
    clockMoves = [];
    incidentsTold = [];
    recovered = false;
    lastCommitAt = time.monotonic();
    inFlight = commit(plan).finally(() => (inFlight = undefined));
    options.committing?.(inFlight);
  }

  async function commit(plan: CommitPlan): Promise<void> {
    const began = time.monotonic();
    const result = await commitUntilKnown(plan);
    if (result === 'fenced') {
      state = { kind: 'fenced' };
      return;
    }
    if (result !== 'committed') {
      state = { kind: 'stopped', reason: result.reason };
      return;
    }
    committedOffset = plan.nextOffset;
    committedNumber = plan.nextNumber;
    committedClock = plan.clock;
    counted = plan.attempts;
    counts.commits += 1;
    options.committed?.(plan, time.monotonic() - began);
  }

  /** Tries again while the store is away; of a commit whose answer was lost, the checkpoint tells what became of it. */
  async function commitUntilKnown(plan: CommitPlan): Promise<'committed' | 'fenced' | { readonly reason: string }> {
    let unknown = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (unknown) {
          const fate = await fateOf(plan);
          if (fate !== 'again') return fate;
          unknown = false;
        }
        const result = await store.commit(plan);
        // A commit whose answer was lost may land only after it was asked for: then the repetition finds its own work done.
        return result === 'fenced' && attempt > 0 && (await fateOf(plan)) === 'committed' ? 'committed' : result;
      } catch (error) {
        if (!(error instanceof StoreError)) return { reason: `commit failed: ${messageOf(error)}` };
        if (error.kind === 'incompatible') return { reason: error.message };
        unknown ||= error.kind === 'outcome_unknown';
        await time.sleep(backOff(attempt));
      }
    }
  }

  /** A commit that moved nothing but rows (only timers fired) also raised `next_number`, or can be made again unharmed. */
  async function fateOf(plan: CommitPlan): Promise<'committed' | 'fenced' | 'again'> {
    const now = await store.position(partition);
    if (now?.epoch !== epoch) return 'fenced';
    if (plan.nextOffset === plan.fromOffset)
      return now.nextNumber === plan.nextNumber && plan.nextNumber !== plan.fromNumber ? 'committed' : 'again';
    return now.nextOffset === plan.nextOffset ? 'committed' : 'again';
  }

  async function begin(): Promise<boolean> {
    // A commit on its way carries the count as it was.
    while (inFlight !== undefined) await inFlight;
    const begun = await untilThere(time, () => store.beginAttempt({ partition, epoch }));
    if (begun === null) state = { kind: 'fenced' };
    else counted = begun;
    return begun !== null;
  }

  async function takeAlone(record: LogRecord): Promise<void> {
    if (!(await begin())) return;
    if (counted > SINGLY_AFTER + ALONE) {
      reject(record, 'poison', `it was begun ${ALONE} times alone in the process, and never ended: the process died, or could not commit`);
      position = record.offset + 1;
    } else {
      await take([record], record.offset + 1);
    }
    await flush();
  }

  async function flush(): Promise<void> {
    while (inFlight !== undefined) await inFlight;
    if (state.kind !== 'running' || !hasWork()) return;
    beginCommit();
    while (inFlight !== undefined) await (inFlight as Promise<void>);
  }

  return {
    partition,
    epoch,
    position: () => position,
    committed: () => committedOffset,
    clock: () => clock,
    tracked: () => deadlines.size(),
    state: () => state,
    counts,
    async start() {
      for await (const page of store.tracked(partition)) {
        for (const { tenant, address, due, policy } of page) {
          // Folded under another policy: looked at as soon as the clock moves.
          deadlines.track(recipientKey(tenant, address), policy === policies.version ? due : Number.MIN_SAFE_INTEGER);
        }
      }
      await fireDue();
    },
    take,
    begin,
    async takeSingly(records, nextOffset, room, signal) {
      // A death on the way leaves the count where the next start begins singly again, at the record that did it.
      attempts = SINGLY_AFTER;
      for (const record of records) {
        if (record.offset < position) continue;
        if (signal.aborted) return;
        await room.alone(() => takeAlone(record));
        if (state.kind !== 'running') return;
      }
      attempts = 0;
      recovered = true;
      await room.among(async () => {
        await take([], nextOffset);
        await flush();
      });
    },
    async advance(present) {
      if (present > clock && state.kind === 'running') {
        clock = present;
        const closed = contrast.close(clock);
        if ((await fireDue()) > 0 || closed) clockMoves.push({ beforeOffset: position, clock });
      }
      // Also when the clock stands: what was folded since the last commit waits for nobody.
      await commitIfDue();
    },
    flush,
  };
}

/** The reverse of `recipientKey`: a tenant has no slash. */
function splitKey(key: string): { tenant: string; address: string } {
  const slash = key.indexOf('/');
  return { tenant: key.slice(0, slash), address: key.slice(slash + 1) };
}
