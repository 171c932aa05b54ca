/** Cases computed by hand from the text of the design: both sides of every boundary. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '@desist/domain';
import type { LogEvent, Policy, PolicySet } from '@desist/domain';
import {
  accepted,
  allow,
  at,
  bounced,
  command,
  complained,
  deferred,
  delivered,
  disallow,
  expired,
  gaveUp,
  rejected,
  release,
  scriptedVerdict,
  span,
  START,
  suppress,
  unsubscribed,
} from './events.ts';
import type { EventOptions, Moment, ReplyName } from './events.ts';
import { oracle } from './oracle.ts';
import type { OracleAnswer } from './oracle.ts';

const DEFAULTS: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };

function policySet(base: Policy, streams: Readonly<Record<string, Policy>> = {}): PolicySet {
  return { ...DEFAULTS, tenants: new Map([['acme', { base, streams: new Map(Object.entries(streams)) }]]) };
}

function run(events: readonly LogEvent[], clock: Moment, policy: PolicySet = DEFAULTS): OracleAnswer {
  return oracle({ events, clock: at(clock), policy, verdictOf: scriptedVerdict });
}

/** Every window holds unless told otherwise. */
function contrasted(events: readonly LogEvent[], clock: Moment, contrastOf = (): boolean => true): OracleAnswer {
  return oracle({ events: known(events, clock), clock: at(clock), policy: DEFAULTS, verdictOf: scriptedVerdict, contrastOf });
}

/** Only what has happened by then: an event later than the clock is applied as well. */
function known(events: readonly LogEvent[], clock: Moment): LogEvent[] {
  return events.filter((event) => event.occurredAt <= at(clock));
}

/** Hours since START, and the milliseconds beside the full hour: `72h`, `48h+1ms`. */
function moment(time: number): string {
  const hours = Math.round((time - START) / 3_600_000);
  const rest = time - START - hours * 3_600_000;
  return `${hours}h${rest === 0 ? '' : `${rest > 0 ? '+' : ''}${rest}ms`}`;
}

/** One line per transition: `suppressed 72h deadline soft_bounced>suppressed *,persistent_deferral`. */
function story(answer: OracleAnswer): string[] {
  return answer.transitions.map(({ type, at: time, cause, from, to, scope, reason }) => {
    const about = [scope, reason].filter((part) => part !== undefined).join(',');
    return `${type} ${moment(time)} ${cause} ${from}>${to}${about && ` ${about}`}`;
  });
}

/** The suppressions as `scope reason since..expiry`. */
function held(answer: OracleAnswer): string[] {
  return answer.suppressions.map(({ scope, reason, since, expiresAt }) => {
    return `${scope} ${reason} ${moment(since)}..${expiresAt === null ? '' : moment(expiresAt)}`;
  });
}

/** Failures 24 h apart from `start` on: `persistent_deferral` 72 h after it. */
function dense(start: string, options: EventOptions = {}): LogEvent[] {
  return ['0h', '24h', '48h'].map((offset) => deferred(`${start}+${offset}`, options));
}

describe('counted failures', () => {
  it('nothing known is healthy', () => {
    const nothing = { suppressions: [], details: [], allowed: [], streak: null, probationUntil: null, transitions: [] };
    expect(run([], '1000h')).toEqual({ state: 'healthy', ...nothing });
  });

  it('the first one defers', () => {
    const answer = run([deferred('0h')], '0h');
    expect(answer.state).toBe('deferred');
    expect(answer.streak).toEqual({ startedAt: at('0h'), lastAt: at('0h'), failures: 1 });
    expect(story(answer)).toEqual(['deferred 0h event healthy>deferred']);
  });

  const uncounted: ReplyName[] = [
    'rate_limited',
    'spam_content',
    'policy_block',
    'system_error',
    'greylisting',
    'connection_failure',
    'expired',
    'unknown',
    'upstream_suppressed',
  ];
  it.each(uncounted)('%s never counts, neither deferred nor bounced', (reply) => {
    const answer = run([deferred('0h', { reply }), bounced('1h', { reply })], '2h');
    expect(answer.state).toBe('healthy');
    expect(answer.transitions).toEqual([]);
  });

  it('no reply at all is unknown, whatever the source says of permanence', () => {
    expect(run([deferred('0h', { reply: null }), bounced('1h', { reply: null, permanent: true })], '2h').transitions).toEqual([]);
  });

  it('by contrast: from the closing of its window on, at its own time, if the window holds', () => {
    const failures = ['1h', '30h', '54h'].map((moment) => deferred(moment, { reply: 'system_error' }));
    expect(story(contrasted(failures, '80h'))).toEqual([
      'deferred 6h deadline healthy>deferred',
      'persistent 36h deadline deferred>persistent',
      'at_risk 60h deadline persistent>persistent',
      'soft_bounced 73h deadline persistent>soft_bounced',
      'suppressed 73h deadline soft_bounced>suppressed *,persistent_deferral',
    ]);
    expect(contrasted(failures, '80h', () => false).transitions).toEqual([]);
  });

  it('by contrast: no suppression before the window of the failure that completed it has closed', () => {
    const failures = [deferred('0h'), deferred('40h'), deferred('75h', { reply: 'unknown' })];
    expect(held(contrasted(failures, '78h-1ms'))).toEqual([]);
    expect(held(contrasted(failures, '78h'))).toEqual(['* persistent_deferral 78h..798h']);
    expect(held(contrasted([...failures, deferred('76h')], '90h'))).toEqual(['* persistent_deferral 76h..796h']);
    expect(contrasted([...failures, delivered('76h', { message: 'm2' })], '90h').state).toBe('healthy');
  });

  it('by contrast: a failure joins what would have lapsed without it', () => {
    const failures = [deferred('1h'), deferred('48h', { reply: 'unknown' }), deferred('50h')];
    expect(contrasted(failures, '53h').streak).toEqual({ startedAt: at('50h'), lastAt: at('50h'), failures: 1 });
    expect(contrasted(failures, '54h').streak).toEqual({ startedAt: at('1h'), lastAt: at('50h'), failures: 3 });
  });

  it('by contrast: of two at one instant the first by id begins the streak, whichever entered first', () => {
    const short: Policy = { ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, largestGap: 36 * 3_600_000 } };
    const events = [
      deferred('1h', { id: 'a', stream: 'transactional', reply: 'system_error' }),
      deferred('1h', { id: 'b', stream: 'news' }),
      deferred('41h', { id: 'c' }),
    ];
    const answer = oracle({
      events,
      clock: at('42h'),
      policy: policySet(DEFAULT_POLICY, { news: short }),
      verdictOf: scriptedVerdict,
      contrastOf: () => true,
    });
    expect(answer.streak).toEqual({ startedAt: at('1h'), lastAt: at('41h'), failures: 3 });
  });

  it('by contrast: greylisting later than four hours after the first one', () => {
    const grey = (...moments: readonly string[]): LogEvent[] => moments.map((moment) => deferred(moment, { reply: 'greylisting' }));
    expect(contrasted(grey('0h', '4h'), '24h').streak).toBeNull();
    expect(contrasted(grey('0h', '4h+1ms'), '24h').streak?.startedAt).toBe(at('4h+1ms'));
    expect(contrasted(grey('0h', '47h', '94h'), '120h').streak?.failures).toBe(2);
    expect(contrasted([...grey('0h'), delivered('2h'), ...grey('5h')], '24h').streak).toBeNull();
  });

  it('by contrast: a give-up without a reply, also of a deferral that the source calls permanent', () => {
    expect(contrasted([bounced('0h', { reply: null })], '6h').state).toBe('soft_bounced');
    expect(contrasted([deferred('0h', { reply: null, permanent: true })], '6h').state).toBe('soft_bounced');
    expect(contrasted([deferred('0h', { reply: null, permanent: false })], '6h').state).toBe('deferred');
  });

  it('one that does not count neither advances nor prolongs nor resets', () => {
    const answer = run([deferred('0h'), deferred('47h', { reply: 'rate_limited' })], '48h+1ms');
    expect(story(answer)).toEqual(['deferred 0h event healthy>deferred', 'recovered 48h+1ms lapse deferred>healthy']);
  });

  it('accepted and rejected are no facts', () => {
    expect(run([accepted('0h'), rejected('1h')], '1000h').transitions).toEqual([]);
    expect(run([deferred('0h'), accepted('1h'), rejected('2h')], '3h').streak?.failures).toBe(1);
  });

  it('the policy decides on the attribution of a category', () => {
    const strict = policySet({ ...DEFAULT_POLICY, attribution: { policy_block: 'recipient', mailbox_full: 'sender' } });
    expect(run([deferred('0h')], '1h', strict).state).toBe('healthy');
    expect(run([deferred('0h', { reply: 'policy_block' })], '1h', strict).state).toBe('deferred');
  });
});

