/**
 * What must hold, looked at from outside of every process: after each commit, each append and each clean-up of an outbox, and
 * at the end. The first thing that does not hold ends the run.
 */
import { isDeepStrictEqual } from 'node:util';
import { providerOf } from '@desist/contracts';
import { classify, decodeRecipient, DEFAULT_POLICY, NO_REPLY, recipientKey } from '@desist/domain';
import type { DeliveryEvent, Incident, IncidentNotice, LogEvent, PolicySet, Verdict } from '@desist/domain';
import { memoryPartitionOf } from '@desist/memory';
import type { MemoryStore } from '@desist/memory';
import type { Claim, CommitPlan, CommitResult, OutRecord, RecipientRow, Topic } from '@desist/pipeline';
import { heldBackBy } from '../support/oracle/incidents.ts';
import { oracle } from '../support/oracle/oracle.ts';
import type { Process, Scheduler } from './scheduler.ts';

export const POLICIES: PolicySet = { version: 'sha256:simulated', base: DEFAULT_POLICY, tenants: new Map() };

/** For so long a relay believes an answer about its epoch, ms. */
const BELIEVED = 1_000;

/** What the log was given, for the oracle. */
export type Given = {
  readonly partition: number;
  readonly offset: number;
  /** When, on the true clock, ms. */
  readonly at: number;
} & ({ readonly event: LogEvent; readonly poison: boolean } | { readonly notice: IncidentNotice } | { readonly junk: true });

export type Before = readonly unknown[];

export interface Sending {
  /** Nobody who owned the partition before is still about to append. */
  allowed(): boolean;
  due(): number;
  landed(): void;
}

export interface Checks {
  given(record: Given): void;
  claimed(process: Process, claim: Claim): void;
  before(partition: number): Before;
  committed(process: Process, plan: CommitPlan, result: CommitResult, before: Before): void;
  appended(process: Process, topic: Topic, records: readonly OutRecord[]): void;
  relayed(partition: number): Promise<void>;
  /** A relay asks for its epoch: from when the database answers until it believes the answer no longer, an append of it is safe. */
  asking(process: Process, partition: number, at: number): { arrived(): void; answered(): void };
  sending(process: Process, records: readonly OutRecord[]): Sending;
  /** An append of it is on its way, or it has just been told that it may append. */
  isAppending(process: Process): boolean;
  died(process: Process): void;
  /** When nothing is left to do. */
  end(): void;
}

export type Counted = 'claims' | 'commits' | 'refused' | 'changes' | 'dead letters' | 'repeats' | 'incidents' | 'steps of incidents';

interface Window {
  readonly process: Process;
  readonly partition: number;
  readonly claim: number;
  believedUntil: number;
  pending: number;
}

interface Change {
  /** Not of an incident's. */
  readonly recipient?: string;
  readonly incident?: string;
  readonly holds?: boolean;
  readonly effectiveAt: string;
  readonly type: string;
  readonly suppression?: {
    readonly scope: string;
    readonly reason: string;
    readonly since: string;
    readonly expiresAt: string | null;
  } | null;
  readonly sequence: { readonly partition: number; readonly number: number };
}

