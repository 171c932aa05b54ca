/**
 * The audit of a partition: what the topic `suppressions` says of its recipients is compared with the table, and what differs is published
 * again. It runs beside the relay, on request, and restarts from the beginning when it was interrupted.
 *
 *   read a slice of the topic ──> compare its keys with the table ──> compare the rest of the list ──> next slice
 *                                            └── differs ──> in turn with the relay: read again, append ──┘
 *
 * Its appends go through the relay's fenced sink. What it appends is what the table says within the relay's turn, of recipients without a
 * change in the outbox: so no old value is put behind a newer one.
 */
import { DAY, partsOfKey, recipientKey } from '@desist/domain';
import type { RecipientKey, RecipientRef } from '@desist/domain';
import type { Audit, AuditOutcome, AuditPorts, AuditProgress, ListedRecipient, PublishedRecord } from '../ports/audit.ts';
import type { Codec } from '../ports/codec.ts';
import type { OutboxRow } from '../ports/commit-plan.ts';
import type { OutRecord } from '../ports/log.ts';
import { isTemporary, messageOf, retryDelay } from '../ports/retry.ts';
import type { Waits } from '../ports/retry.ts';
import { isAdapterError } from '../ports/errors.ts';
import type { Ownership } from '../ports/checkpoint.ts';
import type { Claim, RecipientStore } from '../ports/store.ts';
import type { Logger, Signal, Time } from '../ports/time.ts';
import type { FencedSink } from './fenced-sink.ts';
import type { Outlet } from './publish.ts';
import { createPublisher } from './publish.ts';
import { listHeaders } from './records.ts';
import type { Place, TopicEntry, TopicSlice } from './topic-slice.ts';
import { contentOf, createTopicSlice, isBelow, LAST_HASH } from './topic-slice.ts';
import type { Turns } from './turns.ts';

/** Recipients that are compared at once, and records that the relay waits for at most. */
const PAGE = 500;
/** ms between two notes of the progress. */
const NOTE_EVERY = 1_000;
/** Content of a record that cannot be read: it equals none. */
const UNREADABLE = '?';

export interface Auditor {
  /** Something may have been asked for, or the topic may have been made anew. */
  look(): void;
  /** The relay has appended these changes. Called within its turn. */
  relayed(changes: readonly OutboxRow[]): void;
  /** Runs until the signal aborts or the partition is another's. Rejects only for a fault of the program. */
  run(signal: Signal): Promise<void>;
}

export interface AuditorOptions {
  readonly owner: Ownership & Pick<Claim, 'incarnation'>;
  readonly audit: AuditPorts;
  readonly store: Pick<RecipientStore, 'tombstones' | 'position'>;
  readonly codec: Pick<Codec, 'encodeSuppressions'>;
  readonly sink: Pick<FencedSink, 'reopen' | 'append'>;
  /** Shared with the relay. */
  readonly turns: Turns;
  readonly time: Time;
  readonly waits: Pick<Waits, 'begin'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Characters that a slice of the topic holds at most; default 12 million. */
  readonly sliceCharacters?: number | undefined;
}

type Progress = { -readonly [K in keyof AuditProgress]: number };

/** Ends an audit early. */
class Ended extends Error {
  readonly why: 'superseded' | 'fenced' | 'aborted';

  constructor(why: Ended['why']) {
    super(why);
    this.why = why;
  }
}