describe('the largest gap', () => {
  it('48 h exactly joins', () => {
    const answer = run([deferred('0h'), deferred('48h')], '48h');
    expect(answer.streak).toEqual({ startedAt: at('0h'), lastAt: at('48h'), failures: 2 });
    expect(story(answer)).toEqual(['deferred 0h event healthy>deferred', 'persistent 48h event deferred>persistent']);
  });

  it('one millisecond more starts a new streak', () => {
    const answer = run([deferred('0h'), deferred('48h+1ms')], '48h+1ms');
    expect(answer.streak).toEqual({ startedAt: at('48h+1ms'), lastAt: at('48h+1ms'), failures: 1 });
    expect(story(answer)).toEqual([
      'deferred 0h event healthy>deferred',
      'recovered 48h+1ms lapse deferred>healthy',
      'deferred 48h+1ms event healthy>deferred',
    ]);
  });

  it('the lapse timer fires before a failure that is two milliseconds late', () => {
    expect(story(run([deferred('0h'), deferred('48h+2ms')], '49h'))).toEqual([
      'deferred 0h event healthy>deferred',
      'recovered 48h+1ms lapse deferred>healthy',
      'deferred 48h+2ms event healthy>deferred',
    ]);
  });

  it('silence ends the streak after 48 h, not at 48 h', () => {
    expect(run([deferred('0h')], '48h').state).toBe('deferred');
    expect(run([deferred('0h')], '48h+1ms').state).toBe('healthy');
    expect(run([deferred('0h')], '48h+1ms').streak).toBeNull();
  });

  it('is measured from the last failure', () => {
    const answer = run([deferred('0h'), deferred('1h'), deferred('49h')], '49h');
    expect(answer.streak?.failures).toBe(3);
    expect(answer.state).toBe('persistent');
  });
});

describe('persistent', () => {
  it('at 24 h with two failures, not before', () => {
    const events = [deferred('0h'), deferred('1h')];
    expect(run(events, '24h-1ms').state).toBe('deferred');
    expect(story(run(events, '24h'))).toEqual(['deferred 0h event healthy>deferred', 'persistent 24h deadline deferred>persistent']);
  });

  it('needs two failures', () => {
    expect(run([deferred('0h')], '24h').state).toBe('deferred');
    expect(story(run([deferred('0h'), deferred('30h')], '30h'))).toEqual([
      'deferred 0h event healthy>deferred',
      'persistent 30h event deferred>persistent',
    ]);
  });

  it('a second failure 1 ms before 24 h leaves it to the timer, one at 24 h does it itself', () => {
    expect(story(run([deferred('0h'), deferred('24h-1ms')], '24h'))[1]).toBe('persistent 24h deadline deferred>persistent');
    expect(story(run([deferred('0h'), deferred('24h')], '24h'))[1]).toBe('persistent 24h event deferred>persistent');
  });
});

describe('soft bounce by age', () => {
  it('at 72 h with two failures, not before; the lapse ends it', () => {
    const events = [deferred('0h'), deferred('24h')];
    expect(run(events, '72h-1ms').state).toBe('persistent');
    expect(run(events, '72h').state).toBe('soft_bounced');
    expect(story(run(events, '72h+1ms')).slice(2)).toEqual([
      'soft_bounced 72h deadline persistent>soft_bounced',
      'recovered 72h+1ms lapse soft_bounced>healthy',
    ]);
  });
});