export function createChecks(options: {
  readonly scheduler: Scheduler;
  readonly store: MemoryStore;
  readonly partitions: number;
  /** Any two appends may change places, also those of a former owner (false: the assumption of docs/testing.md holds). */
  readonly unordered: boolean;
  readonly fail: (problem: string) => void;
  readonly tell: (line: () => string) => void;
  readonly count: (what: Counted) => void;
}): Checks {
  const { scheduler, store, partitions, fail, tell, count } = options;
  const given: Given[] = [];
  const claims = new Map<number, { readonly process: Process; readonly epoch: number; readonly count: number }>();
  const windows: Window[] = [];
  /** Changes that a commit announced, by partition and number. */
  const announced = new Map<string, string>();
  const published = new Map<number, number>();
  const changes: Change[] = [];
  const compacted = new Map<string, string | null>();
  const letters = new Map<string, string>();
  const lettersOut = new Set<string>();
  const numbers = new Map<number, number>();
  const clocks = new Map<number, number>();
  const offsets = new Map<number, number>();

  const partitionOf = (key: OutRecord['key']): number => memoryPartitionOf(key, partitions);

  // ---------------------------------------------------------------------------------------- commits

  function committed(process: Process, plan: CommitPlan, result: CommitResult, before: Before): void {
    const { partition } = plan;
    count(result === 'fenced' ? 'refused' : 'commits');
    if (result === 'fenced') {
      tell(
        () => `the database refuses a commit of ${process.name} for partition ${partition} (epoch ${plan.epoch}, from ${plan.fromOffset})`,
      );
      if (!isDeepStrictEqual(snapshot(partition), before)) fail(`a commit of ${process.name} was refused and changed something`);
      return;
    }
    if (plan.incidents.some(({ done }) => !done)) count('steps of incidents');
    const idle = plan.nextOffset === plan.fromOffset && plan.recipients.length + plan.forgotten.length === 0;
    if (!idle)
      tell(() => {
        const { fromOffset, nextOffset, recipients, outbox, clock, epoch } = plan;
        return `${process.name} commits partition ${partition} (epoch ${epoch}) from ${fromOffset} to ${nextOffset}, clock ${hours(clock)}: ${recipients.length} rows, changes ${outbox.map(({ number }) => `#${number}`).join(' ') || 'none'}`;
      });
    const owner = claims.get(partition);
    if (owner?.process !== process || owner.epoch !== plan.epoch) {
      fail(`a commit of ${process.name} for partition ${partition} was accepted although ${owner?.process.name ?? 'nobody'} has it now`);
    }
    const checkpoint = store.checkpoint(partition);
    const clock = checkpoint?.clock ?? Number.NaN;
    const next = checkpoint?.nextOffset ?? Number.NaN;
    if (next < (offsets.get(partition) ?? 0)) fail(`the checkpoint of partition ${partition} went back to ${next}`);
    if (clock < (clocks.get(partition) ?? 0)) fail(`the clock of partition ${partition} went back to ${hours(clock)}`);
    offsets.set(partition, next);
    clocks.set(partition, clock);
    announce(plan);
    if (checkpoint?.nextNumber !== (numbers.get(partition) ?? 0) + 1) fail(`partition ${partition}: the next number is not the next one`);
    lettersOf(plan);
    checkClock(plan);
    checkRecipients(partition, next, clock, false);
  }

  function announce({ partition, outbox }: CommitPlan): void {
    for (const { number, change } of outbox) {
      if (number !== (numbers.get(partition) ?? 0) + 1) {
        fail(`partition ${partition}: change #${number} is announced after #${numbers.get(partition) ?? 0}`);
      }
      numbers.set(partition, number);
      announced.set(`${partition}/${number}`, change);
    }
  }

  function lettersOf({ partition, deadLetters }: CommitPlan): void {
    for (const { offset, reason } of deadLetters) {
      const place = `${partition}/${offset}`;
      if (letters.has(place)) fail(`record ${offset} of partition ${partition} became a dead letter twice`);
      letters.set(place, reason);
      count('dead letters');
      tell(() => `record ${offset} of partition ${partition} is a dead letter: ${reason}`);
    }
  }

  /** The clock stands where records that were read have moved it, or nothing older than it waits to be read. */
  function checkClock({ partition, nextOffset, clock }: CommitPlan): void {
    const own = given.filter((record) => record.partition === partition);
    if (own.some(({ offset, at }) => offset < nextOffset && at >= clock)) return;
    const waiting = own.find(({ offset, at }) => offset >= nextOffset && at < clock);
    if (waiting !== undefined) {
      fail(
        `the clock of partition ${partition} is at ${hours(clock)} while record ${waiting.offset} of ${hours(waiting.at)} has not been read`,
      );
    }
  }

  function checkRecipients(partition: number, nextOffset: number, clock: number, exact: boolean): void {
    const rows = new Map(store.rows().map((row) => [row.address, row]));
    const histories = new Map<string, LogEvent[]>();
    const told = toldIn(partition, nextOffset);
    const pending = checkKnown(partition, nextOffset, told);
    for (const record of given) {
      if (record.partition !== partition || record.offset >= nextOffset) continue;
      const letter = letters.get(`${partition}/${record.offset}`);
      if ('notice' in record) {
        if (letter !== undefined) fail(`record ${record.offset} of partition ${partition}, about an incident, was given up: ${letter}`);
        continue;
      }
      if ('junk' in record) {
        if (letter === undefined) fail(`record ${record.offset} of partition ${partition} can not be read and is no dead letter`);
        continue;
      }
      if (letter !== undefined) {
        if (!record.poison) fail(`record ${record.offset} of partition ${partition} was given up: ${letter}`);
        continue;
      }
      const own = histories.get(record.event.recipient);
      if (own === undefined) histories.set(record.event.recipient, [record.event]);
      else own.push(record.event);
    }
    for (const [address, events] of histories) {
      const row = rows.get(address);
      // Between two commits a timer may be due: a row says what holds at its own clock.
      checkRow(address, row, { events, told, pending }, exact || row === undefined ? clock : clockOf(row));
    }
  }

  /** What a partition's records below this offset say of incidents, in order. */
  function toldIn(partition: number, below: number): readonly IncidentNotice[] {
    return given.flatMap((record) =>
      'notice' in record && record.partition === partition && record.offset < below ? [record.notice] : [],
    );
  }

  /** The partition knows what it was told; answers the one incident that it is about to carry out, of the record that comes next. */
  function checkKnown(partition: number, nextOffset: number, told: readonly IncidentNotice[]): IncidentNotice | undefined {
    const stored = store.checkpoint(partition)?.incidents ?? [];
    const unfinished = stored.filter(({ done }) => !done);
    const next = given.find((record) => record.partition === partition && record.offset >= nextOffset);
    const pending = unfinished.length > 0 && next !== undefined && 'notice' in next ? next.notice : undefined;
    const lines = (known: readonly (readonly [IncidentNotice | Incident, boolean])[]): string[] =>
      known.map(([{ id, revision, holds }, done]) => `${id} ${revision} ${holds ? 'holds' : 'free'} ${done ? 'done' : 'begun'}`).sort();
    const latest = new Map<string, readonly [IncidentNotice, boolean]>(latestOf(told).map((notice) => [notice.id, [notice, true]]));
    if (pending !== undefined) latest.set(pending.id, [pending, false]);
    const [found, wanted] = [lines(stored.map(({ incident, done }) => [incident, done])), lines([...latest.values()])];
    if (!isDeepStrictEqual(found, wanted)) {
      fail(
        `partition ${partition} below ${nextOffset} knows of incidents: ${found.join(', ') || 'none'}; it was told: ${wanted.join(', ') || 'none'}`,
      );
    }
    return pending;
  }

  /** While an incident is being carried out, a row is as before or as after. */
  function checkRow(address: string, row: RecipientRow | undefined, history: History, clock: number): void {
    const { events, told, pending } = history;
    const wantedOf = (notices: readonly IncidentNotice[]): object => {
      const { state, suppressions, allowed, streak } = oracle({
        events,
        clock,
        policy: POLICIES,
        verdictOf,
        heldBack: heldBackBy(notices, providerOf),
      });
      return { state, suppressions, allowed, streak: streak === null ? null : [streak.startedAt, streak.lastAt, streak.failures] };
    };
    const wanted = wantedOf(told);
    const found = {
      state: row?.state ?? 'healthy',
      suppressions: (row?.holds?.suppressions ?? []).map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })),
      allowed: row?.holds?.allowed ?? [],
      streak: row?.streakStartedAt == null ? null : [row.streakStartedAt, row.lastFailureAt, row.failures],
    };
    if (isDeepStrictEqual(found, wanted)) return;
    if (pending === undefined || !isDeepStrictEqual(found, wantedOf([...told, pending]))) {
      fail(`${address} at ${hours(clock)} is ${JSON.stringify(found)}, and should be ${JSON.stringify(wanted)}`);
    }
  }

  // -------------------------------------------------------------------------------------- published

  function appended(process: Process, topic: Topic, records: readonly OutRecord[]): void {
    for (const { key, value, headers } of records) {
      if (topic === 'suppressionEvents') publish(process, String(value));
      else if (topic === 'suppressions') {
        compacted.set(String(key), value === null ? null : String(value));
        tell(
          () => `${process.name} appends to suppressions: ${String(key)} ${value === null ? 'holds nothing' : versionOf(String(value))}`,
        );
      } else if (topic === 'deadLetters') lettersOut.add(`${headers?.['partition'] ?? ''}/${headers?.['offset'] ?? ''}`);
    }
  }

  function publish(process: Process, text: string): void {
    const change = JSON.parse(text) as Change;
    const { partition, number } = change.sequence;
    const high = published.get(partition) ?? 0;
    tell(() => {
      const what = change.suppression == null ? '' : ` ${change.suppression.reason} ${change.suppression.scope}`;
      return `${process.name} publishes #${number} of partition ${partition}: ${change.recipient ?? change.incident ?? ''} ${change.type}${what}${number <= high ? ' (again)' : ''}`;
    });
    const known = announced.get(`${partition}/${number}`);
    if (known === undefined) fail(`change #${number} of partition ${partition} was published and never committed`);
    else if (known !== text) fail(`change #${number} of partition ${partition} was published with another content than committed`);
    if (change.recipient === undefined && number > high) count('incidents');
    count(number <= high ? 'repeats' : 'changes');
    if (number <= high) return;
    if (number > high + 1) fail(`change #${number} of partition ${partition} was published after #${high}`);
    published.set(partition, number);
    changes.push(change);
  }

  /** Nothing waits to be published: then the compacted topic says what the table says. */
  async function relayed(partition: number): Promise<void> {
    if (windows.some((window) => window.partition === partition && window.pending > 0)) return;
    if ((await store.outbox(partition, 1)).length === 0) checkCompacted(partition);
  }

  function checkCompacted(partition: number): void {
    for (const row of store.rows()) {
      if (row.partition !== partition) continue;
      const text = compacted.get(recipientKey(row.tenant, row.address)) ?? null;
      const value = text === null ? { suppressions: [], allowed: [] } : (JSON.parse(text) as { suppressions: Terms[]; allowed: Terms[] });
      const found = [...value.suppressions, ...value.allowed].map(lineOf).sort();
      const wanted = [...(row.holds?.suppressions ?? []), ...(row.holds?.allowed ?? [])].map(lineOf).sort();
      if (!isDeepStrictEqual(found, wanted)) {
        fail(`the compacted topic says of ${row.address}: ${found.join(', ') || 'nothing'}; the table: ${wanted.join(', ') || 'nothing'}`);
      }
    }
  }

  function checkChanges(): void {
    for (const [partition, number] of numbers) {
      if ((published.get(partition) ?? 0) !== number)
        fail(`partition ${partition}: ${number} changes, ${published.get(partition) ?? 0} published`);
    }
    const history = store.history().map(({ address, version }) => `${address} ${version}`);
    if (new Set(history).size !== history.length) fail('a change stands twice in the history');
    const versions = store.rows().flatMap(({ address, version }) => Array.from({ length: version }, (_, n) => `${address} ${n + 1}`));
    if (!isDeepStrictEqual(history.toSorted(), versions.sort())) fail('the history does not hold each version of each recipient once');
    const held = new Map<string, string>();
    for (const { recipient = '', type, suppression, incident } of changes) {
      if (suppression == null) continue;
      const key = `${recipient} ${suppression.scope} ${suppression.reason}`;
      const line = `${recipient} ${lineOf(suppression)}`;
      const ends = type === 'released' || type === 'corrected';
      // What an incident brings about is said once, however often carrying it out was begun.
      if (incident !== undefined && (ends ? !held.has(key) : held.get(key) === line))
        fail(`${recipient} ${type} by ${incident}: it was so before`);
      if (type === 'suppressed') held.set(key, line);
      else if (ends) held.delete(key);
    }
    const table = store.rows().flatMap(({ address, holds }) => (holds?.suppressions ?? []).map((one) => `${address} ${lineOf(one)}`));
    if (!isDeepStrictEqual([...held.values()].sort(), table.sort())) fail('who applies the published changes does not hold the table');
  }

  /** What was decided about an incident is said once, by the one partition that is to say it. */
  function checkIncidents(): void {
    const wanted: string[] = [];
    for (let partition = 0; partition < partitions; partition += 1) {
      const revisions = new Map<string, number>();
      for (const { id, revision, action, holds, at, announcedBy } of toldIn(partition, Number.POSITIVE_INFINITY)) {
        if (revision <= (revisions.get(id) ?? -1)) continue;
        revisions.set(id, revision);
        if (announcedBy === partition) wanted.push(`${partition}: ${id} incident_${action} ${String(holds)} ${new Date(at).toISOString()}`);
      }
    }
    const found = changes.flatMap(({ type, recipient, incident = '', holds, effectiveAt, sequence }) =>
      recipient === undefined ? [`${sequence.partition}: ${incident} ${type} ${String(holds)} ${effectiveAt}`] : [],
    );
    if (!isDeepStrictEqual(found.toSorted(), wanted.sort())) {
      fail(`of incidents was published: ${found.join(', ') || 'nothing'}; what was to be: ${wanted.join(', ') || 'nothing'}`);
    }
  }

  // ------------------------------------------------------------------------------ the relay's window

  const isOpen = ({ pending, believedUntil }: Window): boolean => pending > 0 || believedUntil > scheduler.present();

  function windowOf(process: Process, partition: number): Window | undefined {
    return windows.find((window) => window.process === process && window.partition === partition);
  }

  function asking(process: Process, partition: number, at: number): { arrived(): void; answered(): void } {
    let window: Window | undefined;
    return {
      arrived() {
        const owner = claims.get(partition);
        if (owner?.process !== process || !process.alive) return;
        window = windowOf(process, partition);
        if (window?.claim !== owner.count) {
          if (window !== undefined) windows.splice(windows.indexOf(window), 1);
          windows.push((window = { process, partition, claim: owner.count, believedUntil: 0, pending: 0 }));
        }
        window.pending += 1;
        window.believedUntil = at + BELIEVED;
      },
      answered() {
        if (window !== undefined) window.pending -= 1;
      },
    };
  }

  function sending(process: Process, records: readonly OutRecord[]): Sending {
    const partition = partitionOf(records[0]?.key ?? null);
    const own = windowOf(process, partition);
    const safe = own !== undefined && isOpen(own) ? own : undefined;
    if (safe !== undefined) safe.pending += 1;
    const earlier = (): readonly Window[] =>
      windows.filter(
        (one) => !options.unordered && one.partition === partition && one.process !== process && one.claim < (own?.claim ?? 0),
      );
    return {
      allowed: () => earlier().every(({ pending }) => pending === 0),
      due: () => Math.max(0, ...earlier().map(({ believedUntil }) => believedUntil)),
      landed() {
        if (safe !== undefined) safe.pending -= 1;
      },
    };
  }

  // -------------------------------------------------------------------------------------------------

  function snapshot(partition: number): Before {
    return [{ ...store.checkpoint(partition) }, store.history().length, ...store.rows()];
  }

  return {
    given: (record) => void given.push(record),
    claimed(process, { partition, epoch, nextOffset }) {
      count('claims');
      claims.set(partition, { process, epoch, count: (claims.get(partition)?.count ?? 0) + 1 });
      tell(() => `${process.name} takes partition ${partition}: epoch ${epoch}, from ${nextOffset}`);
    },
    before: snapshot,
    committed,
    appended,
    relayed,
    asking,
    sending,
    isAppending: (process) => !options.unordered && windows.some((window) => window.process === process && window.pending > 0),
    died(process) {
      for (const window of windows.filter((one) => one.process === process)) windows.splice(windows.indexOf(window), 1);
    },
    end() {
      for (let partition = 0; partition < partitions; partition += 1) {
        const checkpoint = store.checkpoint(partition);
        if (checkpoint === undefined) continue;
        checkRecipients(partition, checkpoint.nextOffset, checkpoint.clock, true);
        checkCompacted(partition);
      }
      checkChanges();
      checkIncidents();
      if (!isDeepStrictEqual([...lettersOut].sort(), [...letters.keys()].sort()))
        fail('the dead letters that went out are not those committed');
    },
  };
}

