/**
 * Compaction of what makes and ends entries of the list: hard bounces, objections and commands. Of one scope and kind, what came
 * before the last release that ends it is void. Of the rest the first one opened the entry, and says since when; the last one is what a
 * release that arrives late leaves. What lies between them says nothing more.
 */
import { AMENDS, BOUNCES, SCOPES } from './machine.ts';
import { causesByMessage, entryKey } from './observe.ts';
import type { Amended, Observed } from './observe.ts';
import { isPlain } from './compact-failures.ts';
import { latestDeferrals, mayBeHard } from './resets.ts';
import type { AmendFact, CommandFact, Fact, FailureFact, ObjectionFact, Scope } from './types.ts';
import { ALL_STREAMS, isObjectionReason } from './types.ts';

/** Hard bounces, objections and commands up to which nothing of them goes. */
const ENTRIES = 96;
/** Hard bounces of all scopes together, besides those that opened active entries and the last ones. */
const HARD_BOUNCES = SCOPES;
/** Scopes of which the last command is kept although nothing of it is active. */
const INACTIVE = 64;
/** Segments whose evidence is kept for how long the next suppression lasts: no policy has more levels that differ. */
const LEVELS = 8;

/** Of one kind and scope, as many as can be of use. */
const USEFUL = { failure: BOUNCES, complained: 2, unsubscribed: 2, suppress: 2, release: 2, allow: 1, amend: 3 } as const;

type Kept = Map<string, Fact>;
type Entry = FailureFact | ObjectionFact | CommandFact | AmendFact;

/** How many hard bounces, objections and commands at least are of no use. Costs no more than to read them. */
export function entrySurplus(facts: readonly Fact[]): number {
  const sizes = new Map<string, number>();
  const scopes = new Map<string, number>();
  let entries = 0;
  let useful = 0;
  for (const fact of facts) {
    if (!isEntry(fact)) continue;
    entries += 1;
    const kind = fact.kind === 'disallow' ? 'allow' : fact.kind;
    const reason = fact.kind === 'amend' ? ` ${fact.reason ?? ''}` : '';
    const key = `${kind}${reason} ${'scope' in fact ? fact.scope : mayBeHard(fact) ? scopeOf(fact) : fact.stream}`;
    const size = (sizes.get(key) ?? 0) + 1;
    sizes.set(key, size);
    if (size === 1) scopes.set(kind, (scopes.get(kind) ?? 0) + 1);
    if (size <= USEFUL[kind] && (scopes.get(kind) ?? 0) <= SCOPES + INACTIVE) useful += 1;
  }
  return entries <= ENTRIES ? 0 : entries - useful;
}

export function compactEntries(facts: readonly Fact[], seen: Observed): readonly Fact[] {
  const left = withoutSettledFailures(facts, seen);
  const releases = releasesOf(left);
  const kept: Kept = new Map();
  keepHardBounces(left, seen, kept);
  keepObjections(left, seen, releases, kept);
  keepSuppressions(left, seen, releases, kept);
  keepReleases(left, seen, releases, kept);
  keepAllowances(left, seen, kept);
  const amends = keepAmends(left, seen, releases, kept);
  return left.flatMap((fact): readonly Fact[] => {
    if (!isEntry(fact)) return [fact];
    const one = kept.get(fact.id);
    return amends.get(fact.id) ?? (one === undefined ? [] : [one]);
  });
}

function isEntry(fact: Fact): fact is Entry {
  return isObjection(fact) || isCommand(fact) || fact.kind === 'amend' || mayBeHard(fact);
}

/** Of the entry that a hard bounce asks for. */
function scopeOf({ classified, stream, raised }: FailureFact): Scope {
  return classified.verdict.category === 'recipient_refused' && raised !== true ? stream : ALL_STREAMS;
}

function isObjection(fact: Fact): fact is ObjectionFact {
  return fact.kind === 'complained' || fact.kind === 'unsubscribed';
}

