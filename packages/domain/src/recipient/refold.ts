/**
 * Folding a recipient again from its first fact. What was published before may differ from what the facts say now; the differences are
 * published as corrections.
 *
 *   late evidence, another policy   `refoldForEvidence`: every item that ends or begins, stages of the streak included
 *   an incident                     `refoldForIncident`: suppressions and allowances only; stages are summed up in one change
 */
import type { TenantPolicy } from '../policy/policy.ts';
import type { PublishedItem } from './published.ts';
import { countOf, countsOf, isPublished, itemKey, opensItem, publishedAfter } from './published.ts';
import type { FoldContext, Live, Recipient } from './recipient.ts';
import { resetBy } from './resets.ts';
import { evaluate } from './run.ts';
import { entryOf } from './machine.ts';
import type { Machine, Transition } from './machine.ts';
import type { Change, ChangeCount, EntryDetails, Evidence, Fact } from './types.ts';
import { ALL_STREAMS } from './types.ts';

/**
 * After late evidence or under another policy. `clock`: the recipient's own after the fold, ms; `recordedAt`: the partition clock, ms,
 * which may be far ahead of it.
 */
export function refoldForEvidence(r: Recipient, clock: number, context: FoldContext, recordedAt: number): readonly Change[] {
  const rerun = rerunOf(r, clock, context);
  const corrections = createCorrections(r, rerun, context, { recordedAt });
  const isUnseen = unseenIn(r, rerun.live, context);
  for (const item of rerun.ended) if (rerun.opens(item) || !isUnseen(item)) corrections.end(item);
  for (const item of rerun.begun) if (!isUnseen(item)) corrections.begin(item);
  return corrections.finish(clock);
}

export interface IncidentOccasion {
  /** The partition clock, ms: the recipient's own may be far behind it. */
  readonly recordedAt: number;
  /** Id of the incident: each change carries it. */
  readonly incident: string;
}

/** After an incident excluded failures, or included them again. At least one change is published when anything differs. */
export function refoldForIncident(r: Recipient, clock: number, context: FoldContext, occasion: IncidentOccasion): readonly Change[] {
  const rerun = rerunOf(r, clock, context);
  const { ended, begun } = rerun;
  const corrections = createCorrections(r, rerun, context, occasion);
  // Each change of an incident stands for all that it undid or brought about: stages, too, which have no change of their own.
  for (const item of ended) if (!item.stage) corrections.end(item);
  for (const item of begun) if (!item.stage) corrections.begin(item);
  if (corrections.isEmpty()) {
    // Only the streak differs: its furthest stage says how it is now.
    const furthest = begun.at(-1);
    const last = ended.at(-1);
    if (furthest !== undefined) corrections.begin(furthest);
    else if (last !== undefined) corrections.correct(last);
  }
  return corrections.finish(clock);
}

// ------------------------------------------------------------------------------------------ the second run

/** The recipient evaluated again, beside what was published of it. */
interface Rerun {
  readonly live: Live;
  /** Published before and not in force after this run. */
  readonly ended: readonly PublishedItem[];
  /** In force after this run and not published before, or not on the same evidence. */
  readonly begun: readonly PublishedItem[];
  /** All that is in force after this run; what was published before as it was published. */
  readonly inForce: readonly PublishedItem[];
  /** Does the run open this item too, before it ends it? */
  readonly opens: (item: PublishedItem) => boolean;
  /** The transition of the run that ends the item; undefined when the run never opens it. */
  readonly closerOf: (item: PublishedItem) => Transition | undefined;
}