interface History {
  readonly events: readonly LogEvent[];
  readonly told: readonly IncidentNotice[];
  readonly pending: IncidentNotice | undefined;
}

/** Of each incident the highest revision, the first time that it was told. */
function latestOf(told: readonly IncidentNotice[]): readonly IncidentNotice[] {
  const latest = new Map<string, IncidentNotice>();
  for (const notice of told) if (notice.revision > (latest.get(notice.id)?.revision ?? -1)) latest.set(notice.id, notice);
  return [...latest.values()];
}

/** Up to where its timers have fired. */
const clockOf = ({ evidence, version }: RecipientRow): number => decodeRecipient(evidence, version)?.clock ?? Number.NaN;

interface Terms {
  readonly scope: string;
  readonly reason?: string;
  readonly since?: string | number;
  readonly expiresAt: string | number | null;
}

const lineOf = ({ scope, reason, since, expiresAt }: Terms): string => {
  const moment = (value: string | number | null | undefined): string => (value == null ? 'never' : new Date(value).toISOString());
  return reason === undefined
    ? `allowed ${scope} until ${moment(expiresAt)}`
    : `${scope} ${reason} since ${moment(since)} until ${moment(expiresAt)}`;
};

const versionOf = (text: string): string => `version ${String((JSON.parse(text) as { recipientVersion: number }).recipientVersion)}`;

const FIRST = Date.UTC(2026, 2, 1);

/** Since the beginning of the world. */
export function hours(moment: number): string {
  return `${((moment - FIRST) / 3_600_000).toFixed(3).replace(/\.?0+$/u, '')}h`;
}

const verdicts = new Map<string, Verdict>();

function verdictOf(event: DeliveryEvent): Verdict | null {
  if (event.smtp === undefined) return event.type === 'expired' ? null : NO_REPLY;
  const { text = '', code, enhanced } = event.smtp;
  const known = verdicts.get(text);
  if (known !== undefined) return known;
  const verdict = classify({ text, ...(code === undefined ? {} : { code }), ...(enhanced === undefined ? {} : { enhanced }) });
  verdicts.set(text, verdict);
  return verdict;
}
