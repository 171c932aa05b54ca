/**
 * Folds files of any format in virtual time, with the interpreter of the engine: who would be suppressed, and why.
 *
 *   file ──> unpack ──> format ──> events ──> replay ──> rows
 */
import { explainedReplies, parseIncident } from '@desist/contracts/explanation';
import type { DecodedIncident } from '@desist/contracts/explanation';
import { formatOf } from '@desist/formats';
import type { NormaliseContext } from '@desist/formats';
import { formatTime, parseEvent } from '@desist/formats/event';
import { linesOfChunks, openPayload, payloadElements } from '@desist/formats/read-payload';
import type { OpenedPayload, ReaderStates } from '@desist/formats/read-payload';
import { asAddress, asTenant, DEFAULT_POLICY, domainOf } from '@desist/domain';
import type { LogEvent, Policy, SenderNotice } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import type { Replay, Replayed, ReplayedRecipient } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import type { Explanation } from '../api/types.ts';
import { explanationOf, when } from './explained.ts';
import { UnreadableFileError, unpackedOf } from '../unpack.ts';
import { MOST_ROWS } from './messages.ts';
import type { ReadFile, TriedRecipient, TriedSender, TryFile, TryProgress, TryResult, TrySettings } from './messages.ts';

export interface Tried {
  readonly result: TryResult;
  /** Undefined: no event named this recipient. */
  explain(tenant: string, address: string): Explanation | undefined;
}

const PROBLEMS_SHOWN = 50;
/** ms */
const PROGRESS_EVERY = 200;
/** A record time beyond every event, ms, so that no event's time is clamped. */
const NO_RECORD_TIME = 8.64e15;

export async function foldFiles(files: readonly TryFile[], settings: TrySettings, tell: (progress: TryProgress) => void): Promise<Tried> {
  const policies = { version: 'this page', base: policyOf(settings), tenants: new Map() };
  const replay = createReplay({ policies, providerOf });
  const read: ReadFile[] = [];
  const problems: TryResult['problems'][number][] = [];
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const states: ReaderStates = new Map();
  /** By id, as they were decided last. */
  const senders = new Map<string, SenderNotice>();
  const note = (published: readonly Replayed[]): void => {
    for (const one of published) if ('sender' in one) senders.set(one.sender.id, one.sender);
  };
  let before = 0;
  let toldAt = 0;
  // Rotated logs, the oldest first.
  for (const file of files.toSorted((a, b) => a.lastModified - b.lastModified || a.name.localeCompare(b.name))) {
    const counts = { events: 0, ignored: 0, problems: 0 };
    const unpacked = await unpackedOf(file);
    const given = settings.format === null ? undefined : formatOf(settings.format);
    const opened = await openPayload(unpacked.chunks, given);
    if (opened.kind === 'unknown') throw new UnreadableFileError(`${file.name}: the format was not recognised. Choose it above.`);
    if (opened.kind === 'another')
      throw new UnreadableFileError(`${file.name}: looks like ${opened.format.name}, not like ${settings.format ?? 'that'}.`);
    for await (const one of eventsOf(opened, contextOf(file, settings), states)) {
      if (one.kind === 'event') {
        note(replay.fold(one.event));
        counts.events += 1;
      } else if (one.kind === 'incident') {
        note(one.decided.kind === 'sender' ? replay.applySender(one.decided.notice) : replay.apply(one.decided.notice));
        counts.ignored += 1;
      } else if (one.kind === 'ignored') {
        counts.ignored += 1;
      } else {
        counts.problems += 1;
        if (problems.length < PROBLEMS_SHOWN) problems.push({ file: file.name, place: one.place, detail: one.detail });
      }
      if (performance.now() - toldAt < PROGRESS_EVERY) continue;
      toldAt = performance.now();
      tell({ kind: 'progress', file: file.name, bytes: before + unpacked.bytes(), total, events: replay.summary().events });
    }
    before += file.size;
    read.push({ name: file.name, format: opened.format.name, ...counts });
  }
  note(replay.finish());
  return {
    result: {
      ...resultOf(replay, read, problems),
      senders: [...senders.values()].map(senderOf).toSorted((a, b) => (a.from < b.from ? 1 : -1)),
    },
    explain(tenant, address) {
      const found = replay.find(asTenant(tenant), asAddress(address));
      return found === undefined ? undefined : explanationOf(found);
    },
  };
}