function isCommand(fact: Fact): fact is CommandFact {
  return fact.kind === 'suppress' || fact.kind === 'release' || fact.kind === 'allow' || fact.kind === 'disallow';
}

// ---------------------------------------------------------------------------------- failures of the past

/**
 * Without the failures that a release has voided and that brought about no suppression: what blocked them or not may go then. Of those that
 * did, the evidence of the latest stays, for how long the next suppression lasts.
 */
function withoutSettledFailures(facts: readonly Fact[], seen: Observed): readonly Fact[] {
  const levels = new Set([...seen.proven].filter((segment) => segment < seen.ends.length).slice(-LEVELS));
  const causes = new Set<Fact>([...latestDeferrals(facts), ...causesByMessage(facts).values()]);
  return facts.flatMap((fact): readonly Fact[] => {
    const place = seen.observations.get(fact.id);
    if (!isPlain(fact) || place === undefined) return [fact];
    if (!isSettled(place, seen, levels)) return [withoutPrevious(fact, place, seen, levels)];
    return causes.has(fact) ? [{ ...fact, causeOnly: true }] : [];
  });
}

/** Of a failure that suppressed on probation: does it do so by itself from now on, because the suppression before goes? */
function withoutPrevious(fact: FailureFact, { segment }: { segment: number }, seen: Observed, levels: ReadonlySet<number>): FailureFact {
  const previous = seen.again.get(fact.id);
  if (previous === undefined || !seen.proven.has(segment - 1) || levels.has(segment - 1)) return fact;
  return { ...fact, again: previous };
}

function isSettled({ role, segment }: { role: string; segment: number }, { ends, proven }: Observed, levels: ReadonlySet<number>): boolean {
  const end = ends[segment];
  if (end === undefined || end === 'delivered' || end === 'engaged') return false;
  if (proven.has(segment)) return !levels.has(segment) || (end === 'release' && role !== 'counted');
  return end === 'release';
}

// ------------------------------------------------------------------------------------------ hard bounces

/**
 * What opened an entry, the last of it, those that the machine remembers by their messages, and those that stood against a delivery of their own message: without them that delivery would
 * have ended the entry.
 */
function keepHardBounces(facts: readonly Fact[], { openedBy, observations, raised }: Observed, kept: Kept): void {
  const opening = new Set(openedBy.values());
  const opened = new Set<Scope>();
  /** By message and scope. */
  const latest = new Map<string | null, Map<Scope, FailureFact>>();
  const latestOf = new Map<Scope, FailureFact[]>();
  for (const fact of facts) {
    // Those that it leaves standing, of whatever scope.
    if (fact.kind === 'delivered' || fact.kind === 'engaged') {
      for (const bounce of latest.get(fact.message)?.values() ?? []) kept.set(bounce.id, bounce);
    }
    if (!mayBeHard(fact)) continue;
    const bounce = raised.has(fact.id) ? { ...fact, raised: true } : fact;
    const scope = scopeOf(bounce);
    if (opening.has(bounce.id)) {
      opened.add(scope);
      kept.set(bounce.id, bounce);
    }
    latestOf.set(scope, [...(latestOf.get(scope) ?? []).slice(1 - BOUNCES), bounce]);
    if (observations.get(bounce.id)?.role !== 'hard_bounce' || !opened.has(scope)) continue;
    if (bounce.message === null) continue;
    const byScope = latest.get(bounce.message) ?? new Map<Scope, FailureFact>();
    latest.set(bounce.message, byScope.set(scope, bounce));
  }
  const last = [...latestOf].flatMap(([scope, bounces]) => (opened.has(scope) ? bounces.slice(-1) : []));
  const others = [...latestOf.values()].flat().toSorted((a, b) => a.at - b.at);
  for (const fact of [...last, ...others.slice(-HARD_BOUNCES)]) kept.set(fact.id, fact);
}

// -------------------------------------------------------------------------------------------- objections

