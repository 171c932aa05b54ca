/** What holds for a recipient, stream by stream, as one sentence each. */
import { duration } from './time.ts';
import { count, scopeName, words } from './words.ts';

export interface Holding {
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
  readonly category?: string | null;
  readonly failures?: number;
  readonly firstFailureAt?: string | null;
  readonly lastFailureAt?: string | null;
  readonly createdBy?: string | null;
  readonly note?: string | null;
  readonly source?: string | null;
  readonly subdomains?: boolean;
  /** The domain's entry that it is: `@example.com`. */
  readonly entry?: string;
}

export interface Subject {
  readonly state: string;
  readonly suppressions: readonly Holding[];
  readonly allowed: readonly { readonly scope: string; readonly expiresAt: string | null }[];
  readonly erased?: readonly Holding[];
  /** Of its domain and of those above it. */
  readonly domains?: readonly Holding[];
  readonly suppressAt: string | null;
  /** On probation until then. */
  readonly probationUntil?: string | null;
  readonly streak: {
    readonly startedAt: string;
    readonly lastFailureAt: string | null;
    readonly failures: number;
    readonly category: string | null;
  } | null;
}

/** A piece of a sentence: words, or a time. */
export type Piece = string | { readonly time: string };

export interface Verdict {
  /** `*` or a stream. */
  readonly scope: string;
  readonly allowed: boolean;
  readonly tone: 'ok' | 'warn' | 'bad';
  readonly title: string;
  readonly sentence: readonly Piece[];
}

/** Reasons that an operator's `allow` does not override. */
const FIRM = ['complaint', 'unsubscribe', 'operator'];
export const NEEDS_FORCE = ['complaint', 'unsubscribe'];

/** The verdict for every stream first, then those of streams for which something else holds. */
export function verdictsOf(subject: Subject): readonly Verdict[] {
  const { suppressions, allowed, erased = [], domains = [] } = subject;
  const scopes = new Set([...suppressions, ...allowed, ...erased, ...domains].map(({ scope }) => scope));
  scopes.delete('*');
  return [verdictFor(subject, '*'), ...[...scopes].sort().map((scope) => verdictFor(subject, scope))];
}

function verdictFor(subject: Subject, scope: string): Verdict {
  const covers = (one: { readonly scope: string }): boolean => one.scope === '*' || one.scope === scope;
  const all = [...subject.suppressions, ...(subject.erased ?? []), ...(subject.domains ?? [])].filter(covers);
  const allowance = subject.allowed.find(covers);
  const blocking = allowance === undefined ? all : all.filter(({ reason }) => FIRM.includes(reason));
  const who = scope === '*' ? 'No mail is sent' : `No mail of stream ${scope} is sent`;
  const may = scope === '*' ? 'Mail may be sent' : `Mail of stream ${scope} may be sent`;
  const [first] = blocking;
  if (first !== undefined) {
    const sentence = blocking.flatMap((one, index): Piece[] => [...(index === 0 ? [] : [' ']), ...because(one)]);
    return { scope, allowed: false, tone: 'bad', title: who, sentence };
  }
  if (allowance !== undefined && all.length > 0) {
    const until: Piece[] = allowance.expiresAt === null ? ['until somebody ends it'] : ['until ', { time: allowance.expiresAt }];
    return {
      scope,
      allowed: true,
      tone: 'warn',
      title: may,
      sentence: ['An operator allowed it ', ...until, `; without that, ${list(all.map(({ reason }) => words(reason)))} would block it.`],
    };
  }
  if (scope === '*' && subject.streak !== null && subject.state !== 'healthy') return onItsWay(subject, subject.streak, may);
  const elsewhere = scope === '*' && subject.suppressions.length > 0;
  const probation = scope === '*' ? onProbation(subject) : [];
  return {
    scope,
    allowed: true,
    tone: probation.length === 0 ? 'ok' : 'warn',
    title: may,
    sentence:
      probation.length === 0
        ? [elsewhere ? 'Only the streams below are blocked.' : 'Nothing holds it back.']
        : [...(elsewhere ? ['Only the streams below are blocked. '] : []), ...probation],
  };
}