function rerunOf(r: Recipient, clock: number, context: FoldContext): Rerun {
  const machineBefore = r.live?.machine;
  const live = evaluate(r, clock, context);
  const { trace } = live;
  const openedAt = new Map<string, number>();
  let fresh: readonly PublishedItem[] = [];
  for (const [index, transition] of trace.entries()) {
    if (!isPublished(fresh, transition, context.policies.base)) continue;
    if (opensItem(transition)) openedAt.set(itemKey(transition), index);
    fresh = publishedAfter(fresh, transition, 0, context.policyVersion);
  }
  const before = new Map(r.published.map((item) => [item.key, item]));
  const after = new Set(fresh.map(({ key }) => key));
  const isCompacted = r.facts.some((fact) => fact.kind === 'failure' && fact.merged > 0);
  const inForce = fresh.map((item) => {
    const known = before.get(item.key);
    const isSame =
      known?.expiresAt === item.expiresAt &&
      known.openedBy.suppression?.subdomains === item.openedBy.suppression?.subdomains &&
      restsOnTheSame(known, item, isCompacted) &&
      (machineBefore === undefined || saysTheSame(item, [machineBefore, live.machine], isCompacted));
    return isSame ? known : item;
  });
  return {
    live,
    ended: r.published.filter(({ key }) => !after.has(key)),
    begun: inForce.filter((item) => before.get(item.key) !== item),
    inForce,
    opens: ({ key }) => openedAt.has(key),
    closerOf(item) {
      const opened = openedAt.get(item.key);
      return opened === undefined ? undefined : closerAfter(trace, opened, item);
    },
  };
}

/**
 * Does a suppression that is in force rest on the same evidence? What it rests on follows from the events alone, in whichever order they
 * come. Facts that stand for others know less of them than what was published before: that stays, unless there are more failures now.
 */
function restsOnTheSame(known: PublishedItem, fresh: PublishedItem, isCompacted: boolean): boolean {
  const [before, now] = [known.openedBy.evidence, fresh.openedBy.evidence];
  if (known.openedBy.suppression === null || before === null || now === null) return true;
  return isCompacted ? now.failures <= before.failures : sameEvidence(before, now);
}

/** Is it from the same source, and has it the same note? Details are not stored: both machines know them from the facts. */
function saysTheSame({ openedBy: { suppression } }: PublishedItem, machines: readonly [Machine, Machine], isCompacted: boolean): boolean {
  if (suppression === null) return true;
  const [before, now] = machines.map((machine) => entryOf(machine, suppression.scope, suppression.reason)?.details);
  if (before === undefined || now === undefined) return true;
  const parts: readonly (keyof EntryDetails)[] = isCompacted ? ['by', 'note'] : ['by', 'note', 'source', 'provider'];
  return parts.every((part) => before[part] === now[part]);
}

function sameEvidence(one: Evidence, other: Evidence): boolean {
  const parts = ['firstFailureAt', 'lastFailureAt', 'failures', 'messages', 'category', 'rule', 'reply'] as const;
  return parts.every((part) => one[part] === other[part]) && one.previous?.since === other.previous?.since;
}

/** The transition that ended what the transition at `opened` began. */
function closerAfter(trace: readonly Transition[], opened: number, item: PublishedItem): Transition | undefined {
  let published: readonly PublishedItem[] = [item];
  for (let i = opened + 1; i < trace.length; i += 1) {
    const transition = trace[i] as Transition;
    published = publishedAfter(published, transition, 0, '');
    if (!published.some(({ key }) => key === item.key)) return transition;
  }
  return undefined;
}

/** A stage that was voided under a suppression ended unseen. What made it, or hid it, may be gone. */
function unseenIn(r: Recipient, { machine }: Live, { policies }: FoldContext): (item: PublishedItem) => boolean {
  const resetAt = r.facts.findLast((fact) => isReset(fact, policies))?.at ?? Number.NEGATIVE_INFINITY;
  const isHidden = r.state === 'suppressed' && machine.state === 'suppressed';
  return ({ stage, openedBy }) => stage && isHidden && openedBy.at <= resetAt;
}

function isReset(fact: Fact, policies: TenantPolicy): boolean {
  return resetBy(fact, policies) !== 'nothing' || (fact.kind === 'release' && fact.scope === ALL_STREAMS);
}

// ---------------------------------------------------------------------------------------------- corrections

interface Corrections {
  isEmpty(): boolean;
  /** Publishes the end of an item: the transition that ended it, or that it was never so. One transition ends several items once. */
  end(item: PublishedItem): void;
  /** Publishes that the item was never so. */
  correct(item: PublishedItem): void;
  begin(item: PublishedItem): void;
  /** The recipient is as the second run left it. Returns the changes. */
  finish(clock: number): readonly Change[];
}