/** Positions of the last releases: nothing before them is active. */
interface Releases {
  /** Of `*`, with force or without. */
  readonly all: number;
  readonly forced: number;
  readonly of: ReadonlyMap<Scope, number>;
  readonly forcedOf: ReadonlyMap<Scope, number>;
}

function releasesOf(facts: readonly Fact[]): Releases {
  const of = new Map<Scope, number>();
  const forcedOf = new Map<Scope, number>();
  for (const [index, fact] of facts.entries()) {
    if (fact.kind !== 'release') continue;
    of.set(fact.scope, index);
    if (fact.force) forcedOf.set(fact.scope, index);
  }
  return { all: of.get(ALL_STREAMS) ?? -1, forced: forcedOf.get(ALL_STREAMS) ?? -1, of, forcedOf };
}

function keepObjections(facts: readonly Fact[], seen: Observed, { forced, forcedOf }: Releases, kept: Kept): void {
  const opening = new Set(seen.openedBy.values());
  const groups = new Map<string, { first: ObjectionFact; last: ObjectionFact }>();
  const rooms = new Map<string, Set<string>>();
  const hasRoom = (kind: string, stream: string): boolean => {
    const streams = rooms.get(kind) ?? new Set();
    rooms.set(kind, streams);
    if (streams.size < SCOPES) streams.add(stream);
    return streams.has(stream);
  };
  const note = (key: string, fact: ObjectionFact): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: fact, last: fact });
    else group.last = fact;
  };
  for (const [index, fact] of facts.entries()) {
    if (!isObjection(fact)) continue;
    const { kind, stream } = fact;
    const opens = opening.has(fact.id);
    const isRaised = fact.raised === true || seen.raised.has(fact.id);
    const asKept: ObjectionFact = isRaised ? { ...fact, raised: true } : fact;
    if (opens) kept.set(fact.id, asKept);
    if (index < forced) continue;
    // A complaint may be of all streams, by policy: then the release of its stream does not end it.
    if (index < (forcedOf.get(stream) ?? -1)) {
      if (kind === 'complained' && !isRaised && hasRoom('released', stream)) note(`${kind} ${stream} released`, fact);
    } else if (!isRaised && hasRoom(kind, stream)) note(`${kind} ${stream}`, fact);
    else note(kind, { ...fact, raised: true });
  }
  for (const { first, last } of groups.values()) kept.set(first.id, first).set(last.id, last);
}

// ---------------------------------------------------------------------------------------------- commands

/** What an operator's entry is made of: the commands that ask for it, and those that amended it. */
type Statement = CommandFact | AmendFact;

function keepSuppressions(facts: readonly Fact[], seen: Observed, releases: Releases, kept: Kept): void {
  const positions = new Map(facts.map(({ id }, index) => [id, index]));
  const effective = new Set(seen.amended.filter(({ reason }) => reason === 'operator').map(({ fact }) => fact.id));
  const raised: CommandFact[] = [];
  const byScope = new Map<Scope, Statement[]>();
  for (const fact of facts) {
    if (fact.kind !== 'suppress' && !(fact.kind === 'amend' && effective.has(fact.id))) continue;
    if (fact.kind === 'suppress' && (fact.raised === true || seen.raised.has(fact.id))) raised.push({ ...fact, raised: true });
    else byScope.set(fact.scope, [...(byScope.get(fact.scope) ?? []), fact]);
  }
  /** From the command on that opened the active entry. */
  const activeOf = <T extends Statement>(commands: readonly T[], scope: Scope): readonly T[] => {
    const openedAt = positions.get(seen.openedBy.get(entryKey(scope, 'operator')) ?? '');
    return openedAt === undefined ? [] : commands.filter(({ id }) => (positions.get(id) ?? -1) >= openedAt);
  };
  keepEnds(activeOf(raised, ALL_STREAMS), latestExpiry, kept);
  const inactive: CommandFact[] = [];
  for (const [scope, commands] of byScope) {
    const active = activeOf(commands, scope);
    keepEnds(active, replacedExpiry, kept);
    const past = withAmends(commands.slice(0, commands.length - active.length));
    if (scope === ALL_STREAMS) keepBlocks(facts, past, seen, kept);
    const last = active.length === 0 ? past.at(-1) : undefined;
    if (last !== undefined && (positions.get(last.id) ?? -1) > Math.max(releases.all, releases.of.get(scope) ?? -1)) inactive.push(last);
  }
  for (const fact of inactive.toSorted((a, b) => a.at - b.at).slice(-INACTIVE)) kept.set(fact.id, kept.get(fact.id) ?? fact);
}

