/**
 * What must hold, looked at from outside of every process: after each commit, each append and each clean-up of an outbox, and
 * at the end. The first thing that does not hold ends the run.
 */
import { isDeepStrictEqual } from 'node:util';
import { createTable, isNew } from '@desist/client';
import type { Marks } from '@desist/client';
import { providerOf } from '@desist/verdicts';
import { classify, NO_REPLY } from '@desist/verdicts';
import { asAddress, DAY, decodeRecipient, decodeShadow, DEFAULT_POLICY, HOUR, recipientKey, viewOf } from '@desist/domain';
import type { DeliveryEvent, Incident, IncidentNotice, LogEvent, PolicySet, RecipientKey } from '@desist/domain';
import type { Verdict } from '@desist/verdicts';
import { memoryPartitionOf } from '@desist/memory';
import type { MemoryStore } from '@desist/memory';
import { codec } from '@desist/runtime/codec';
import type { Claim, CommitPlan, CommitResult, OutRecord, Ownership, RecipientRow, Topic } from '@desist/pipeline';
import { differenceOf, recountChanges, recountEvents } from '../support/oracle/rollups.ts';
import type { PublishedChange } from '../support/oracle/rollups.ts';
import { recountRegret } from '../support/oracle/regret.ts';
import { shadowDifference } from '../support/oracle/shadow.ts';
import type { HeldByShadow } from '../support/oracle/shadow.ts';
import { rollupsOf } from '../support/rollups-of.ts';
import { heldBackBy } from '../support/oracle/incidents.ts';
import { oracle } from '../support/oracle/oracle.ts';
import type { Process } from './scheduler.ts';

/** Quicker, and with other levels: it suppresses others, and at other times. */
const SHADOW: PolicySet = {
  version: 'sha256:shadow',
  base: {
    ...DEFAULT_POLICY,
    deferral: {
      ...DEFAULT_POLICY.deferral,
      persistentAfter: 4 * HOUR,
      softBounceAfter: 20 * HOUR,
      suppressAfter: 20 * HOUR,
      evidenceSpan: 6 * HOUR,
      atRiskBefore: 6 * HOUR,
    },
    suppression: { ...DEFAULT_POLICY.suppression, expiry: [2 * DAY, null], complaintScope: 'stream' },
  },
  tenants: new Map(),
};
const SHADOW_CONTEXT = { policies: { base: SHADOW.base, streams: new Map() }, policyVersion: SHADOW.version };
export const POLICIES: PolicySet = { version: 'sha256:simulated', base: DEFAULT_POLICY, tenants: new Map(), shadow: SHADOW };

/** What the log was given, for the oracle. */
export type Given = {
  readonly partition: number;
  readonly offset: number;
  /** When, on the true clock, ms. */
  readonly at: number;
} & ({ readonly event: LogEvent; readonly poison: boolean } | { readonly notice: IncidentNotice } | { readonly junk: true });

export type Before = readonly unknown[];

export interface Checks {
  given(record: Given): void;
  claimed(process: Process, claim: Claim): void;
  before(partition: number): Before;
  committed(process: Process, plan: CommitPlan, result: CommitResult, before: Before): void;
  appended(process: Process, topic: Topic, records: readonly OutRecord[]): void;
  relayed(partition: number): Promise<void>;
  /** The log refused an append of this owner. */
  refusedAppend(process: Process, owner: Ownership): void;
  /** The database went back since the topics of the partition were compared with its tables. */
  wentBack(partition: number, incarnation: number): void;
  /** What is known of the database, to go back to with it. */
  snapshot(): CheckedState;
  restored(state: CheckedState): void;
  /** When nothing is left to do. */
  end(): void;
}

/** What follows from the commits that the database still knows. */
export interface CheckedState {
  readonly claims: ReadonlyMap<number, Holder>;
  readonly live: ReadonlyMap<string, string>;
  readonly letters: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<number, number>;
  readonly clocks: ReadonlyMap<number, number>;
  readonly offsets: ReadonlyMap<number, number>;
}

interface Holder {
  readonly process: Process;
  readonly nonce: string;
  readonly count: number;
}