describe('soft bounce by age, under a patient policy', () => {
  it('needs two failures', () => {
    const patient = policySet({ ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, largestGap: span('100h') } });
    expect(run([deferred('0h')], '100h', patient).state).toBe('deferred');
    expect(run([deferred('0h'), deferred('1h')], '72h', patient).state).toBe('soft_bounced');
  });
});

describe('persistent_deferral by a dense streak', () => {
  it('three failures with tn = t1 + 48 h: warned at 48 h, suppressed at 72 h', () => {
    const answer = run(dense('0h'), '72h');
    expect(story(answer)).toEqual([
      'deferred 0h event healthy>deferred',
      'persistent 24h event deferred>persistent',
      'at_risk 48h event persistent>persistent',
      'soft_bounced 72h deadline persistent>soft_bounced',
      'suppressed 72h deadline soft_bounced>suppressed *,persistent_deferral',
    ]);
    expect(held(answer)).toEqual(['* persistent_deferral 72h..792h']);
    expect(answer.state).toBe('suppressed');
  });

  it('not one millisecond before 72 h', () => {
    const answer = run(dense('0h'), '72h-1ms');
    expect(answer.state).toBe('persistent');
    expect(answer.suppressions).toEqual([]);
  });

  it('not with tn one millisecond before t1 + 48 h, until a later failure reaches into the span', () => {
    const events = [deferred('0h'), deferred('24h'), deferred('48h-1ms')];
    const answer = run(events, '95h');
    expect(answer.state).toBe('soft_bounced');
    expect(story(answer).filter((line) => /^(at_risk|suppressed)/.test(line))).toEqual([]);
    expect(story(run([...events, deferred('73h')], '73h')).at(-1)).toBe(
      'suppressed 73h event soft_bounced>suppressed *,persistent_deferral',
    );
  });

  it('not with two failures, until the third', () => {
    const events = [deferred('0h'), deferred('48h')];
    expect(run(events, '96h').state).toBe('soft_bounced');
    expect(held(run([...events, deferred('73h')], '73h'))).toEqual(['* persistent_deferral 73h..793h']);
  });

  it('two failures 73 h apart do not suppress', () => {
    const answer = run([deferred('0h'), deferred('73h')], '74h');
    expect(answer.state).toBe('deferred');
    expect(answer.streak?.failures).toBe(1);
  });

  it('three in the first hour and then silence do not suppress', () => {
    const answer = run([deferred('0h'), deferred('30m'), deferred('1h')], '80h');
    expect(story(answer)).toEqual([
      'deferred 0h event healthy>deferred',
      'persistent 24h deadline deferred>persistent',
      'recovered 49h+1ms lapse persistent>healthy',
    ]);
  });

  it('the third failure at exactly 72 h: soft bounce, then suppression, both by the event, no warning', () => {
    expect(story(run([deferred('0h'), deferred('36h'), deferred('72h')], '72h'))).toEqual([
      'deferred 0h event healthy>deferred',
      'persistent 36h event deferred>persistent',
      'soft_bounced 72h event persistent>soft_bounced',
      'suppressed 72h event soft_bounced>suppressed *,persistent_deferral',
    ]);
  });

  it('a delivery at the deadline comes first', () => {
    const answer = run([...dense('0h'), delivered('72h')], '100h');
    expect(story(answer).at(-1)).toBe('recovered 72h delivered persistent>healthy');
  });

  it('a delivery one millisecond after the deadline releases', () => {
    const answer = run([...dense('0h'), delivered('72h+1ms')], '100h');
    expect(story(answer).slice(-2)).toEqual([
      'suppressed 72h deadline soft_bounced>suppressed *,persistent_deferral',
      'released 72h+1ms delivered suppressed>healthy *,persistent_deferral',
    ]);
    expect(answer.streak).toBeNull();
  });

  it('further failures while suppressed extend nothing', () => {
    const answer = run([...dense('0h'), deferred('73h'), gaveUp('80h')], '100h');
    expect(held(answer)).toEqual(['* persistent_deferral 72h..792h']);
    expect(answer.streak).toEqual({ startedAt: at('0h'), lastAt: at('48h'), failures: 3 });
  });
});

describe('at_risk', () => {
  const risks = (events: readonly LogEvent[], clock: Moment, policy = DEFAULTS): string[] =>
    story(run(events, clock, policy)).filter((line) => line.startsWith('at_risk'));

  it('once per streak', () => {
    expect(risks([...dense('0h'), deferred('50h'), deferred('60h')], '72h-1ms')).toEqual(['at_risk 48h event persistent>persistent']);
  });

  it('with the failure that makes the streak dense, up to 1 ms before the deadline', () => {
    const events = [deferred('0h'), deferred('36h')];
    expect(risks([...events, deferred('72h-1ms')], '73h')).toEqual(['at_risk 72h-1ms event persistent>persistent']);
    expect(risks([...events, deferred('72h')], '73h')).toEqual([]);
  });

  it('by the timer when the policy warns later', () => {
    const late = policySet({ ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, atRiskBefore: span('12h') } });
    expect(risks(dense('0h'), '60h-1ms', late)).toEqual([]);
    expect(risks(dense('0h'), '60h', late)).toEqual(['at_risk 60h deadline persistent>persistent']);
  });
});

