/** What the timeline of a recipient shows, as times and kinds; the drawing gives them places. */
import { DAY } from './time.ts';

export interface Fact {
  readonly at: string | null;
  readonly type: string;
  readonly role: string;
  readonly counts: boolean;
  readonly why: string | null;
  readonly voidedBy: string | null;
  readonly incident?: string;
}
export interface Transition {
  readonly at: string | null;
  readonly type: string;
  readonly from: string;
  readonly to: string;
}

export type Mark = 'counted' | 'hollow' | 'hard' | 'delivered' | 'engaged' | 'ignored' | 'command';

export interface Dot {
  /** Index of the fact. */
  readonly index: number;
  readonly at: number;
  readonly mark: Mark;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly dots: readonly Dot[];
  /** States in order of time; the last one reaches to the end. */
  readonly states: readonly (Span & { readonly state: string })[];
  /** The streak, as far as it went and as far as its deadline. */
  readonly streak: (Span & { readonly deadline: number; readonly marks: readonly { readonly at: number; readonly name: string }[] }) | null;
  readonly deliveries: readonly number[];
}

const COMMANDS = ['suppress', 'release', 'allow', 'disallow', 'amend', 'forget'];

export interface TimelineInput {
  readonly facts: readonly Fact[];
  readonly transitions: readonly Transition[];
  readonly streak: { readonly startedAt: string; readonly lastFailureAt: string | null } | null;
  readonly suppressAt: string | null;
  readonly state: string;
  /** ms */
  readonly now: number;
}

export function timelineOf({ facts, transitions, streak, suppressAt, state, now }: TimelineInput): Timeline | null {
  const dots = facts.flatMap((fact, index): Dot[] => (fact.at === null ? [] : [{ index, at: Date.parse(fact.at), mark: markOf(fact) }]));
  const started = streak === null ? lastStreak(transitions) : Date.parse(streak.startedAt);
  const times = [...dots.map(({ at }) => at), ...(started === null ? [] : [started])];
  if (times.length === 0) return null;
  const deadline = started === null ? null : deadlineOf(started, { transitions, suppressAt });
  const first = Math.min(...times);
  const last = Math.max(...times, deadline ?? 0);
  // The present is in sight unless that would press the events together.
  const span = Math.max(DAY / 4, last - first);
  const end = now - last < 1.2 * span ? Math.max(now, last) : last + span / 4;
  const pad = Math.max(30 * 60_000, (end - first) * 0.03);
  const [from, to] = [first - pad, end + pad];
  return {
    from,
    to,
    dots,
    states: statesOf(transitions, { from, to: Math.min(to, Math.max(now, last)), state }),
    streak: started === null || deadline === null ? null : streakOf(started, deadline, { streak, transitions, now }),
    deliveries: dots.filter(({ mark }) => mark === 'delivered').map(({ at }) => at),
  };
}

function markOf({ type, role, counts }: Fact): Mark {
  if (type === 'delivered') return type;
  if (type === 'engaged') return role === 'no_effect' ? 'ignored' : type;
  if (COMMANDS.includes(type) || type === 'complained' || type === 'unsubscribed') return 'command';
  if (role === 'hard_bounce') return 'hard';
  return counts || role === 'counted' ? 'counted' : 'hollow';
}

/** The streak that led to the last suppression, when no streak is running any more. */
function lastStreak(transitions: readonly Transition[]): number | null {
  const opened = transitions.findLast(({ from, to }) => from === 'healthy' && to === 'deferred');
  return opened?.at === null || opened === undefined ? null : Date.parse(opened.at);
}

function deadlineOf(started: number, { transitions, suppressAt }: Pick<TimelineInput, 'transitions' | 'suppressAt'>): number {
  if (suppressAt !== null) return Date.parse(suppressAt);
  const suppressed = transitions.findLast(({ type, at }) => type === 'suppressed' && at !== null && Date.parse(at) > started);
  return suppressed?.at === null || suppressed === undefined ? started + 3 * DAY : Date.parse(suppressed.at);
}

function streakOf(started: number, deadline: number, { streak, transitions, now }: Pick<TimelineInput, 'streak' | 'transitions' | 'now'>) {
  const ended = transitions.findLast(({ to, at }) => (to === 'healthy' || to === 'suppressed') && at !== null && Date.parse(at) > started);
  const reached = ended?.at === null || ended === undefined ? Math.min(now, deadline) : Math.min(Date.parse(ended.at), deadline);
  const running = streak !== null && ended === undefined;
  const marks = [
    { at: started + DAY, name: '24 h' },
    { at: started + 3 * DAY, name: '72 h' },
  ];
  return { from: started, to: running ? Math.min(now, deadline) : reached, deadline, marks };
}

function statesOf(transitions: readonly Transition[], { from, to, state }: Span & { readonly state: string }) {
  const steps = transitions.filter((one): one is Transition & { at: string } => one.at !== null && one.from !== one.to);
  const spans: (Span & { state: string })[] = [];
  let [begin, now] = [from, steps[0]?.from ?? state];
  for (const step of steps) {
    const at = Math.min(to, Math.max(begin, Date.parse(step.at)));
    if (at > begin) spans.push({ from: begin, to: at, state: now });
    [begin, now] = [at, step.to];
  }
  if (to > begin) spans.push({ from: begin, to, state: now });
  return spans;
}