export type Counted =
  | 'claims'
  | 'commits'
  | 'refused'
  | 'refused appends'
  | 'changes'
  | 'dead letters'
  | 'repeats'
  | 'incidents'
  | 'steps of incidents'
  | 'mended'
  | 'shadows'
  | 'other shadows';

interface Change {
  /** Not of an incident's. */
  readonly recipient?: string;
  /** The id; in a change about an incident, id and kind. */
  readonly incident?: string | { readonly id: string };
  readonly holds?: boolean;
  readonly effectiveAt: string;
  readonly type: string;
  readonly suppression?: {
    readonly scope: string;
    readonly reason: string;
    readonly since: string;
    readonly expiresAt: string | null;
  } | null;
  /** What the decision rests on. */
  readonly evidence?: unknown;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}

export function createChecks(options: {
  readonly store: MemoryStore;
  readonly partitions: number;
  readonly fail: (problem: string) => void;
  readonly tell: (line: () => string) => void;
  readonly count: (what: Counted) => void;
}): Checks {
  const { store, fail, tell, count, partitions } = options;
  const given: Given[] = [];
  const claims = new Map<number, Holder>();
  /** Changes that a commit announced, by partition, incarnation and number. */
  const announced = new Map<string, string>();
  /** Those that the database still knows of. */
  const live = new Map<string, string>();
  /** What was published, by the same places. */
  const read = new Map<string, string>();
  /** How far somebody who reads the changes has come, by partition. */
  const marks: Marks = new Map();
  /** The incarnations under which changes of a partition were announced, and the first number of each. */
  const firstOf = new Map<string, number>();
  let restores = 0;
  const wentBack = new Map<number, number>();
  const changes: Change[] = [];
  const compacted = new Map<string, string | null>();
  /** Who reads the topic from its beginning, as a replica does. */
  const replica = createTable();
  const letters = new Map<string, string>();
  const lettersOut = new Set<string>();
  const numbers = new Map<number, number>();
  const clocks = new Map<number, number>();
  const offsets = new Map<number, number>();

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
    const idle = plan.nextOffset === plan.fromOffset && plan.recipients.length + plan.untracked.length === 0;
    if (!idle)
      tell(() => {
        const { fromOffset, nextOffset, recipients, outbox, clock, epoch } = plan;
        return `${process.name} commits partition ${partition} (epoch ${epoch}) from ${fromOffset} to ${nextOffset}, clock ${hours(clock)}: ${recipients.length} rows, changes ${outbox.map(({ sequence: number }) => `#${number}`).join(' ') || 'none'}`;
      });
    const owner = claims.get(partition);
    if (owner?.process !== process || owner.nonce !== plan.nonce) {
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
    if (checkpoint?.nextSequence !== (numbers.get(partition) ?? 0) + 1) fail(`partition ${partition}: the next number is not the next one`);
    lettersOf(plan);
    checkClock(plan);
    checkRecipients(partition, next, clock, false);
    checkRollups(partition, next);
  }

  function announce({ partition, outbox }: CommitPlan): void {
    for (const { sequence: number, change } of outbox) {
      if (number !== (numbers.get(partition) ?? 0) + 1) {
        fail(`partition ${partition}: change #${number} is announced after #${numbers.get(partition) ?? 0}`);
      }
      numbers.set(partition, number);
      const { incarnation = 0 } = (JSON.parse(change) as Change).sequence;
      const place = `${partition}/${incarnation}`;
      if (!firstOf.has(place)) firstOf.set(place, number);
      announced.set(`${place}/${number}`, change);
      live.set(`${place}/${number}`, change);
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
        if (letter === undefined) fail(`record ${record.offset} of partition ${partition} cannot be read and is no dead letter`);
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
      const row = rows.get(asAddress(address));
      const isOwn = (notice: IncidentNotice): boolean => concerns(notice, events);
      const about = pending !== undefined && isOwn(pending) ? pending : undefined;
      // Between two commits a timer may be due: a row says what holds at its own clock.
      checkRow(address, row, { events, told: told.filter(isOwn), pending: about }, exact || row === undefined ? clock : clockOf(row));
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
      known
        .map(([{ id, revision, excludes }, done]) => `${id} ${revision} ${excludes ? 'excludes' : 'free'} ${done ? 'done' : 'begun'}`)
        .sort();
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
      const { state, suppressions, details, allowed, streak, probationUntil } = oracle({
        events,
        clock,
        policy: POLICIES,
        verdictOf,
        heldBack: heldBackBy(notices, providerOf),
      });
      return {
        state,
        suppressions,
        details,
        allowed,
        probationUntil,
        streak: streak === null ? null : [streak.startedAt, streak.lastAt, streak.failures],
      };
    };
    const wanted = wantedOf(told);
    const found = {
      state: row?.state ?? 'healthy',
      suppressions: (row?.active?.suppressions ?? []).map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })),
      details: (row?.active?.suppressions ?? []).map(({ scope, reason, createdBy: by, note, source, subdomains }) => {
        return { scope, reason, by, note, source, subdomains };
      }),
      allowed: row?.active?.allowed ?? [],
      probationUntil: row?.probationUntil ?? null,
      streak: row?.streakStartedAt == null ? null : [row.streakStartedAt, row.lastFailureAt, row.failures],
    };
    checkShadow(address, row, history);
    if (isDeepStrictEqual(found, wanted)) return;
    if (pending === undefined || !isDeepStrictEqual(found, wantedOf([...told, pending]))) {
      fail(`${address} at ${hours(clock)} is ${JSON.stringify(found)}, and should be ${JSON.stringify(wanted)}`);
    }
  }

  /** Under the shadow policy a row says what the oracle says under that policy alone, at the moment up to which it was folded. */
  function checkShadow(address: string, row: RecipientRow | undefined, { events, told, pending }: History): void {
    // Nothing is kept of a recipient that neither policy needs.
    if (row?.shadow === undefined) {
      if (row?.tracked === true) fail(`${address} is tracked, and the shadow policy says nothing of it`);
      return;
    }
    const real = decodeRecipient(row.evidence, row.version);
    const shadow = real === undefined ? undefined : decodeShadow(row.shadow.text, real);
    if (shadow === undefined || shadow.policy !== SHADOW.version) {
      fail(`${address}: what is stored of the shadow policy cannot be read`);
      return;
    }
    const { state, suppressions } = viewOf(shadow, SHADOW_CONTEXT);
    const found = { state, suppressions: suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })) };
    const wantedOf = (notices: readonly IncidentNotice[]): object => {
      const truth = oracle({ events, clock: shadow.clock, policy: SHADOW, verdictOf, heldBack: heldBackBy(notices, providerOf) });
      return { state: truth.state, suppressions: truth.suppressions };
    };
    count('shadows');
    if (row.shadow.differs) count('other shadows');
    if (row.shadow.state !== state) fail(`${address} is ${row.shadow.state} in the shadow's column and ${state} in its evidence`);
    const wanted = wantedOf(told);
    if (isDeepStrictEqual(found, wanted) || (pending !== undefined && isDeepStrictEqual(found, wantedOf([...told, pending])))) return;
    fail(
      `under the shadow policy ${address} at ${hours(shadow.clock)} is ${JSON.stringify(found)}, and should be ${JSON.stringify(wanted)}`,
    );
  }

  /** Roll-ups, with what is pending, are what the records below the checkpoint and the changes that were announced say. */
  function checkRollups(partition: number, nextOffset: number): void {
    const rows = rollupsOf(store, partition);
    const records = given.flatMap((record) =>
      record.partition === partition && record.offset < nextOffset && 'event' in record && !letters.has(`${partition}/${record.offset}`)
        ? [{ event: record.event, recordTime: record.at }]
        : [],
    );
    const events = differenceOf(
      rows.filter(({ family }) => family === 'events'),
      recountEvents(records),
    );
    if (events !== undefined) fail(`a roll-up of partition ${partition} below ${nextOffset}: ${events}`);
    const published = [...live]
      .filter(([place]) => place.startsWith(`${partition}/`))
      .sort(([a], [b]) => Number(a.slice(a.indexOf('/') + 1)) - Number(b.slice(b.indexOf('/') + 1)))
      .map(([, text]) => JSON.parse(text) as Partial<PublishedChange>);
    const own = published.filter((change): change is PublishedChange => change.recipient !== undefined);
    const regretted = differenceOf(
      rows
        .filter(({ family, type }) => family === 'regret' && (type === 'suppressed' || type === 'regretted'))
        .map((row) => ({ ...row, provider: '' })),
      recountRegret(
        own,
        records.map(({ event }) => event),
      ),
    );
    if (regretted !== undefined) fail(`regret of partition ${partition} below ${nextOffset}: ${regretted}`);
    const { counts, isTold } = recountChanges(own);
    const changed = differenceOf(
      rows.filter((row) => row.family === 'changes' && isTold(row)).map((row) => ({ ...row, provider: '' })),
      counts,
    );
    if (changed !== undefined) fail(`a roll-up of partition ${partition} below ${nextOffset}: ${changed}`);
    const held = store.rows().flatMap((row) => (row.partition === partition ? heldByShadow(row) : []));
    const shadowed = shadowDifference(rows, held);
    if (shadowed !== undefined) fail(`a roll-up of partition ${partition} below ${nextOffset}: ${shadowed}`);
  }

  function heldByShadow({ tenant, address, evidence, version, shadow: said }: RecipientRow): readonly HeldByShadow[] {
    const real = decodeRecipient(evidence, version);
    const shadow = real === undefined || said === undefined ? undefined : decodeShadow(said.text, real);
    if (shadow === undefined) return [];
    return viewOf(shadow, SHADOW_CONTEXT).suppressions.map(({ reason, since }) => ({ tenant, address, reason, since }));
  }

  // -------------------------------------------------------------------------------------- published

  function appended(process: Process, topic: Topic, records: readonly OutRecord[]): void {
    for (const { key, value, headers } of records) {
      if (topic === 'suppressionEvents') publish(process, String(value));
      else if (topic === 'suppressions') {
        compacted.set(String(key), value === null ? null : String(value));
        replica.apply(String(key), value === null ? null : Buffer.from(String(value)), headers);
        tell(
          () => `${process.name} appends to suppressions: ${String(key)} ${value === null ? 'holds nothing' : versionOf(String(value))}`,
        );
      } else if (topic === 'deadLetters') lettersOut.add(`${headers?.['partition'] ?? ''}/${headers?.['offset'] ?? ''}`);
    }
  }

  function publish(process: Process, text: string): void {
    const change = JSON.parse(text) as Change;
    const { partition, number, incarnation = 0 } = change.sequence;
    const mark = marks.get(partition) ?? { incarnation: 0, number: 0 };
    const isFresh = isNew(marks, change);
    tell(() => {
      const what = change.suppression == null ? '' : ` ${change.suppression.reason} ${change.suppression.scope}`;
      return `${process.name} publishes #${number} of partition ${partition}: ${change.recipient ?? incidentOf(change)} ${change.type}${what}${isFresh ? '' : ' (again)'}`;
    });
    const place = `${partition}/${incarnation}/${number}`;
    const known = announced.get(place);
    if (known === undefined) fail(`change #${number} of partition ${partition} was published and never committed`);
    else if (known !== text && live.get(place) !== undefined && restores === 0)
      fail(`change #${number} of partition ${partition} was published with another content than committed`);
    if (!isFresh && live.get(place) === text && read.get(place) !== text)
      fail(`change #${number} of partition ${partition} is dropped by who reads the changes: another one had its number`);
    read.set(place, text);
    if (change.recipient === undefined && isFresh) count('incidents');
    count(isFresh ? 'changes' : 'repeats');
    if (!isFresh) return;
    const next = incarnation === mark.incarnation ? mark.number + 1 : firstOf.get(`${partition}/${incarnation}`);
    if (number !== next) fail(`change #${number} of partition ${partition} was published after #${mark.number}`);
    changes.push(change);
  }

  /** Nothing waits to be published: then the compacted topic says what the table says. */
  async function relayed(partition: number): Promise<void> {
    const isCompared = (store.checkpoint(partition)?.incarnation ?? 0) > (store.checkpoint(partition)?.auditedIncarnation ?? 0);
    if (restores === 0 && !isCompared && (await store.outbox(partition, 1)).length === 0) checkCompacted(partition);
  }

  function checkCompacted(partition: number): void {
    for (const row of store.rows()) {
      if (row.partition !== partition) continue;
      const text = compacted.get(recipientKey(row.tenant, row.address)) ?? null;
      const wanted = linesOf(row.active);
      const readers: readonly (readonly [string, Held | null | undefined])[] = [
        ['the compacted topic', text === null ? null : (JSON.parse(text) as Held)],
        ['a replica', replica.find(row.tenant, row.address)],
      ];
      for (const [who, held] of readers) {
        const found = linesOf(held);
        if (!isDeepStrictEqual(found, wanted))
          fail(`${who} says of ${row.address}: ${found.join(', ') || 'nothing'}; the table: ${wanted.join(', ') || 'nothing'}`);
      }
    }
  }

  /**
   * Stands for the comparison of the topics with the tables that an owner begins when it is told that the database went back: what the list says of
   * a recipient of this partition and the table does not is published as the table has it.
   */
  function audit(partition: number, incarnation: number): void {
    const rows = new Map(store.rows().map((row) => [recipientKey(row.tenant, row.address), row]));
    for (const [key, text] of compacted) {
      if (partitionOf(key) !== partition) continue;
      const row = rows.get(key as RecipientKey);
      const held = text === null ? null : (JSON.parse(text) as Held);
      if (isDeepStrictEqual(linesOf(held), linesOf(row?.active))) continue;
      count('mended');
      const { suppressions, allowed } = row?.active ?? { suppressions: [], allowed: [] };
      const version = row?.version ?? 0;
      const value =
        row === undefined ? null : codec.encodeSuppressions({ tenant: row.tenant, address: row.address, version, suppressions, allowed });
      compacted.set(key, value);
      const headers = { version: String(version), incarnation: String(incarnation) };
      replica.apply(key, value === null ? null : Buffer.from(value), headers);
    }
  }

  const partitionOf = (key: string): number => memoryPartitionOf(key, partitions);

  function checkChanges(): void {
    for (const [partition, number] of numbers) {
      const { number: last } = marks.get(partition) ?? { number: 0 };
      if (last !== number && restores === 0) fail(`partition ${partition}: ${number} changes, ${last} published`);
    }
    const history = store.history().map(({ address, version }) => `${address} ${version}`);
    if (new Set(history).size !== history.length) fail('a change stands twice in the history');
    const versions = store.rows().flatMap(({ address, version }) => Array.from({ length: version }, (_, n) => `${address} ${n + 1}`));
    if (!isDeepStrictEqual(history.toSorted(), versions.sort())) fail('the history does not hold each version of each recipient once');
    // Whoever applies changes alone is told nothing of what the database has forgotten: the list is what is brought to the table again.
    if (restores > 0) return;
    const held = new Map<string, string>();
    /** What each rests on, as JSON. */
    const restsOn = new Map<string, string>();
    for (const { recipient = '', type, suppression, incident, evidence } of changes) {
      if (suppression == null) continue;
      const key = `${recipient} ${suppression.scope} ${suppression.reason}`;
      const line = `${recipient} ${lineOf(suppression)}`;
      const ends = type === 'released' || type === 'corrected';
      const basis = JSON.stringify(evidence ?? null);
      // What an incident brings about is said once, however often carrying it out was begun: that something ends, or begins, or rests on less.
      if (incident !== undefined && (ends ? !held.has(key) : held.get(key) === line && restsOn.get(key) === basis))
        fail(`${recipient} ${type} by ${incidentOf({ incident })}: it was so before`);
      if (type === 'suppressed') {
        held.set(key, line);
        restsOn.set(key, basis);
      } else if (ends) {
        held.delete(key);
      }
    }
    const table = store
      .rows()
      .flatMap(({ address, active: holds }) => (holds?.suppressions ?? []).map((one) => `${address} ${lineOf(one)}`));
    if (!isDeepStrictEqual([...held.values()].sort(), table.sort())) fail('who applies the published changes does not hold the table');
  }

  /** What was decided about an incident is said once, by the one partition that is to say it. */
  function checkIncidents(): void {
    const wanted: string[] = [];
    for (let partition = 0; partition < partitions; partition += 1) {
      const revisions = new Map<string, number>();
      for (const { id, revision, action, excludes, at, announcedBy } of toldIn(partition, Number.POSITIVE_INFINITY)) {
        if (revision <= (revisions.get(id) ?? -1)) continue;
        revisions.set(id, revision);
        if (announcedBy === partition)
          wanted.push(`${partition}: ${id} incident_${action} ${String(excludes)} ${new Date(at).toISOString()}`);
      }
    }
    const found = changes.flatMap(({ type, recipient, incident, holds, effectiveAt, sequence }) =>
      recipient === undefined ? [`${sequence.partition}: ${incidentOf({ incident })} ${type} ${String(holds)} ${effectiveAt}`] : [],
    );
    // What was said before the database went back is said again.
    const said = restores === 0 ? found : [...new Set(found)];
    if (!isDeepStrictEqual(said.toSorted(), wanted.sort())) {
      fail(`of incidents was published: ${found.join(', ') || 'nothing'}; what was to be: ${wanted.join(', ') || 'nothing'}`);
    }
  }

  // -------------------------------------------------------------------------------------------------

  function snapshot(partition: number): Before {
    return [{ ...store.checkpoint(partition) }, store.history().length, ...store.rows()];
  }

  return {
    given: (record) => void given.push(record),
    claimed(process, { partition, epoch, nonce, nextOffset }) {
      count('claims');
      claims.set(partition, { process, nonce, count: (claims.get(partition)?.count ?? 0) + 1 });
      tell(() => `${process.name} takes partition ${partition}: epoch ${epoch}, from ${nextOffset}`);
    },
    before: snapshot,
    committed,
    appended,
    relayed,
    refusedAppend(process, { partition, epoch }) {
      count('refused appends');
      tell(() => `the log refuses an append of ${process.name} for partition ${partition} (epoch ${epoch})`);
    },
    wentBack: (partition, incarnation) => void wentBack.set(partition, incarnation),
    snapshot: () => ({
      claims: new Map(claims),
      live: new Map(live),
      letters: new Map(letters),
      numbers: new Map(numbers),
      clocks: new Map(clocks),
      offsets: new Map(offsets),
    }),
    restored(state) {
      restores += 1;
      // Nobody has a partition: every claim was made before.
      claims.clear();
      refill(live, state.live);
      refill(letters, state.letters);
      refill(numbers, state.numbers);
      refill(clocks, state.clocks);
      refill(offsets, state.offsets);
    },
    end() {
      for (const [partition, incarnation] of wentBack) audit(partition, incarnation);
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

function refill<K, V>(map: Map<K, V>, entries: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

interface History {
  readonly events: readonly LogEvent[];
  readonly told: readonly IncidentNotice[];
  readonly pending: IncidentNotice | undefined;
}

/** What was decided about another tenant does not exist for a recipient: it must be as in a world without it. */
function concerns({ terms }: IncidentNotice, events: readonly LogEvent[]): boolean {
  return terms.tenant === null || terms.tenant === events[0]?.tenant;
}

function incidentOf({ incident = '' }: { readonly incident?: Change['incident'] | undefined }): string {
  return typeof incident === 'string' ? incident : incident.id;
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
  readonly subdomains?: boolean;
}

interface Held {
  readonly suppressions: readonly Terms[];
  readonly allowed: readonly Terms[];
}

const linesOf = (held: Held | null | undefined): readonly string[] =>
  [...(held?.suppressions ?? []), ...(held?.allowed ?? [])].map((terms) => lineOf(terms)).sort();

const lineOf = ({ scope, reason, since, expiresAt, subdomains }: Terms): string => {
  const moment = (value: string | number | null | undefined): string => (value == null ? 'never' : new Date(value).toISOString());
  return reason === undefined
    ? `allowed ${scope} until ${moment(expiresAt)}`
    : `${scope} ${reason} since ${moment(since)} until ${moment(expiresAt)}${subdomains === true ? ' for subdomains' : ''}`;
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