export function createAuditor(options: AuditorOptions): Auditor {
  const { owner, codec, sink, turns, time, waits, logger } = options;
  const { store, log, partitionOf } = options.audit;
  const { partition, incarnation } = owner;
  const publisher = createPublisher(sink);
  let slice: TopicSlice | undefined;
  let asked = true;
  let wakeUp: (() => void) | undefined;

  // ------------------------------------------------------------------------------------------- one audit

  async function perform(audit: Audit, progress: Progress, signal: Signal): Promise<void> {
    let refused: string | null = null;
    let notedAt = Number.NEGATIVE_INFINITY;

    async function note(outcome: AuditOutcome | null): Promise<void> {
      if (signal.aborted) throw new Ended('aborted');
      if (outcome === null && time.monotonic() - notedAt < NOTE_EVERY) return;
      notedAt = time.monotonic();
      const noted = await store.advanceAudit(owner, audit.request, { ...progress, outcome, problem: refused });
      if (noted !== 'noted') throw new Ended(noted);
    }

    /** What the table says of these, read and appended within the relay's turn. */
    async function mend(keys: readonly RecipientKey[], judged: TopicSlice): Promise<void> {
      const outlet: Outlet<OutRecord> = {
        recordsOf: (records) => [{ topic: 'suppressions', records }],
        drop: async () => 'committed',
        async park(_, reason) {
          refused = `not everything could be published: ${reason}`;
          return 'committed';
        },
      };
      const published = await turns(async () => {
        const sequence = ((await options.store.position(partition))?.nextSequence ?? 1) - 1;
        const records = await recordsFor(keys, judged, sequence);
        return publisher.publish(records, outlet);
      });
      if (published === 'fenced') throw new Ended('fenced');
      progress.mended += published;
    }

    async function compare(recipients: readonly ListedRecipient[], judged: TopicSlice): Promise<void> {
      // What is outside by now, because the slice has shrunk, belongs to the next one.
      const covered = recipients.filter((one) => judged.covers(keyOf(one)));
      const differing = covered.filter((one) => differs(one, judged.get(keyOf(one))));
      for (let from = 0; from < differing.length; from += PAGE) await mend(differing.slice(from, from + PAGE).map(keyOf), judged);
      progress.compared += covered.length;
      await note(null);
      await time.yield();
    }

    /** Reads the topic once and compares a slice of it. Answers where the next one begins. */
    async function compareSlice(from: number, everywhere: boolean): Promise<{ readonly to: number; readonly elsewhere: boolean }> {
      const judged = createTopicSlice(from, options.sliceCharacters);
      slice = judged;
      // Only now no former owner appends any more, and the topic has all that was appended here: what is read is complete.
      if ((await turns(() => sink.reopen())) === 'fenced') throw new Ended('fenced');
      const isJudged = (key: RecipientKey): boolean => isElsewhere(key) === everywhere;
      progress.records += (await log.publishedEnds(partition)).records;
      for await (const page of log.readPublished(partition, { everywhere, signal })) {
        for (const record of page) if (isOurs(record) && isJudged(record.key)) judged.put(record.key, recordOf(record), false);
        progress.read += page.length;
        await note(null);
        await time.yield();
      }
      // The reading may have ended early.
      if (signal.aborted) throw new Ended('aborted');
      const keys = [...judged.keys()] as RecipientKey[];
      for (let at = 0; at < keys.length; at += PAGE) {
        // What the relay has appended since the reading began comes from the table.
        await compare(await store.current(partition, keys.slice(at, at + PAGE).map(partsOfKey)), judged);
      }
      const inTopic = new Set<string>(keys);
      let elsewhere = false;
      for (let cursor: number | null = 0; cursor !== null;) {
        const page: Awaited<ReturnType<typeof store.listed>> = await store.listed(partition, cursor);
        const rest = page.recipients.filter((one) => !inTopic.has(keyOf(one)));
        elsewhere ||= rest.some((one) => isElsewhere(keyOf(one)));
        await compare(
          rest.filter((one) => isJudged(keyOf(one))),
          judged,
        );
        ({ cursor } = page);
      }
      return { to: judged.to(), elsewhere };
    }

    logger.info({ partition, reason: audit.reason }, 'audit: the topic of suppressions is compared with the table');
    await note(null);
    let elsewhere = false;
    for (const everywhere of [false, true]) {
      if (everywhere && !elsewhere) break;
      for (let from = 0; from < LAST_HASH;) {
        const done = await compareSlice(from, everywhere);
        elsewhere ||= done.elsewhere;
        from = done.to;
      }
    }
    await store.notePublishedEnd(partition, (await log.publishedEnds(partition)).end);
    await note('done');
    logger.info({ partition, ...progress }, 'audit: done');
  }

  /** Its records came with another partitioner, so its value stands in another partition of the topic. */
  function isElsewhere(key: string): boolean {
    return (partitionOf(key) ?? partition) !== partition;
  }

  function isOurs(record: PublishedRecord): record is PublishedRecord & { readonly key: RecipientKey } {
    const source = numberOf(record.headers['partition']);
    return record.key !== null && (source === undefined || source === partition);
  }

  function differs(now: ListedRecipient, entry: TopicEntry | undefined): boolean {
    // Of another partition: its owner compares it. Pending: the relay brings it.
    if ((now.partition !== null && now.partition !== partition) || now.pending) return false;
    if (entry !== undefined && isBelow(entry.place, entry.highest)) return true;
    return (entry?.content ?? null) !== contentIn(now);
  }

  function valueOf({ tenant, address, version, suppressions, allowed }: ListedRecipient): string | null {
    return codec.encodeSuppressions({ tenant, address, version, suppressions, allowed });
  }

  function contentIn(now: ListedRecipient): string | null {
    const value = valueOf(now);
    return value === null ? null : (contentOf(value)?.content ?? UNREADABLE);
  }

  async function recordsFor(keys: readonly RecipientKey[], judged: TopicSlice, sequence: number): Promise<readonly OutRecord[]> {
    const now = await store.current(partition, keys.map(partsOfKey));
    const differing = now.filter((one) => judged.covers(keyOf(one)) && differs(one, judged.get(keyOf(one))));
    const unknown = differing.filter((one) => one.partition === null);
    const erased = new Map((await options.store.tombstones(unknown)).map((one) => [keyOf(one), one.version]));
    return differing.map((one): OutRecord => {
      const key = keyOf(one);
      const version = one.partition === null ? Math.max(erased.get(key) ?? 0, versionOfUnknown(judged.get(key), incarnation)) : one.version;
      return { key, value: valueOf(one), headers: listHeaders(owner, version, sequence) };
    });
  }

  // ------------------------------------------------------------------------------------------ life cycle

  /** Asks for an audit when the topic cannot have everything. */
  async function watchTopic(): Promise<void> {
    try {
      const { end, records } = await log.publishedEnds(partition);
      const before = await store.publishedEnd(partition);
      const listed = await store.listedAtLeast(partition);
      const last = await store.audit(partition);
      // An audit brings no more there than the log takes: then the count says nothing new for a day.
      const counted = last?.state === 'done' && (last.finishedAt ?? 0) > time.now() - DAY;
      if (end >= (before ?? 0) && (counted || listed <= records)) {
        if (end !== before) await store.notePublishedEnd(partition, end);
        return;
      }
      if (isWaiting(last)) return;
      logger.error(
        { partition, end, before, listed },
        'the topic of suppressions was made anew, or has lost records: it is brought to the table',
      );
      await store.requestAudit(partition, 'topic_behind');
    } catch (error) {
      if (isTemporary(error) || !isAdapterError(error)) throw error;
      logger.warn({ partition, problem: messageOf(error) }, 'the topic of suppressions cannot be examined');
    }
  }

  /** An audit that waits for this owner, or that it or an earlier one has begun. */
  async function performWaiting(signal: Signal): Promise<void> {
    await watchTopic();
    const audit = await store.audit(partition);
    if (!isWaiting(audit)) return;
    const progress: Progress = { records: 0, read: 0, compared: 0, mended: 0 };
    try {
      await perform(audit, progress, signal);
    } catch (error) {
      if (error instanceof Ended) {
        logger.info({ partition, why: error.why }, 'audit: ended early');
        // Stopped, or asked for anew: the next look tells.
        if (error.why === 'superseded') asked = true;
        return;
      }
      if (isTemporary(error) || !isAdapterError(error)) throw error;
      const problem = messageOf(error);
      logger.error({ partition, problem }, 'audit: failed');
      await store.advanceAudit(owner, audit.request, { ...progress, outcome: 'failed', problem });
    } finally {
      slice = undefined;
    }
  }

  async function pause(signal: Signal): Promise<void> {
    if (asked || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const end = (): void => {
      resolve(undefined);
    };
    wakeUp = end;
    signal.addEventListener('abort', end, { once: true });
    await promise;
    signal.removeEventListener('abort', end);
    wakeUp = undefined;
  }

  return {
    look() {
      asked = true;
      wakeUp?.();
    },
    relayed(changes) {
      if (slice === undefined) return;
      for (const { key, change, value } of changes) {
        if (value === undefined) continue;
        const { recipientVersion } = JSON.parse(change) as { readonly recipientVersion: number };
        const content = value === null ? null : (contentOf(value)?.content ?? UNREADABLE);
        slice.put(key, { content, place: { incarnation, version: recipientVersion } }, true);
      }
    },
    async run(signal) {
      const wait = waits.begin(`the audit of partition ${partition}`);
      try {
        for (let failures = 0; !signal.aborted;) {
          await pause(signal);
          asked = false;
          try {
            await performWaiting(signal);
            if (failures > 0) wait.ended();
            failures = 0;
          } catch (error) {
            if (!isTemporary(error)) throw error;
            asked = true;
            wait.failed(failures, messageOf(error));
            await time.sleep(retryDelay(failures, time), signal);
            failures += 1;
          }
        }
      } finally {
        wait.ended();
      }
    },
  };
}

function isWaiting(audit: Audit | null): audit is Audit {
  return audit?.state === 'requested' || audit?.state === 'running';
}

/**
 * Of a recipient that the table does not know, a tombstone of the topic's own version replaces what is there. Of an earlier incarnation
 * the versions began anew.
 */
function versionOfUnknown(entry: TopicEntry | undefined, incarnation: number): number {
  if (entry === undefined) return 0;
  return entry.highest.incarnation < incarnation ? 0 : entry.highest.version;
}

function recordOf({ value, headers }: PublishedRecord): { readonly content: string | null; readonly place: Place | undefined } {
  const said = value === null ? undefined : contentOf(value);
  const version = numberOf(headers['version']) ?? said?.version;
  const place = version === undefined ? undefined : { incarnation: numberOf(headers['incarnation']) ?? 0, version };
  return { content: value === null ? null : (said?.content ?? UNREADABLE), place };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function keyOf({ tenant, address }: RecipientRef): RecipientKey {
  return recipientKey(tenant, address);
}