describe('expiry of persistent_deferral', () => {
  const four = [...dense('0d'), ...dense('40d'), ...dense('140d'), ...dense('330d')];

  // Each suppression by a streak of its own: on probation the first failure of a kind would do.
  const withoutProbation = { ...DEFAULT_POLICY.suppression, probation: 0 };
  const streaks = policySet({ ...DEFAULT_POLICY, suppression: withoutProbation });
  const heldAt = (events: readonly LogEvent[], clock: Moment): string[] => held(run(known(events, clock), clock, streaks));
  const line = (since: number, until?: number): string[] => [
    `* persistent_deferral ${since * 24}h..${until === undefined ? '' : `${until * 24}h`}`,
  ];

  it('30, 90, 180 days, then for ever', () => {
    expect(heldAt(four, '3d')).toEqual(line(3, 33));
    expect(heldAt(four, '43d')).toEqual(line(43, 133));
    expect(heldAt(four, '143d')).toEqual(line(143, 323));
    expect(heldAt(four, '5000d')).toEqual(line(333));
  });

  it('ends when reached, not before', () => {
    expect(run(dense('0d'), '33d-1ms').state).toBe('suppressed');
    const answer = run(dense('0d'), '33d');
    expect(answer.state).toBe('healthy');
    expect(answer.suppressions).toEqual([]);
    expect(story(answer).at(-1)).toBe('released 792h expiry suppressed>healthy *,persistent_deferral');
  });

  it('a delivery starts the count again', () => {
    expect(heldAt([...four, delivered('135d')], '143d')).toEqual(line(143, 173));
    expect(heldAt([...four, delivered('135d')], '333d')).toEqual(line(333, 423));
  });

  it('a release does not, and the last entry repeats', () => {
    const events = ['0d', '5d', '10d', '15d', '20d'].flatMap((start) => [...dense(start), release(`${start}+4d`)]);
    expect(heldAt(events, '8d')).toEqual(line(8, 98));
    expect(heldAt(events, '13d')).toEqual(line(13, 193));
    expect(heldAt(events, '18d')).toEqual(line(18));
    expect(heldAt(events, '23d')).toEqual(line(23));
  });

  it('the last entry of a list that ends repeats', () => {
    const week = policySet({ ...DEFAULT_POLICY, suppression: { ...withoutProbation, expiry: [span('1d'), span('7d')] } });
    const events = ['0d', '20d', '40d'].flatMap((start) => dense(start));
    const ends = run(events, '60d', week)
      .transitions.filter((one) => one.type === 'released')
      .map((one) => moment(one.at));
    expect(ends).toEqual([`${4 * 24}h`, `${30 * 24}h`, `${50 * 24}h`]);
  });

  it('voids a failure of that very moment, not one of the next millisecond', () => {
    expect(run([...dense('0d'), deferred('33d')], '33d').streak).toBeNull();
    expect(run([...dense('0d'), deferred('33d+1ms')], '33d+1ms').streak?.failures).toBe(1);
  });

  it('voids give-ups as well', () => {
    const answer = run([gaveUp('0d'), ...dense('0d'), gaveUp('4d', { message: 'm2' })], '33d');
    expect(answer.state).toBe('healthy');
  });

  it('under an operator suppression that goes on, the state stays', () => {
    const answer = run([...dense('0d'), suppress('4d')], '33d');
    expect(story(answer).at(-1)).toBe('released 792h expiry suppressed>suppressed *,persistent_deferral');
    expect(answer.streak).toBeNull();
  });
});

describe('give-ups', () => {
  it('soft-bounce at once, in one transition', () => {
    expect(story(run([gaveUp('0h')], '0h'))).toEqual(['soft_bounced 0h event healthy>soft_bounced']);
    expect(story(run([expired('0h', { reply: 'mailbox_full' })], '0h'))).toEqual(['soft_bounced 0h event healthy>soft_bounced']);
  });

  it('outlive the streak', () => {
    const answer = run([gaveUp('0h')], '48h+1ms');
    expect(answer.streak).toBeNull();
    expect(answer.state).toBe('soft_bounced');
    expect(answer.transitions).toHaveLength(1);
  });

  it('are forgotten when exactly 60 days old', () => {
    expect(run([gaveUp('0d')], '60d-1ms').state).toBe('soft_bounced');
    expect(story(run([gaveUp('0d')], '60d'))[1]).toBe('recovered 1440h lapse soft_bounced>healthy');
  });

  it('forgotten while a streak lives: the stage of the streak', () => {
    expect(story(run([gaveUp('0d'), deferred('59d', { message: 'm2' })], '60d'))).toEqual([
      'soft_bounced 0h event healthy>soft_bounced',
      'deferred 1440h lapse soft_bounced>deferred',
    ]);
  });

  const three = (last: string, messages: (string | null)[] = ['m1', 'm2', 'm3']): LogEvent[] =>
    ['0h', '1h', last].map((time, index) => gaveUp(time, { message: messages[index] ?? null }));

  it('three of different messages over 72 h suppress, over 72 h - 1 ms not', () => {
    expect(held(run(three('72h'), '72h'))).toEqual(['* persistent_deferral 72h..792h']);
    expect(story(run(three('72h'), '72h'))).toEqual([
      'soft_bounced 0h event healthy>soft_bounced',
      'suppressed 72h event soft_bounced>suppressed *,persistent_deferral',
    ]);
    expect(run(three('72h-1ms'), '100h').state).toBe('soft_bounced');
  });

  it('two of the same message are one', () => {
    expect(run(three('72h', ['m1', 'm1', 'm3']), '100h').state).toBe('soft_bounced');
    expect(run(three('72h', ['m1', 'm2', 'm1']), '100h').state).toBe('soft_bounced');
  });

  it('without a message id each is of its own', () => {
    expect(run(three('72h', [null, null, null]), '72h').state).toBe('suppressed');
  });

  it('the first of three counts until it is 60 days old', () => {
    const events = (last: string): LogEvent[] => [gaveUp('0d'), gaveUp('30d', { message: 'm2' }), gaveUp(last, { message: 'm3' })];
    expect(run(events('60d-1ms'), '60d-1ms').state).toBe('suppressed');
    expect(run(events('60d'), '60d').state).toBe('soft_bounced');
    expect(run(events('60d+1ms'), '60d+1ms').state).toBe('soft_bounced');
  });

  it("a message's later give-up is only a counted failure: it does not prolong the memory", () => {
    const answer = run([gaveUp('0d'), gaveUp('30d')], '60d');
    expect(answer.state).toBe('healthy');
    expect(run([gaveUp('0d'), gaveUp('59d')], '59d').streak?.failures).toBe(1);
  });

  it("once forgotten, the message's next give-up is remembered again", () => {
    expect(run([gaveUp('0d'), gaveUp('60d+1ms')], '110d').state).toBe('soft_bounced');
  });

  it('a hard verdict on a deferral or a temporary one on a bounce makes no hard bounce', () => {
    expect(run([deferred('0h', { reply: 'user_unknown' })], '0h').state).toBe('deferred');
    expect(run([bounced('0h', { reply: 'user_unknown_450' })], '0h').state).toBe('soft_bounced');
    expect(run([expired('0h', { reply: 'user_unknown' })], '0h').state).toBe('soft_bounced');
  });
});

