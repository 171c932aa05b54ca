/**
 * How a recipient is stored: one JSON text, opaque to the store, readable by every later version. The stored names are older than
 * those in the program and never change; this file maps the one to the other.
 */
import { incidentOf } from '../incident/incident.ts';
import { newRecipient } from './recipient.ts';
import type { Recipient } from './recipient.ts';
import type { PublishedItem } from './published.ts';
import type { MeasuredSuppression } from './regret.ts';
import type { BaselineAnswer, ClassifiedReply, Fact, FailureFact } from './types.ts';

/** Rises when the meaning of what is stored changes; older ones stay readable. */
const FORMAT = 1;
/** An incident excludes some of the facts: a program that knows no incidents would count them, and must not read this. */
const WITH_INCIDENT = 2;
/** Facts stand for what is gone in a way that an older program would not see: it would lift active suppressions. */
const COMPACTED = 3;
/** An `amend`, or an entry for a domain and those below it: an older program would end what lasts, or block too little. */
const AMENDED = 4;
/** One failure suppressed on probation: an older program would see no reason for it, and lift the suppression. */
const ON_PROBATION = 5;
/** Proof of life: an older program would suppress again whom it released. */
const ENGAGED = 6;
const READABLE: readonly unknown[] = [FORMAT, WITH_INCIDENT, COMPACTED, AMENDED, ON_PROBATION, ENGAGED];

interface Stored {
  readonly v: number;
  /** Null before the first evaluation. */
  readonly clock: number | null;
  readonly policy: string;
  readonly state: Recipient['state'];
  /** `published` */
  readonly standing: readonly StoredItem[];
  /** Absent: nothing is. */
  readonly measured?: readonly MeasuredSuppression[];
  /** Verdicts and replies, each once: facts name them by position. */
  readonly judged: readonly ClassifiedReply[];
  readonly facts: readonly (StoredFailure | Exclude<Fact, FailureFact>)[];
}

interface StoredItem extends Omit<PublishedItem, 'openedBy'> {
  readonly opener: PublishedItem['openedBy'];
}

interface StoredFailure extends Omit<FailureFact, 'classified' | 'baseline'> {
  /** `classified`: position in `Stored.judged`. */
  readonly judged: number;
  /** `baseline` */
  readonly contrast?: StoredAnswer;
}

interface StoredAnswer extends Omit<BaselineAnswer, 'passes'> {
  readonly holds: boolean;
}

// ------------------------------------------------------------------------------------------------ writing

/** Text of a recipient; `version` stands beside it in its own column. */
export function encodeRecipient(r: Recipient): string {
  const { policy, state } = r;
  const measured = r.measured.length === 0 ? {} : { measured: r.measured };
  const standing = r.published.map(storedItem);
  return JSON.stringify({ v: formatOf(r), clock: clockOf(r), policy, state, standing, ...storedFacts(r.facts), ...measured } satisfies Stored);
}

/** A recipient under the shadow policy, beside the real one. Its facts are left out while they are those of the real one. */
interface StoredShadow extends Omit<Stored, 'judged' | 'facts' | 'measured'>, Partial<Pick<Stored, 'judged' | 'facts'>> {
  readonly version: number;
}

export function encodeShadow(shadow: Recipient, real: Recipient): string {
  const { version, policy, state, facts } = shadow;
  const own = sameFacts(facts, real.facts) ? {} : storedFacts(facts);
  const standing = shadow.published.map(storedItem);
  return JSON.stringify({ v: formatOf(shadow), version, clock: clockOf(shadow), policy, state, standing, ...own } satisfies StoredShadow);
}

function clockOf({ clock }: Recipient): number | null {
  return Number.isFinite(clock) ? clock : null;
}

function sameFacts(one: readonly Fact[], other: readonly Fact[]): boolean {
  return one.length === other.length && one.every((fact, index) => sameFact(fact, other[index] as Fact));
}

/** Facts are never changed in place: two that are the same event are other objects only when something was marked in them. */
function sameFact(one: Fact, other: Fact): boolean {
  if (one === other) return true;
  if (one.kind !== 'failure' || other.kind !== 'failure' || one.id !== other.id) return false;
  const { baseline: mine, ...rest } = one;
  const { baseline: its, ...others } = other;
  if (mine?.closesAt !== its?.closesAt || mine?.passes !== its?.passes) return false;
  const keys = Object.keys(rest) as (keyof typeof rest)[];
  return keys.length === Object.keys(others).length && keys.every((key) => rest[key] === others[key]);
}