function policyOf({ suppressAfter }: TrySettings): Policy {
  const { deferral } = DEFAULT_POLICY;
  // The steps before the suppression come no later than it does.
  const softBounceAfter = Math.min(deferral.softBounceAfter, suppressAfter);
  const evidenceSpan = Math.min(deferral.evidenceSpan, suppressAfter);
  return { ...DEFAULT_POLICY, deferral: { ...deferral, suppressAfter, softBounceAfter, evidenceSpan } };
}

function contextOf({ lastModified }: TryFile, { timezone }: TrySettings): NormaliseContext {
  return { tenant: 'default', stream: 'default', referenceTime: lastModified, ...(timezone === '' ? {} : { timezone }) };
}

type Read =
  | { readonly kind: 'event'; readonly event: LogEvent }
  | { readonly kind: 'incident'; readonly decided: Extract<DecodedIncident, { ok: true }> }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'problem'; readonly place: string; readonly detail: string };

async function* eventsOf(opened: OpenedPayload, context: NormaliseContext, states: ReaderStates): AsyncGenerator<Read> {
  if (opened.format.name === 'canonical') {
    // Commands and incidents are records of the log, too; a provider's format has none.
    let number = 0;
    for await (const lines of linesOfChunks(opened.chunks)) {
      for (const line of lines) {
        number += 1;
        if (typeof line !== 'string' || line.trim() !== '') yield* canonicalOf(line, `line ${number}`);
      }
    }
    return;
  }
  for await (const { one, place } of payloadElements(opened, context, states)) {
    if (one.kind === 'problem') yield { kind: 'problem', place, detail: one.detail };
    else yield one.kind === 'event' ? one : { kind: 'ignored' };
  }
}

function* canonicalOf(line: unknown, place: string): Generator<Read> {
  let json: unknown;
  try {
    json = typeof line === 'string' ? JSON.parse(line) : undefined;
  } catch {
    json = undefined;
  }
  if (json === undefined) {
    yield { kind: 'problem', place, detail: 'not JSON' };
    return;
  }
  for (const one of Array.isArray(json) ? (json as unknown[]) : [json]) {
    const parsed = isIncident(one) ? parseIncident(one) : parseEvent(one, NO_RECORD_TIME);
    if (!parsed.ok) yield { kind: 'problem', place, detail: `${parsed.reason}, ${parsed.detail}` };
    else if ('event' in parsed) yield { kind: 'event', event: parsed.event };
    else yield { kind: 'incident', decided: parsed };
  }
}

function isIncident(json: unknown): boolean {
  return typeof json === 'object' && json !== null && (json as { readonly type?: unknown }).type === 'incident';
}

function resultOf(replay: Replay, files: readonly ReadFile[], problems: TryResult['problems']): Omit<TryResult, 'senders'> {
  const { events, duplicates, recipients, greylisted, incidents, clock } = replay.summary();
  const rows: TriedRecipient[] = [];
  let more = 0;
  for (const one of replay.notHealthy()) {
    if (rows.length < MOST_ROWS) rows.push(rowOf(one));
    else more += 1;
  }
  const counts = { events, duplicates, recipients, greylisted, incidents };
  return { kind: 'done', files, problems, ...counts, clock: when(clock), rows, more };
}

function rowOf({ tenant, address, view }: ReplayedRecipient): TriedRecipient {
  const { state, streak, suppressAt } = view;
  const [suppression] = view.suppressions;
  const evidence = suppression?.evidence ?? streak;
  return {
    tenant,
    address,
    state,
    provider: providerOf(domainOf(address)) ?? null,
    reason: suppression?.reason ?? null,
    category: evidence?.category ?? null,
    since: when(suppression?.since ?? streak?.firstFailureAt),
    expiresAt: when(suppression?.expiresAt),
    suppressAt: when(suppressAt),
    failures: evidence?.failures ?? 0,
    reply: evidence?.reply ?? null,
  };
}

function senderOf({ id, place, from, until, summary }: SenderNotice): TriedSender {
  const { tenant, provider, pool } = place;
  const { tries, refused, usualShare, replies } = summary;
  return {
    ...{ id, tenant, provider, pool, from: formatTime(from), until: when(until), tries, refused, usualShare },
    replies: explainedReplies(provider, replies).map((one) => ({ ...one, actions: [...one.actions] })),
  };
}
