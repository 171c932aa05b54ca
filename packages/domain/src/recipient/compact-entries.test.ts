/** What is kept of hard bounces, objections and commands: by example, both sides of each bound. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import type { TenantPolicy } from '../policy/policy.ts';
import { compact, SLACK } from './compact.ts';
import { run } from './run.ts';
import { newMachine } from './machine.ts';
import type { CommandFact, Fact, FailureFact, ObjectionFact } from './types.ts';

const POLICIES: TenantPolicy = { base: DEFAULT_POLICY, streams: new Map() };
const END = 1_000 * HOUR;

function kept(facts: readonly Fact[], slack = 0): readonly Fact[] {
  const sorted = facts.toSorted((a, b) => a.at - b.at);
  return compact(
    sorted,
    POLICIES,
    (some, observer, emit) =>
      void run(
        some,
        END,
        newMachine(() => DEFAULT_POLICY, emit, observer),
      ),
    slack,
  );
}
const ids = (facts: readonly Fact[]): readonly string[] => facts.map(({ id }) => id);
const series = <T>(count: number, one: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => one(index));

const objection = (at: number, kind: ObjectionFact['kind'], stream = 'news'): ObjectionFact => ({
  kind,
  at: at * HOUR,
  id: `${kind[0]}${at}`,
  stream,
});
const command = (at: number, kind: CommandFact['kind'], scope = '*', more: Partial<CommandFact> = {}): CommandFact => ({
  kind,
  at: at * HOUR,
  id: `${kind}${at}`,
  scope,
  expiresAt: null,
  force: false,
  by: null,
  ...more,
});
const bounce = (at: number, message: string | null = `m${at}`, stream?: string): FailureFact => ({
  kind: 'failure',
  type: 'bounced',
  at: at * HOUR,
  id: `b${at}`,
  stream: stream ?? 'news',
  message,
  classified: {
    verdict: {
      category: stream === undefined ? 'user_unknown' : 'recipient_refused',
      attribution: 'recipient',
      permanence: 'permanent',
      rule: 'r',
    },
    reply: null,
    provider: null,
  },
  causeUnknown: false,
  merged: 0,
});
const deferred = (at: number): FailureFact => {
  const one = bounce(at, null);
  const verdict = { ...one.classified.verdict, category: 'mailbox_full', permanence: 'temporary' } as const;
  return { ...one, id: `d${at}`, type: 'deferred', classified: { ...one.classified, verdict } };
};
/** Commands that say nothing: so many are above the bound. */
const noise = series(100, (index) => command(500 + index, index % 2 === 0 ? 'allow' : 'disallow', 'noise'));
const without = (facts: readonly Fact[]): readonly string[] => ids(facts).filter((id) => !/^(dis)?allow[56789]\d\d$/.test(id));

describe('up to the limit of 96 objections, commands and hard bounces', () => {
  it('nothing is dropped; above it neither, until the useless ones exceed the slack', () => {
    const some = (count: number): readonly Fact[] => series(count, (index) => objection(index, 'complained'));
    expect(kept(some(96))).toHaveLength(96);
    expect(ids(kept(some(97)))).toEqual(['c0', 'c96']);
    expect(kept(some(2 + SLACK + 65), SLACK)).toHaveLength(2);
    const each = series(100, (index) => objection(index, 'unsubscribed', `list-${index}`));
    expect(
      kept([...each, ...each.slice(0, SLACK).map((fact, index) => ({ ...fact, at: 200 * HOUR + index, id: `again${index}` }))], SLACK),
    ).toHaveLength(132);
  });
});

describe('objections', () => {
  it('keep the first and the last of each kind and stream', () => {
    const facts = [1, 2, 3].flatMap((at) => [
      objection(at, 'complained'),
      objection(at + 10, 'unsubscribed'),
      objection(at + 20, 'unsubscribed', 'bills'),
    ]);
    expect(without(kept([...facts, ...noise]))).toEqual(['c1', 'c3', 'u11', 'u13', 'u21', 'u23']);
  });

  it('are voided by a later forced release of all streams or of their own stream; not by an unforced one or one of another stream', () => {
    const after = (...releases: readonly CommandFact[]): readonly string[] =>
      without(kept([objection(1, 'unsubscribed'), ...releases, ...noise]));
    expect(after(command(2, 'release', '*', { force: true }))).toEqual(['release2']);
    expect(after(command(2, 'release', 'news', { force: true }))).toEqual(['release2']);
    expect(after(command(2, 'release', 'bills', { force: true }))).toEqual(['u1', 'release2']);
    expect(after(command(2, 'release'))).toEqual(['u1', 'release2']);
  });

  it('a complaint of all streams outlasts the release of its stream', () => {
    const facts = [
      objection(1, 'complained'),
      command(2, 'release', 'news', { force: true }),
      objection(3, 'complained'),
      objection(4, 'complained'),
      objection(5, 'complained'),
    ];
    expect(without(kept([...facts, ...noise]))).toEqual(['c1', 'release2', 'c3', 'c5']);
  });

  it('of more than 256 streams are raised to all streams for good: the first and the last of them are kept', () => {
    const some = kept(series(400, (index) => objection(index, 'unsubscribed', `list-${index}`)));
    expect(some).toHaveLength(258);
    expect(some.slice(256)).toEqual([
      { ...objection(256, 'unsubscribed', 'list-256'), raised: true },
      { ...objection(399, 'unsubscribed', 'list-399'), raised: true },
    ]);
    expect(some.slice(0, 256).some((fact) => 'raised' in fact)).toBe(false);
  });

  it('... the first one even after the release of its stream, which does not end what was raised', () => {
    const lists = series(257, (index) => objection(index, 'unsubscribed', `list-${index}`));
    const left = without(kept([...lists, command(300, 'release', 'list-256', { force: true }), ...noise]));
    expect(left.slice(255)).toEqual(['u255', 'u256', 'release300']);
  });
});