/** What follows a suppression for persistent deferral that has expired. */
function onProbation({ probationUntil = null }: Subject): readonly Piece[] {
  if (probationUntil === null) return [];
  return [
    'It is on probation until ',
    { time: probationUntil },
    ': its suppression has expired, and one more failure of that kind suppresses it again at once, for longer. A delivery ends the probation.',
  ];
}

function onItsWay(subject: Subject, streak: NonNullable<Subject['streak']>, title: string): Verdict {
  const { suppressAt } = subject;
  const { failures, startedAt, lastFailureAt, category } = streak;
  const what = category === null ? '' : ` (${words(category)})`;
  const over = lastFailureAt === null ? 0 : Date.parse(lastFailureAt) - Date.parse(startedAt);
  const ran = over < 60_000 ? '' : ` over ${duration(over)}`;
  const failed: Piece[] = [`It has failed ${failures === 1 ? 'once' : `${failures} times`}${ran}${what}, with no delivery since. `];
  const next: Piece[] =
    suppressAt === null
      ? ['It is not on its way to a suppression.']
      : ['It will be suppressed ', { time: suppressAt }, ' unless something is delivered before.'];
  const probation = onProbation(subject);
  return {
    scope: '*',
    allowed: true,
    tone: 'warn',
    title,
    sentence: [...failed, ...next, ...(probation.length === 0 ? [] : [' ', ...probation])],
  };
}

function because(one: Holding): readonly Piece[] {
  const since: Piece[] = [{ time: one.since }];
  const until: Piece[] = one.expiresAt === null ? ['.'] : [', until ', { time: one.expiresAt }, '.'];
  const note: Piece[] = one.note == null ? [] : [` “${one.note}”`];
  return ['Since ', ...since, `: ${cause(one)}`, ...until, ...note];
}

function cause({ reason, category, failures = 0, firstFailureAt, lastFailureAt, createdBy, source, entry, subdomains }: Holding): string {
  const what = category === null || category === undefined ? '' : ` (${words(category)})`;
  switch (reason) {
    case 'persistent_deferral': {
      const over = Date.parse(lastFailureAt ?? '') - Date.parse(firstFailureAt ?? '');
      return `${count(failures, 'counted failure')}${Number.isNaN(over) || over <= 0 ? '' : ` over ${duration(over)}`} with no delivery between them${what}`;
    }
    case 'hard_bounce':
      return `the address bounced for good${what}`;
    case 'complaint':
      return 'the recipient reported a message as spam';
    case 'unsubscribe':
      return 'the recipient unsubscribed';
    case 'operator':
      return operatorsCause({ by: createdBy ?? source ?? null, entry, subdomains });
    default:
      return words(reason);
  }
}

function operatorsCause({
  by,
  entry,
  subdomains,
}: {
  readonly by: string | null;
  readonly entry: string | undefined;
  readonly subdomains: boolean | undefined;
}): string {
  const who = by ?? 'an operator';
  if (entry !== undefined) return `the entry ${entry} blocks it`;
  return `${who} suppressed it${subdomains === true ? ', with all domains below it' : ''}`;
}

function list(items: readonly string[]): string {
  return [...new Set(items)].join(' and ');
}

/** What a release of `scope` would do, by the rules that `release` follows. */
export function releaseEffects(subject: Pick<Subject, 'suppressions'>, scope: string, force: boolean) {
  const within = subject.suppressions.filter((one) => scope === '*' || one.scope === scope);
  const lifted = within.filter(({ reason }) => force || !NEEDS_FORCE.includes(reason));
  return { lifted, stays: subject.suppressions.filter((one) => !lifted.includes(one)) };
}

/** For a ticket: plain text, times in UTC. */
export function ticketOf(
  who: { readonly tenant: string; readonly address: string },
  subject: Subject,
  evidence: readonly string[],
): string {
  const plain = (pieces: readonly Piece[]): string =>
    pieces.map((piece) => (typeof piece === 'string' ? piece : `${piece.time.slice(0, 19).replace('T', ' ')} UTC`)).join('');
  const lines = verdictsOf(subject).map(({ scope, title, sentence }) => `${title} (${scopeName(scope)}). ${plain(sentence)}`);
  return [
    `Recipient: ${who.address} (tenant ${who.tenant})`,
    `State: ${words(subject.state)}`,
    ...lines,
    ...(evidence.length === 0 ? [] : ['', 'Latest evidence:', ...evidence]),
  ].join('\n');
}