describe('expired without a cause of its own', () => {
  const state = (...events: LogEvent[]): string => run(events, '10h').state;

  it.each([null, 'expired', 'expired_elsewhere', 'connection_failure'] as const)("%s takes the message's latest deferral", (reply) => {
    expect(state(deferred('0h'), expired('1h', { reply }))).toBe('soft_bounced');
    expect(state(deferred('0h'), deferred('1h', { reply: 'rate_limited' }), expired('2h', { reply }))).toBe('deferred');
    expect(state(deferred('0h', { reply: 'rate_limited' }), deferred('1h'), expired('2h', { reply }))).toBe('soft_bounced');
  });

  it('no deferral, or one of another message, or one without an id: unknown', () => {
    expect(state(expired('1h'))).toBe('healthy');
    expect(state(deferred('0h', { message: 'm2' }), expired('1h'))).toBe('deferred');
    expect(state(deferred('0h', { message: null }), expired('1h', { message: null }))).toBe('deferred');
  });

  it('a latest deferral without a reply is unknown, though an earlier one counted', () => {
    expect(state(deferred('0h'), deferred('1h', { reply: null }), expired('2h'))).toBe('deferred');
  });

  it('a later deferral is not asked; one of the same time is, whichever id is lower', () => {
    expect(state(expired('1h'), deferred('2h'))).toBe('deferred');
    expect(state(expired('1h', { id: 'b' }), deferred('1h', { id: 'a' }))).toBe('soft_bounced');
    expect(state(expired('1h', { id: 'a' }), deferred('1h', { id: 'b' }))).toBe('soft_bounced');
    expect(state(expired('1h', { id: 'a' }), deferred('1h+1ms', { id: 'b' }))).toBe('deferred');
  });

  it('a reply of its own that says more is its own', () => {
    expect(state(deferred('0h'), expired('1h', { reply: 'system_error' }))).toBe('deferred');
  });

  it('whatever happened in between', () => {
    expect(state(deferred('0h'), delivered('1h', { message: 'm2' }), expired('2h'))).toBe('soft_bounced');
    expect(state(deferred('0h'), release('1h'), expired('2h'))).toBe('soft_bounced');
  });

  it('of a deferral for an unknown user: a give-up, no hard bounce', () => {
    const answer = run([deferred('0h', { reply: 'user_unknown' }), expired('1h')], '1h');
    expect(answer.state).toBe('soft_bounced');
    expect(answer.suppressions).toEqual([]);
  });
});

describe('hard bounces', () => {
  const hard: ReplyName[] = ['user_unknown', 'domain_not_found', 'invalid_address', 'mailbox_disabled', 'mailbox_moved'];
  it.each(hard)('%s suppresses at once, for ever, all streams', (reply) => {
    const answer = run([bounced('0h', { reply })], '5000d');
    expect(story(answer)).toEqual(['suppressed 0h event healthy>suppressed *,hard_bounce']);
    expect(held(answer)).toEqual(['* hard_bounce 0h..']);
    expect(answer.streak).toBeNull();
  });

  it('recipient_refused: its stream only, and the state stays', () => {
    const answer = run([bounced('0h', { reply: 'recipient_refused', stream: 'news' })], '1h');
    expect(story(answer)).toEqual(['suppressed 0h event healthy>healthy news,hard_bounce']);
    expect(answer.state).toBe('healthy');
  });

  it('mailbox_full is never one, whatever its first digit', () => {
    expect(run([bounced('0h', { reply: 'mailbox_full_552' })], '0h').state).toBe('soft_bounced');
  });

  it('not when the policy blames someone else; a blamed block makes a give-up', () => {
    const own = policySet({ ...DEFAULT_POLICY, attribution: { user_unknown: 'sender', policy_block: 'recipient' } });
    expect(run([bounced('0h')], '0h', own).state).toBe('healthy');
    expect(run([bounced('0h', { reply: 'policy_block' })], '0h', own).state).toBe('soft_bounced');
  });

  it('ends a running streak by suppression; another delivery ends both', () => {
    const answer = run([deferred('0h'), bounced('1h'), delivered('2h', { message: 'm2' })], '3h');
    expect(story(answer)).toEqual([
      'deferred 0h event healthy>deferred',
      'suppressed 1h event deferred>suppressed *,hard_bounce',
      'released 2h delivered suppressed>healthy *,hard_bounce',
    ]);
    expect(answer.streak).toBeNull();
  });

  it('stands against a delivery of the same message, whichever came first', () => {
    expect(held(run([bounced('0h'), delivered('1h')], '2h'))).toEqual(['* hard_bounce 0h..']);
    expect(held(run([delivered('0h'), bounced('1h')], '2h'))).toEqual(['* hard_bounce 1h..']);
    expect(held(run([delivered('0h'), bounced('0h')], '2h'))).toEqual(['* hard_bounce 0h..']);
  });

  it('falls to the delivery of another message, only if that is later', () => {
    expect(run([bounced('0h'), delivered('1h', { message: 'm2' })], '1h').suppressions).toEqual([]);
    expect(held(run([bounced('1h'), delivered('0h', { message: 'm2' })], '2h'))).toEqual(['* hard_bounce 1h..']);
  });

  it('two messages: each delivery takes away the bounces of the others; since stays', () => {
    const events = [bounced('0h'), bounced('1h', { message: 'm2' }), delivered('2h', { message: 'm2' })];
    expect(held(run(events, '2h'))).toEqual(['* hard_bounce 0h..']);
    expect(held(run([...events, delivered('3h', { message: 'm2' })], '3h'))).toEqual(['* hard_bounce 0h..']);
    expect(run([...events, delivered('3h', { message: 'm1' })], '3h').suppressions).toEqual([]);
    expect(run([...events, delivered('3h', { message: 'm3' })], '3h').suppressions).toEqual([]);
  });

  it('without message ids bounce and delivery are of different messages', () => {
    expect(run([bounced('0h', { message: null }), delivered('1h', { message: null })], '1h').suppressions).toEqual([]);
    expect(run([bounced('0h', { message: null }), delivered('1h')], '1h').suppressions).toEqual([]);
    expect(run([bounced('0h'), delivered('1h', { message: null })], '1h').suppressions).toEqual([]);
  });

  it('of one stream falls to a delivery of that stream only', () => {
    const refused = bounced('0h', { reply: 'recipient_refused', stream: 'news' });
    expect(held(run([refused, delivered('1h', { message: 'm2' })], '1h'))).toEqual(['news hard_bounce 0h..']);
    expect(run([refused, delivered('1h', { message: 'm2', stream: 'news' })], '1h').suppressions).toEqual([]);
    expect(held(run([refused, delivered('1h', { stream: 'news' })], '1h'))).toEqual(['news hard_bounce 0h..']);
  });

  it('of a stream, released together with the end of a streak: one transition', () => {
    const events = [bounced('0h', { reply: 'recipient_refused' }), deferred('1h'), delivered('2h', { message: 'm2' })];
    expect(story(run(events, '2h')).slice(1)).toEqual([
      'deferred 1h event healthy>deferred',
      'released 2h delivered deferred>healthy transactional,hard_bounce',
    ]);
  });

  it('a delivery that leaves it standing voids everything else and resets the expiry count', () => {
    const events = [...dense('0d'), bounced('4d'), delivered('5d')];
    expect(story(run(events, '5d')).at(-1)).toBe('released 120h delivered suppressed>suppressed *,persistent_deferral');
    expect(run(events, '5d').streak).toBeNull();
    const again = run([...events, release('6d'), ...dense('10d')], '13d');
    expect(held(again)).toEqual([`* persistent_deferral ${13 * 24}h..${43 * 24}h`]);
  });

  it('adds itself to a persistent_deferral that holds', () => {
    expect(held(run([...dense('0d'), bounced('4d')], '5d'))).toEqual(['* hard_bounce 96h..', '* persistent_deferral 72h..792h']);
    expect(held(run([...dense('0d'), bounced('4d')], '34d'))).toEqual(['* hard_bounce 96h..']);
  });
});