/**
 * The first and the last of the statements that made one entry. The first lasts as long as those between them made it last, and has the note
 * and the subdomains that they gave it.
 */
function keepEnds<T extends Statement>(
  statements: readonly T[],
  expiryOf: (statements: readonly T[]) => number | null | undefined,
  kept: Kept,
): void {
  const first = statements[0];
  const last = statements.at(-1);
  if (first === undefined || last === undefined) return;
  if (statements.length === 1) {
    kept.set(first.id, first.kind === 'amend' ? { ...first, reason: 'operator' } : first);
    return;
  }
  const all = statements.slice(0, -1);
  const named = first.kind === 'amend' ? { reason: 'operator' as const } : {};
  kept.set(first.id, { ...first, ...named, ...expires(expiryOf(all)), ...saidBy(all) });
  kept.set(last.id, last.kind === 'amend' ? { ...last, reason: 'operator' } : { ...last, ...expires(expiryOf(statements.slice(1))) });
}

function expires(expiresAt: number | null | undefined): { readonly expiresAt?: number | null } {
  return expiresAt === undefined ? {} : { expiresAt };
}

/** Note and subdomains after all of these; what none of them says is left out. */
function saidBy(statements: readonly Statement[]): Pick<AmendFact, 'note' | 'subdomains'> {
  let note: string | undefined;
  let subdomains: boolean | undefined;
  for (const statement of statements) {
    // A `suppress` with an empty note leaves the one before.
    if (statement.kind === 'amend' || statement.note !== '') note = statement.note ?? note;
    subdomains = statement.kind === 'amend' ? (statement.subdomains ?? subdomains) : subdomains === true || statement.subdomains;
  }
  return { ...(note === undefined ? {} : { note }), ...(subdomains === undefined ? {} : { subdomains }) };
}

/** The last one that says how long. Undefined: none does. */
function replacedExpiry(statements: readonly Statement[]): number | null | undefined {
  return statements.findLast(({ expiresAt }) => expiresAt !== undefined)?.expiresAt;
}

/** Raised entries only prolong each other. */
function latestExpiry(commands: readonly CommandFact[]): number | null {
  return commands.some(({ expiresAt }) => expiresAt === null) ? null : Math.max(...commands.map(({ expiresAt }) => expiresAt ?? 0));
}

/** Entries that are over, each as one command that lasts as long as the entry did. */
function withAmends(statements: readonly Statement[]): readonly CommandFact[] {
  const commands: CommandFact[] = [];
  for (const statement of statements) {
    if (statement.kind !== 'amend') {
      commands.push(statement);
      continue;
    }
    const before = commands.pop();
    if (before === undefined) continue;
    const { at, expiresAt = before.expiresAt } = statement;
    commands.push({ ...before, expiresAt: expiresAt === null ? null : Math.max(expiresAt, at) });
  }
  return commands;
}

/**
 * Suppressions of all streams that are over: failures under them did not count, and must not begin to. Kept while there are failures
 * under them or in the segment that they began in; two with none between them are one.
 */