type Stated = Omit<Transition, 'type' | 'from' | 'to'> & { readonly type: Change['type'] };

function createCorrections(
  r: Recipient,
  { live, inForce, closerOf }: Rerun,
  context: FoldContext,
  { recordedAt, incident }: Partial<IncidentOccasion> & { readonly recordedAt: number },
): Corrections {
  const changes: Change[] = [];
  const versions = new Map<string, number>();
  const closed = new Set<Transition>();
  const known = new Map(r.published.map((item) => [item.key, item]));
  /** Those whose end was published, as a correction or as what ended them. */
  const told = new Set<PublishedItem>();
  const to = live.machine.state;
  let from = r.state;

  function publish(stated: Stated, corrects: number | null, counts?: readonly ChangeCount[]): number {
    r.version += 1;
    const change = { ...changeOf({ ...stated, from, to }, r.version, recordedAt, context), corrects, ...(counts && { counts }) };
    changes.push(incident === undefined ? change : { ...change, incident });
    from = to;
    return r.version;
  }

  function correct(item: PublishedItem): void {
    told.add(item);
    const correction: Stated = { ...item.openedBy, type: 'corrected', cause: 'correction', at: recordedAt };
    publish(correction, item.version, [countOf(correction), ...takenBack(item)]);
  }

  return {
    isEmpty: () => changes.length === 0,
    correct,
    end(item) {
      const closer = closerOf(item);
      told.add(item);
      if (closer === undefined) correct(item);
      else if (!closed.has(closer)) {
        closed.add(closer);
        // A stage may have ended by the end of a suppression that began and ended before anybody heard of it.
        publish(closer, null, closer.type === 'released' && !known.has(itemKey(closer)) ? [] : undefined);
      }
    },
    begin(item) {
      const before = known.get(item.key);
      const counts = before && [countOf(item.openedBy), ...takenBack(before)];
      versions.set(item.key, publish({ ...item.openedBy, cause: 'correction' }, null, counts));
    },
    finish(clock) {
      const isUntold = (item: PublishedItem): boolean => known.get(item.key) !== item && !versions.has(item.key);
      const last = changes.at(-1);
      const isCounted = incident !== undefined && last !== undefined;
      if (isCounted) {
        const undone = r.published.filter((item) => !inForce.some(({ key }) => key === item.key) && !told.has(item));
        const never = undone.filter((item) => closerOf(item) === undefined).flatMap(takenBack);
        const begun = inForce.filter(isUntold).map(({ openedBy }) => countOf(openedBy));
        if (never.length + begun.length > 0) changes[changes.length - 1] = { ...last, counts: [...countsOf(last), ...never, ...begun] };
      }
      r.published = inForce.map((item) => {
        if (known.get(item.key) === item) return item;
        const version = versions.get(item.key) ?? r.version;
        return { ...item, version, ...(isUntold(item) && !isCounted ? { untold: true as const } : {}) };
      });
      r.clock = clock;
      r.policy = context.policyVersion;
      r.state = to;
      r.live = live;
      return changes;
    },
  };
}

function takenBack({ openedBy, untold }: PublishedItem): readonly ChangeCount[] {
  return untold === true ? [] : [countOf(openedBy, -1)];
}

/** `recordedAt`: the partition clock, ms. */
export function changeOf(
  transition: Omit<Transition, 'type'> & { readonly type: Change['type'] },
  version: number,
  recordedAt: number,
  context: FoldContext,
): Change {
  const { type, from, to, suppression, allowance, cause, engagement, at, evidence, probationUntil } = transition;
  return {
    type,
    from,
    to,
    suppression,
    allowance,
    cause,
    ...(engagement === undefined ? {} : { engagement }),
    effectiveAt: at,
    recordedAt,
    evidence,
    version,
    corrects: null,
    policy: context.policyVersion,
    ...(probationUntil === undefined ? {} : { probationUntil }),
  };
}