describe('delivered', () => {
  it('ends a streak and voids give-ups, whatever the stream', () => {
    const answer = run([gaveUp('0h'), deferred('1h'), delivered('2h', { stream: 'news' })], '2h');
    expect(story(answer)).toEqual(['soft_bounced 0h event healthy>soft_bounced', 'recovered 2h delivered soft_bounced>healthy']);
    expect(answer.streak).toBeNull();
  });

  it('comes after the failures of its own millisecond and before the later ones', () => {
    expect(run([delivered('1h'), deferred('1h')], '1h').state).toBe('healthy');
    expect(run([delivered('1h'), deferred('1h+1ms')], '2h').state).toBe('deferred');
  });

  it('to a healthy recipient changes nothing', () => {
    expect(run([delivered('0h')], '1h').transitions).toEqual([]);
  });

  it('undoes neither complaint nor unsubscribe nor operator', () => {
    const answer = run([complained('0h'), unsubscribed('0h'), suppress('0h'), delivered('1h', { message: 'm2' })], '2h');
    expect(held(answer)).toEqual(['* complaint 0h..', '* operator 0h..', 'transactional unsubscribe 0h..']);
  });
});

describe('complaint and unsubscribe', () => {
  it('a complaint suppresses all streams; a repeated one leaves since', () => {
    const answer = run([complained('0h'), complained('1h')], '2h');
    expect(story(answer)).toEqual(['suppressed 0h event healthy>suppressed *,complaint']);
    expect(held(answer)).toEqual(['* complaint 0h..']);
  });

  it('the policy may keep it to the stream', () => {
    const perStream = policySet({ ...DEFAULT_POLICY, suppression: { ...DEFAULT_POLICY.suppression, complaintScope: 'stream' } });
    const answer = run([complained('0h', { stream: 'news' })], '1h', perStream);
    expect(held(answer)).toEqual(['news complaint 0h..']);
    expect(answer.state).toBe('healthy');
  });

  it('an unsubscribe is for its stream', () => {
    const answer = run([deferred('0h'), unsubscribed('1h', { stream: 'news' })], '1h');
    expect(story(answer)[1]).toBe('suppressed 1h event deferred>deferred news,unsubscribe');
    expect(answer.state).toBe('deferred');
  });

  it('an unsubscribe at the moment of a deadline hides no stage', () => {
    const answer = run([deferred('0h'), deferred('1h'), unsubscribed('24h')], '24h');
    expect(story(answer).slice(1)).toEqual([
      'suppressed 24h event deferred>deferred transactional,unsubscribe',
      'persistent 24h deadline deferred>persistent',
    ]);
  });
});