function keepBlocks(facts: readonly Fact[], past: readonly CommandFact[], { observations, proven }: Observed, kept: Kept): void {
  const failures = facts.filter(isPlain).filter(({ causeOnly }) => causeOnly !== true);
  const segmentOf = ({ id }: Fact): number | undefined => observations.get(id)?.segment;
  const blocks: CommandFact[] = [];
  for (const command of past) {
    const segment = segmentOf(command);
    const end = command.expiresAt ?? Number.POSITIVE_INFINITY;
    const isAsked = failures.some((fact) => segmentOf(fact) === segment || (fact.at >= command.at && fact.at <= end));
    const before = blocks.at(-1);
    const isGapOf = before !== undefined && segmentOf(before) === segment && !proven.has(segment ?? -1);
    if (before === undefined || !isOneBlock(before, command, failures, isGapOf)) {
      if (isAsked) blocks.push(command);
    } else blocks.splice(-1, 1, { ...before, expiresAt: command.expiresAt === null ? null : Math.max(command.expiresAt, command.at) });
  }
  for (const block of blocks.slice(-INACTIVE)) kept.set(block.id, block);
}

function isOneBlock(before: CommandFact, after: CommandFact, failures: readonly FailureFact[], isGapOf: boolean): boolean {
  if (before.expiresAt === null || before.expiresAt >= after.at) return true;
  return isGapOf && !failures.some(({ at }) => at > before.at && at <= after.at);
}

function keepReleases(facts: readonly Fact[], { observations }: Observed, { all, forced, of, forcedOf }: Releases, kept: Kept): void {
  const segments = new Set(
    facts.filter(isPlain).map(({ id, causeOnly }) => (causeOnly === true ? undefined : observations.get(id)?.segment)),
  );
  const last = new Set<number>([all, forced]);
  const own = [...[...of.values()].filter((index) => index > all), ...[...forcedOf.values()].filter((index) => index > forced)];
  for (const index of own.toSorted((a, b) => a - b).slice(-2 * SCOPES)) last.add(index);
  for (const [index, fact] of facts.entries()) {
    if (fact.kind !== 'release') continue;
    // It separates the evidence of two suppressions.
    const separates = fact.scope === ALL_STREAMS && segments.has((observations.get(fact.id)?.segment ?? 0) - 1);
    if (last.has(index) || separates) kept.set(fact.id, fact);
  }
}

/** The last word on each scope. What was refused stays refused, although there may be room now. */
function keepAllowances(facts: readonly Fact[], { observations, allowed }: Observed, kept: Kept): void {
  const last = new Map<Scope, CommandFact>();
  for (const fact of facts) {
    if ((fact.kind !== 'allow' && fact.kind !== 'disallow') || observations.get(fact.id)?.role === 'refused') continue;
    last.delete(fact.scope);
    last.set(fact.scope, fact);
  }
  const inactive = [...last.values()].filter(({ scope }) => !allowed.has(scope)).slice(-INACTIVE);
  for (const fact of [...last.values()].filter(({ scope }) => allowed.has(scope)).concat(inactive)) kept.set(fact.id, fact);
}

// ------------------------------------------------------------------------------------------------ amends

/** By the id of the fact that they stand for: one of each entry that it changed. Each names its entry: what else was active may be gone. */
type KeptAmends = ReadonlyMap<string, readonly AmendFact[]>;

/**
 * Of what lasts until it is released, every end that was given to it since, and what began it or took the end away: there are few (`AMENDS`).
 * Hard bounces stay before a release, too: so do their ends. Of deferrals the first and the last for each entry. Of active entries also the
 * last note.
 */