describe("an operator's suppression", () => {
  it('keeps the first command, with the latest expiry of those between, and the last command', () => {
    const days = series(10, (index) => command(24 * index, 'suppress', 'news', { expiresAt: (24 * index + 30) * HOUR }));
    const [first, last] = kept([...days.slice(0, 9), { ...(days[9] as CommandFact), expiresAt: null }, ...noise]) as readonly CommandFact[];
    expect(first).toMatchObject({ id: 'suppress0', expiresAt: (24 * 8 + 30) * HOUR });
    expect(last).toMatchObject({ id: 'suppress216', expiresAt: null });
  });

  it('of a stream keeps its last command after it has ended; none from before a release', () => {
    const ended = [1, 2].map((at) => command(at, 'suppress', 'news', { expiresAt: 5 * HOUR }));
    expect(without(kept([...ended, ...noise]))).toEqual(['suppress2']);
    expect(without(kept([...ended, command(3, 'release', 'news'), ...noise]))).toEqual(['release3']);
  });

  it('of all streams is kept after it has ended if failures came under it; merged with the next one if nothing failed between them', () => {
    const block = (at: number): CommandFact => command(at, 'suppress', '*', { expiresAt: (at + 1) * HOUR });
    const blocks = [block(1), block(3), block(5), block(7)];
    expect(without(kept([...blocks, ...noise]))).toEqual(['suppress7']);
    const failed = [deferred(0.5), deferred(5.5)];
    const left = kept([...blocks, ...failed, ...noise]);
    expect(without(left)).toEqual(['d0.5', 'suppress1', 'd5.5', 'suppress7']);
    expect(left[1]).toMatchObject({ expiresAt: 6 * HOUR });
  });
});

describe('releases', () => {
  it('keep the last forced and the last unforced one of all streams, and per stream what these do not cover', () => {
    const facts = [
      command(1, 'release', '*', { force: true }),
      command(2, 'release', '*', { force: true }),
      command(3, 'release', 'old'),
      command(4, 'release', 'forced', { force: true }),
      command(5, 'release'),
      command(6, 'release'),
      command(7, 'release', 'news'),
      command(8, 'release', 'news'),
    ];
    expect(without(kept([...facts, ...noise]))).toEqual(['release2', 'release4', 'release6', 'release8']);
  });

  it('drop the failures before them, except those that an `expired` may take its cause from', () => {
    const named = { ...deferred(2), message: 'm' };
    const left = kept([deferred(1), named, command(3, 'release'), deferred(4), ...noise]);
    expect(without(left)).toEqual(['d2', 'release3', 'd4']);
    expect(left[0]).toEqual({ ...named, causeOnly: true });
  });

  it('... and except those that had suppressed: they decide how long the next suppression lasts', () => {
    const streak = [1, 25, 50].map(deferred);
    expect(without(kept([...streak, command(100, 'release'), ...noise]))).toEqual(['d1', 'd25', 'd50', 'release100']);
    expect(without(kept([...streak, command(72, 'release'), ...noise]))).toEqual(['release72']);
  });
});

describe('allowances', () => {
  it('keep the last command for each scope', () => {
    const facts = [command(1, 'allow', 'a'), command(2, 'allow', 'a'), command(3, 'allow', 'b'), command(4, 'disallow', 'b')];
    expect(without(kept([...facts, ...noise]))).toEqual(['allow2', 'disallow4']);
  });

  it('that have ended are kept for the latest 64 scopes', () => {
    const facts = series(70, (index) => command(index, 'disallow', `s${index}`));
    // One of them is that of the others.
    expect(without(kept([...facts, ...noise]))).toHaveLength(63);
  });
});

describe('hard bounces', () => {
  it('keep the one that opened the entry, and the latest 32 of a scope', () => {
    expect(ids(kept(series(97, (index) => bounce(index))))).toEqual(['b0', ...series(32, (index) => `b${65 + index}`)]);
  });

  it('... counted for each scope separately', () => {
    const refused = series(60, (index) => bounce(index, `r${index}`, 'bills'));
    const unknown = series(60, (index) => bounce(100 + index));
    const left = ids(kept([...refused, ...unknown]));
    expect(left).toEqual(['b0', ...series(32, (index) => `b${28 + index}`), 'b100', ...series(32, (index) => `b${128 + index}`)]);
  });

  it('... and the one that remained when its own message was delivered', () => {
    const facts = [
      bounce(0),
      bounce(1, 'x'),
      ...series(20, (index) => bounce(2 + index)),
      { kind: 'delivered', at: 30 * HOUR, id: 'dx', stream: 'news', message: 'x' } as const,
    ];
    const left = ids(kept([...facts, ...series(90, (index) => bounce(40 + index))]));
    expect(left.slice(0, 4)).toEqual(['b0', 'b1', 'dx', 'b98']);
  });
});