describe('suppress', () => {
  it('holds until its expiry', () => {
    const events = [suppress('0h', { until: '10h' })];
    expect(run(events, '10h-1ms').state).toBe('suppressed');
    expect(story(run(events, '10h'))).toEqual([
      'suppressed 0h operator healthy>suppressed *,operator',
      'released 10h expiry suppressed>healthy *,operator',
    ]);
  });

  it('a second one replaces the expiry and leaves since', () => {
    const answer = run([suppress('0h', { until: '10h' }), suppress('5h')], '20h');
    expect(held(answer)).toEqual(['* operator 0h..']);
    expect(story(answer)).toEqual([
      'suppressed 0h operator healthy>suppressed *,operator',
      'suppressed 5h operator suppressed>suppressed *,operator',
    ]);
    expect(held(run([suppress('0h'), suppress('5h', { until: '30h' })], '20h'))).toEqual(['* operator 0h..30h']);
  });

  it('of a stream changes no state and freezes nothing', () => {
    const answer = run([deferred('0h'), suppress('1h', { scope: 'news' }), deferred('2h')], '24h');
    expect(answer.state).toBe('persistent');
    expect(held(answer)).toEqual(['news operator 1h..']);
  });

  it('of a stream, ending at the moment of a deadline, hides no stage', () => {
    const events = [deferred('0h'), deferred('1h'), suppress('2h', { scope: 'news', until: '24h' })];
    expect(story(run(events, '24h')).slice(2)).toEqual([
      'released 24h expiry deferred>deferred news,operator',
      'persistent 24h deadline deferred>persistent',
    ]);
  });

  it('failures under it join no streak', () => {
    const answer = run([deferred('0h'), suppress('1h', { until: '10h' }), deferred('2h'), gaveUp('3h')], '10h');
    expect(answer.streak).toEqual({ startedAt: at('0h'), lastAt: at('0h'), failures: 1 });
    expect(story(answer).at(-1)).toBe('released 10h expiry suppressed>deferred *,operator');
  });

  it('no deadline fires under it; afterwards the streak is looked at again', () => {
    const until = (time: string): LogEvent[] => [...dense('0h'), suppress('50h', { until: time })];
    expect(story(run(until('80h'), '80h')).slice(3)).toEqual([
      'suppressed 50h operator persistent>suppressed *,operator',
      'released 80h expiry suppressed>soft_bounced *,operator',
      'suppressed 80h deadline soft_bounced>suppressed *,persistent_deferral',
    ]);
    expect(held(run(until('80h'), '80h'))).toEqual(['* persistent_deferral 80h..800h']);
  });

  it('a frozen streak has lapsed when more than 48 h have passed, not at 48 h', () => {
    const until = (time: string): LogEvent[] => [...dense('0h'), suppress('50h', { until: time })];
    expect(run(until('96h'), '96h').state).toBe('suppressed');
    expect(story(run(until('96h+1ms'), '96h+1ms')).at(-1)).toBe('released 96h+1ms expiry suppressed>healthy *,operator');
    expect(run(until('96h+1ms'), '96h+1ms').streak).toBeNull();
  });

  it('a streak looked at before its deadline goes on', () => {
    expect(story(run([...dense('0h'), suppress('50h', { until: '60h' })], '72h')).slice(4)).toEqual([
      'released 60h expiry suppressed>persistent *,operator',
      'soft_bounced 72h deadline persistent>soft_bounced',
      'suppressed 72h deadline soft_bounced>suppressed *,persistent_deferral',
    ]);
  });

  it('a give-up is not forgotten under it, but when it ends', () => {
    const events = [gaveUp('0d'), suppress('1d', { until: '70d' })];
    expect(story(run(events, '70d'))).toEqual([
      'soft_bounced 0h event healthy>soft_bounced',
      'suppressed 24h operator soft_bounced>suppressed *,operator',
      'released 1680h expiry suppressed>healthy *,operator',
    ]);
    expect(run([gaveUp('0d'), suppress('1d', { until: '2d' })], '2d').state).toBe('soft_bounced');
  });

  it('an expiry in the past is over at once', () => {
    expect(story(run([suppress('5h', { until: '4h' })], '5h'))).toEqual([
      'suppressed 5h operator healthy>suppressed *,operator',
      'released 5h expiry suppressed>healthy *,operator',
    ]);
  });
});

describe('release', () => {
  it('of all lifts every scope and voids the evidence', () => {
    const events = [
      gaveUp('0h'),
      bounced('1h', { reply: 'recipient_refused' }),
      suppress('2h', { scope: 'news' }),
      bounced('3h'),
      release('4h'),
    ];
    const answer = run(events, '4h');
    expect(answer.suppressions).toEqual([]);
    expect(answer.state).toBe('healthy');
    expect(story(answer).slice(-3)).toEqual([
      'released 4h operator suppressed>healthy *,hard_bounce',
      'released 4h operator healthy>healthy news,operator',
      'released 4h operator healthy>healthy transactional,hard_bounce',
    ]);
  });

  it('of all, with nothing to lift, ends the streak', () => {
    expect(story(run([deferred('0h'), release('1h')], '2h'))).toEqual([
      'deferred 0h event healthy>deferred',
      'recovered 1h operator deferred>healthy',
    ]);
  });

  it('of a stream lifts only that stream and voids nothing', () => {
    const events = [deferred('0h'), suppress('1h', { scope: 'news' }), suppress('1h', { scope: 'shop' }), release('2h', { scope: 'news' })];
    const answer = run(events, '2h');
    expect(held(answer)).toEqual(['shop operator 1h..']);
    expect(story(answer).at(-1)).toBe('released 2h operator deferred>deferred news,operator');
    expect(answer.streak?.failures).toBe(1);
  });

  it('leaves complaint and unsubscribe, unless forced', () => {
    const events = [complained('0h'), unsubscribed('0h', { stream: 'news' })];
    expect(held(run([...events, release('1h')], '1h'))).toEqual(['* complaint 0h..', 'news unsubscribe 0h..']);
    expect(run([...events, release('1h', { force: true })], '1h').suppressions).toEqual([]);
    expect(held(run([...events, release('1h', { force: true, scope: 'news' })], '1h'))).toEqual(['* complaint 0h..']);
  });

  it('comes after everything else of its millisecond, whatever the ids', () => {
    const events = [release('1h', { id: 'a', force: true }), bounced('1h', { id: 'b' }), complained('1h', { id: 'c' })];
    expect(run(events, '1h').suppressions).toEqual([]);
    expect(
      story(run([delivered('1h', { id: 'a', message: 'm2' }), bounced('1h', { id: 'b' }), complained('1h', { id: '0' })], '1h')),
    ).toEqual([
      'suppressed 1h event healthy>suppressed *,hard_bounce',
      'released 1h delivered suppressed>healthy *,hard_bounce',
      'suppressed 1h event healthy>suppressed *,complaint',
    ]);
  });
});