function keepAmends(facts: readonly Fact[], seen: Observed, releases: Releases, kept: Kept): KeptAmends {
  const positions = new Map(facts.map(({ id }, index) => [id, index]));
  const isReleased = (one: Amended): boolean => (positions.get(one.fact.id) ?? -1) < endOf(one, releases);
  const groups = new Map<string, Amended[]>();
  for (const one of seen.amended) {
    if (one.reason === 'operator' || (isObjectionReason(one.reason) && isReleased(one))) continue;
    const key = `${entryKey(one.scope, one.reason)} ${one.since}`;
    const settles = one.reason === 'hard_bounce' && isReleased(one);
    groups.set(key, [...(groups.get(key) ?? []), settles ? { ...one, fact: { ...one.fact, settled: true } } : one]);
  }
  const left = new Map<string, AmendFact[]>();
  const keep = (group: readonly Amended[], timed: readonly Amended[], isActive: boolean): void => {
    for (const copy of copiesOf(group, timed, isActive)) left.set(copy.id, [...(left.get(copy.id) ?? []), copy]);
  };
  const all = [...groups.values()];
  const isDeferral = ([one]: readonly Amended[]): boolean => one?.reason === 'persistent_deferral';
  for (const group of all.filter(isDeferral).slice(-LEVELS - 1)) {
    const timed = group.filter(({ isTimed }) => isTimed);
    keep(
      group,
      [...new Set([timed[0], timed.at(-1)])].flatMap((one) => one ?? []),
      true,
    );
  }
  const released = all.filter(([one]) => one?.fact.settled === true);
  const recent = new Set(released.slice(-2 * AMENDS));
  for (const group of all) {
    if (isDeferral(group) || (released.includes(group) && !recent.has(group))) continue;
    const { scope, reason, since } = group[0] as Amended;
    const key = entryKey(scope, reason);
    const timed = group.filter(({ isTimed }) => isTimed);
    keep(group, timed, facts[positions.get(seen.openedBy.get(key) ?? '') ?? -1]?.at === since);
    const last = timed.at(-1)?.fact.at ?? since;
    // What took the end away may have come after the last one, too.
    const isOf = (fact: Fact): boolean => fact.at >= since && (fact.at <= last || !released.includes(group)) && keysOf(fact).includes(key);
    if (timed.length > 0)
      for (const fact of facts) if (seen.effective.has(fact.id) && isOf(fact) && !kept.has(fact.id)) kept.set(fact.id, fact);
  }
  for (const [id, copies] of left)
    left.set(
      id,
      copies.map((copy, n) => (n === 0 ? copy : { ...copy, id: `${id} ${copy.reason ?? ''}` })),
    );
  return left;
}

/** Those of an entry's amends that are kept. The first one lasts as long as those that are not made the entry last. */
function copiesOf(group: readonly Amended[], timed: readonly Amended[], isActive: boolean): readonly AmendFact[] {
  const noted = isActive ? group.findLast(({ fact }) => fact.note !== undefined) : undefined;
  const isWhole = group.filter(({ isTimed }) => isTimed).length === timed.length;
  return group.flatMap((one) => {
    const isKept = timed.includes(one);
    if (!isKept && one !== noted) return [];
    const { expiresAt, note, reason: _, ...fact } = one.fact;
    const lasts = !isKept ? undefined : isWhole || one === timed.at(-1) ? expiresAt : timed.at(-1)?.before;
    return [{ ...fact, reason: one.reason, ...expires(lasts), ...(one === noted && note !== undefined ? { note } : {}) }];
  });
}

/** The position of the last release that ends such an entry. */
function endOf({ scope, reason }: Pick<Amended, 'scope' | 'reason'>, { all, forced, of, forcedOf }: Releases): number {
  const isObjection = isObjectionReason(reason);
  return Math.max(isObjection ? forced : all, (isObjection ? forcedOf : of).get(scope) ?? -1);
}

/** The entries that a fact may have opened (`entryKey`): of its stream, or raised to `*`, or of `*` by policy. */
function keysOf(fact: Fact): readonly string[] {
  if (!isObjection(fact) && !mayBeHard(fact)) return [];
  const reason = fact.kind === 'failure' ? 'hard_bounce' : fact.kind === 'complained' ? 'complaint' : 'unsubscribe';
  return [ALL_STREAMS, fact.stream].map((scope) => entryKey(scope, reason));
}