function storedFacts(all: readonly Fact[]): Pick<Stored, 'judged' | 'facts'> {
  const judged: ClassifiedReply[] = [];
  const positions = new Map<string, number>();
  const positionOf = (classified: ClassifiedReply): number => {
    const key = JSON.stringify(classified);
    let position = positions.get(key);
    if (position === undefined) {
      position = judged.length;
      positions.set(key, position);
      judged.push(classified);
    }
    return position;
  };
  const facts = all.map((fact) => (fact.kind === 'failure' ? storedFailure(fact, positionOf(fact.classified)) : fact));
  return { judged, facts };
}

/** The lowest one that says everything: a program of the version before goes on reading the others. */
function formatOf({ facts, published }: Recipient): number {
  if (facts.some(({ kind }) => kind === 'engaged')) return ENGAGED;
  const rests = published.some(({ openedBy }) => openedBy.evidence?.previous !== undefined);
  if (rests || facts.some((fact) => 'again' in fact && fact.again !== undefined)) return ON_PROBATION;
  if (facts.some((fact) => fact.kind === 'amend' || (fact.kind === 'suppress' && fact.subdomains === true))) return AMENDED;
  if (facts.some((fact) => ('raised' in fact && fact.raised) || ('causeOnly' in fact && fact.causeOnly))) return COMPACTED;
  return facts.some((fact) => incidentOf(fact) !== undefined) ? WITH_INCIDENT : FORMAT;
}

// Members are named one by one because their order is part of the text.

function storedFailure(fact: FailureFact, judged: number): StoredFailure {
  const { kind, type, at, id, stream, message, classified: _, causeUnknown, merged, baseline, ...marks } = fact;
  const contrast = baseline === undefined ? {} : { contrast: storedAnswer(baseline) };
  return { kind, type, at, id, stream, message, judged, causeUnknown, merged, ...contrast, ...marks };
}

function storedAnswer({ closesAt, passes, deliveries, failing }: BaselineAnswer): StoredAnswer {
  return { closesAt, holds: passes, deliveries, failing };
}

function storedItem({ key, stage, version, policy, expiresAt, openedBy, untold }: PublishedItem): StoredItem {
  return { key, stage, version, policy, expiresAt, opener: openedBy, ...(untold === undefined ? {} : { untold }) };
}

// ------------------------------------------------------------------------------------------------ reading

/** Undefined when the text is of a newer format or damaged. */
export function decodeRecipient(text: string, version: number): Recipient | undefined {
  const stored = parse(text);
  if (stored?.v === undefined || !READABLE.includes(stored.v)) return undefined;
  const { clock, policy, state, standing, measured = [], judged, facts } = stored;
  return {
    ...newRecipient(),
    facts: facts.map((fact) => (fact.kind === 'failure' ? failureOf(fact, judged) : fact)),
    clock: clock ?? Number.NEGATIVE_INFINITY,
    version,
    policy,
    state,
    published: standing.map(itemOf),
    measured,
  };
}

/** Undefined as above: then it is made of the evidence anew. `real`: the recipient that it stands beside. */
export function decodeShadow(text: string, real: Recipient): Recipient | undefined {
  const stored = parse(text) as StoredShadow | undefined;
  if (stored === undefined || !READABLE.includes(stored.v)) return undefined;
  const { clock, version, policy, state, standing, judged = [], facts } = stored;
  return {
    ...newRecipient(),
    facts: facts?.map((fact) => (fact.kind === 'failure' ? failureOf(fact, judged) : fact)) ?? real.facts,
    clock: clock ?? Number.NEGATIVE_INFINITY,
    version,
    policy,
    state,
    published: standing.map(itemOf),
  };
}

function failureOf({ judged, contrast, ...fact }: StoredFailure, replies: readonly ClassifiedReply[]): FailureFact {
  const classified = replies[judged] as ClassifiedReply;
  return contrast === undefined ? { ...fact, classified } : { ...fact, classified, baseline: answerOf(contrast) };
}

function answerOf({ closesAt, holds, deliveries, failing }: StoredAnswer): BaselineAnswer {
  return { closesAt, passes: holds, deliveries, failing };
}

function itemOf({ opener, ...item }: StoredItem): PublishedItem {
  return { ...item, openedBy: opener };
}

function parse(text: string): Stored | undefined {
  try {
    return JSON.parse(text) as Stored;
  } catch {
    return undefined;
  }
}