describe('allow', () => {
  it('holds until its expiry, disallow or a new allow', () => {
    const events = [allow('0h', { until: '10h' })];
    expect(run(events, '10h-1ms').allowed).toEqual([{ scope: '*', expiresAt: at('10h') }]);
    expect(run(events, '10h').allowed).toEqual([]);
    expect(story(run(events, '10h'))).toEqual(['allowed 0h operator healthy>healthy *', 'disallowed 10h expiry healthy>healthy *']);
    expect(run([...events, allow('5h')], '1000h').allowed).toEqual([{ scope: '*', expiresAt: null }]);
    expect(story(run([...events, disallow('5h')], '20h'))[1]).toBe('disallowed 5h operator healthy>healthy *');
  });

  it('is per scope; disallow of another is no transition', () => {
    const answer = run([allow('0h', { scope: 'news' }), disallow('1h'), disallow('1h', { scope: 'shop' })], '2h');
    expect(answer.allowed).toEqual([{ scope: 'news', expiresAt: null }]);
    expect(answer.transitions).toHaveLength(1);
  });

  it('lifts no suppression', () => {
    expect(run([bounced('0h'), allow('1h')], '2h').state).toBe('suppressed');
  });

  it('ends while suppressed too', () => {
    expect(story(run([bounced('0h'), allow('1h', { until: '2h' })], '3h')).at(-1)).toBe('disallowed 2h expiry suppressed>suppressed *');
  });
});

describe('policies per stream', () => {
  const quick: Policy = {
    ...DEFAULT_POLICY,
    deferral: { ...DEFAULT_POLICY.deferral, persistentAfter: span('2h') },
    giveUp: { ...DEFAULT_POLICY.giveUp, messages: 2, remembered: span('10d') },
    suppression: { ...DEFAULT_POLICY.suppression, expiry: [span('7d')] },
    attribution: { rate_limited: 'recipient' },
  };
  const set = policySet(DEFAULT_POLICY, { quick });

  it('a streak runs under that of its first failure', () => {
    expect(run([deferred('0h', { stream: 'quick' }), deferred('1h')], '2h', set).state).toBe('persistent');
    expect(run([deferred('0h'), deferred('1h', { stream: 'quick' })], '2h', set).state).toBe('deferred');
    expect(held(run(dense('0h', { stream: 'quick' }), '72h', set))).toEqual(['* persistent_deferral 72h..240h']);
  });

  it('an event is judged under its own', () => {
    expect(run([deferred('0h', { stream: 'quick', reply: 'rate_limited' })], '0h', set).state).toBe('deferred');
    expect(run([deferred('0h', { reply: 'rate_limited' })], '0h', set).state).toBe('healthy');
    expect(run([deferred('0h', { reply: 'rate_limited' }), expired('1h', { stream: 'quick' })], '1h', set).state).toBe('soft_bounced');
  });

  it('give-ups: the rule of the latest, the memory of each', () => {
    const pair = (first: string, second: string): LogEvent[] => [
      gaveUp('0h', { stream: first }),
      gaveUp('72h', { stream: second, message: 'm2' }),
    ];
    expect(held(run(pair('slow', 'quick'), '72h', set))).toEqual(['* persistent_deferral 72h..240h']);
    expect(run(pair('quick', 'slow'), '72h', set).state).toBe('soft_bounced');
    expect(run([gaveUp('0h', { stream: 'quick' })], '10d', set).state).toBe('healthy');
    expect(run([gaveUp('0h')], '10d', set).state).toBe('soft_bounced');
  });

  it('without one of the stream: the tenant, then the base', () => {
    const own = policySet(quick);
    expect(run([deferred('0h', { reply: 'rate_limited' })], '0h', own).state).toBe('deferred');
    expect(run([deferred('0h', { tenant: 'other', reply: 'rate_limited' })], '0h', own).state).toBe('healthy');
  });
});

describe('order, duplicates and the clock', () => {
  const events = [...dense('0h'), delivered('80h', { message: 'm2' }), gaveUp('90h'), bounced('100h'), complained('100h'), release('100h')];

  it('order and duplicates do not matter', () => {
    const expected = run(events, '200h');
    expect(expected.transitions.length).toBeGreaterThan(8);
    expect(run([...events].reverse(), '200h')).toEqual(expected);
    expect(run([...events, ...events.slice(3), ...events], '200h')).toEqual(expected);
  });

  it('equal content with another id is another event', () => {
    expect(run([deferred('0h'), deferred('0h')], '0h').streak?.failures).toBe(1);
    expect(run([deferred('0h', { id: 'a' }), deferred('0h', { id: 'b' })], '0h').streak?.failures).toBe(2);
  });

  it('commands of one millisecond go by id', () => {
    const last = (first: string, second: string): boolean =>
      run([allow('0h', { id: first }), disallow('0h', { id: second })], '0h').allowed.length > 0;
    expect(last('a', 'b')).toBe(false);
    expect(last('b', 'a')).toBe(true);
  });

  it('ids go by code units, not by locale', () => {
    expect(run([allow('0h', { id: 'a' }), disallow('0h', { id: 'B' })], '0h').allowed).toHaveLength(1);
  });

  it('an event after the clock is applied at its own time, timers after the clock do not fire', () => {
    const answer = run([deferred('0h'), deferred('2h')], '1h');
    expect(answer.streak?.failures).toBe(2);
    expect(run([deferred('0h'), deferred('1h'), deferred('25h', { reply: 'rate_limited' })], '10h').transitions.at(-1)?.at).toBe(at('25h'));
  });

  it('what is due at an instant is looked at after all its events', () => {
    const pair = [deferred('33d', { id: 'a' }), deferred('33d', { id: 'b' })];
    expect(run([...dense('0d'), ...pair], '33d').streak).toBeNull();
  });

  it('forget is refused', () => {
    expect(() => run([command('forget', '0h')], '1h')).toThrow('forget');
  });
});

describe('the builders', () => {
  it('read lengths of time', () => {
    expect(span('72h-1ms')).toBe(72 * 3_600_000 - 1);
    expect(span('1d+6h+30m+15s+2ms')).toBe(((24 + 6) * 60 + 30) * 60_000 + 15_002);
    expect(() => span('72')).toThrow('not a length');
    expect(() => span('1h 2m')).toThrow('not a length');
  });

  it('leave out what is not there', () => {
    expect(deferred('0h', { message: null, reply: null })).not.toHaveProperty('messageId');
    expect(expired('0h')).not.toHaveProperty('smtp');
    expect(deferred('0h').smtp).toEqual({ code: 452, enhanced: '4.2.2', text: '452 4.2.2 Mailbox full' });
    expect(suppress('0h')).not.toHaveProperty('expiresAt');
  });
});
