/**
 * Proof of life: each kind against each reason, in the words of docs/guarantees.md, whose table is compared with this one. Then both sides of
 * each boundary, late and repeated events, and what is said of them.
 */
import { readFileSync } from 'node:fs';
import { DAY, DEFAULT_POLICY, decodeRecipient, encodeRecipient, ENGAGEMENT_KINDS, explain, viewOf } from '@desist/domain';
import type { EngagementKind, Policy } from '@desist/domain';
import { factValue } from '@desist/contracts/explanation';
import { describe, expect, it } from 'vitest';
import { bounced, deferred, delivered, engaged, everySixHours, moment, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const UNKNOWN = '550 5.1.1 User unknown';
const REFUSED = '550 5.7.1 Rejected by recipient';
const CLICKS: Policy = { ...DEFAULT_POLICY, engagement: { clicks: true } };
const DAYS = 24;
/** Suppressed at 72 h, for 30 days. */
const FAILING = everySixHours(72);
const EXPIRED = 72 + 30 * DAYS;

interface Standing {
  readonly events: readonly Told[];
  /** When the proof of life comes. */
  readonly at: number;
  /** The entry, if there is one; state otherwise. */
  readonly is: string;
}

/** What may stand against a recipient, by its name in the table. */
const STANDING: Readonly<Record<string, Standing>> = {
  'deferred, persistent': { events: everySixHours(30), at: 31, is: 'persistent' },
  'soft bounced': { events: [bounced(0, { reply: '552 5.2.2 Mailbox full' })], at: 1, is: 'soft_bounced' },
  '`persistent_deferral`': { events: FAILING, at: 73, is: 'persistent_deferral *' },
  probation: { events: FAILING, at: EXPIRED + 1, is: 'probation' },
  '`hard_bounce`': { events: [bounced(0, { reply: UNKNOWN })], at: 1, is: 'hard_bounce *' },
  '`hard_bounce` of the stream of the event': { events: [bounced(0, { reply: REFUSED })], at: 1, is: 'hard_bounce default' },
  '`hard_bounce` of another stream': { events: [bounced(0, { reply: REFUSED, stream: 'news' })], at: 1, is: 'hard_bounce news' },
  '`complaint`': { events: [{ type: 'complained', at: 0 }], at: 1, is: 'complaint *' },
  '`unsubscribe`': { events: [{ type: 'unsubscribed', at: 0 }], at: 1, is: 'unsubscribe default' },
  '`operator`': { events: [{ type: 'suppress', at: 0 }], at: 1, is: 'operator *' },
  allowance: { events: [{ type: 'allow', at: 0 }], at: 1, is: 'allowed *' },
};

/** The columns of the table. */
const COLUMNS: readonly (readonly [name: string, kind: EngagementKind, policy: Policy])[] = [
  ['`reply`', 'reply', DEFAULT_POLICY],
  ['`login`', 'login', DEFAULT_POLICY],
  ['`confirmed`', 'confirmed', DEFAULT_POLICY],
  ['`click`, `clicks: true`', 'click', CLICKS],
  ['`click`', 'click', DEFAULT_POLICY],
];

/** `ends` or `stays`, of each cell. */
const TABLE: Readonly<Record<string, readonly string[]>> = tableOf('## Proof of life');

function tableOf(title: string): Readonly<Record<string, readonly string[]>> {
  const text = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf(title)).split('\n## ')[0] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('|---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows[0]).toEqual(['', ...COLUMNS.map(([name]) => name)]);
  return Object.fromEntries(rows.slice(1).map(([name = '', ...cells]) => [name, cells]));
}

const standing = (events: readonly Told[], end: number, policy?: Policy): readonly string[] => {
  const { view, held } = tell(events, end, policy);
  const state = view.state === 'healthy' || view.state === 'suppressed' ? [] : [view.state];
  const allowed = view.allowed.map(({ scope }) => `allowed ${scope}`);
  return [...held, ...state, ...allowed, ...(view.probationUntil === null ? [] : ['probation'])];
};

describe('each kind against each reason', () => {
  it('is told by docs/guarantees.md', () => {
    expect(Object.keys(TABLE)).toEqual(Object.keys(STANDING));
    expect(new Set(Object.values(TABLE).flat())).toEqual(new Set(['ends', 'stays']));
  });

  describe.each(Object.entries(STANDING))('%s', (name, { events, at, is }) => {
    it('stands before it', () => {
      expect(standing(events, at)).toContain(is);
    });

    it.each(COLUMNS.map((column, index) => [...column, TABLE[name]?.[index]] as const))('%s', (_, kind, policy, wanted) => {
      const after = standing([...events, engaged(kind, at)], at, policy);
      if (wanted === 'ends') expect(after).toEqual([]);
      else expect(after).toEqual([is]);
      // The same for what comes late, and again.
      const late = [...events, { type: 'disallow' as const, at: at + 1, scope: 'other' }, engaged(kind, at), engaged(kind, at)];
      expect(standing(late, at + 1, policy)).toEqual(after);
    });
  });

  it('is what a delivery of another message does, of those that end everything that rests on failures', () => {
    for (const [name, { events, at }] of Object.entries(STANDING)) {
      const ends = standing([...events, delivered(at)], at).length === 0;
      expect([name, TABLE[name]?.[0] === 'ends']).toEqual([name, ends]);
    }
  });
});

describe('an engaged event', () => {
  it.each(ENGAGEMENT_KINDS)('voids failures before it and at its instant, none after: %s', (kind) => {
    const state = (at: number): string => tell([engaged(kind, 10), deferred(at)], 11, CLICKS).view.state;
    expect([10 - ms(1), 10, 10 + ms(1)].map(state)).toEqual(['healthy', 'healthy', 'deferred']);
  });

  it('comes after a delivery of its instant and before a complaint: the delivery is named', () => {
    const { changes } = tell([...FAILING, engaged('reply', 73), delivered(73), { type: 'complained', at: 73 }], 73);
    expect(changes.slice(-2)).toMatchObject([
      { type: 'released', cause: 'engaged', engagement: 'reply' },
      { type: 'suppressed', suppression: { reason: 'complaint' } },
    ]);
    const sorted = tell([...FAILING, delivered(73), engaged('reply', 73)], 73).changes.at(-1);
    expect(sorted).toMatchObject({ type: 'released', cause: 'delivered' });
    expect(sorted).not.toHaveProperty('engagement');
  });

  it('begins the levels of 30, 90, 180 days anew, and ends a probation', () => {
    const second = (life: readonly Told[]): number | null | undefined => {
      const failing = everySixHours(72).map((one) => ({ ...one, at: one.at + EXPIRED + 50 }));
      return tell([...FAILING, ...life, ...failing], EXPIRED + 50 + 73).changes.findLast(({ type }) => type === 'suppressed')?.suppression
        ?.expiresAt;
    };
    expect(second([])).toBe(moment(EXPIRED + 50 + 90 * DAYS));
    for (const kind of ['reply', 'login', 'confirmed'] as const) {
      expect(second([engaged(kind, EXPIRED + 1)])).toBe(moment(EXPIRED + 50 + 72 + 30 * DAYS));
    }
    expect(second([engaged('click', EXPIRED + 1)])).toBe(moment(EXPIRED + 50 + 90 * DAYS));
  });

  it('leaves a hard bounce of the message that was answered, whichever came first, and ends one of another message', () => {
    const bounce = bounced(1, { reply: UNKNOWN, message: 'm' });
    const held = (...events: readonly Told[]): readonly string[] => tell(events, 3).held;
    expect(held(bounce, engaged('reply', 2, { message: 'm' }))).toEqual(['hard_bounce *']);
    expect(held(engaged('reply', 0, { message: 'm' }), bounce)).toEqual(['hard_bounce *']);
    expect(held(bounce, engaged('reply', 2, { message: 'other' }))).toEqual([]);
    expect(held(bounce, engaged('login', 2, { message: 'other' }))).toEqual(['hard_bounce *']);
  });

  it('of another stream ends what all streams share, and no hard bounce of a stream', () => {
    expect(tell([...FAILING, engaged('login', 73, { stream: 'news' })], 73).held).toEqual([]);
    expect(tell([bounced(0, { reply: REFUSED }), engaged('reply', 1, { stream: 'news' })], 1).held).toEqual(['hard_bounce default']);
  });

  it('is read under the policy of its own stream', () => {
    expect(tell([...FAILING, engaged('click', 73)], 73, CLICKS).held).toEqual([]);
    const { recipient, context } = tell([...FAILING, engaged('click', 73, { stream: 'news' })], 73);
    const believing = { ...context, policies: { ...context.policies, streams: new Map([['news', CLICKS]]) }, policyVersion: 'other' };
    const read = decodeRecipient(encodeRecipient(recipient), recipient.version)!;
    expect(viewOf({ ...read, policy: 'other' }, believing).state).toBe('healthy');
  });

  it('that is not certain proves nothing', () => {
    expect(tell([...FAILING, { ...engaged('reply', 73), certain: false }], 73).held).toEqual(['persistent_deferral *']);
  });

  it('comes late: what it undoes is published once, with the reason', () => {
    const { changes, held } = tell([...everySixHours(90), engaged('login', 71)], 91);
    expect(held).toEqual([]);
    expect(changes.at(-1)).toMatchObject({ type: 'corrected', cause: 'correction' });
    const after = tell([...everySixHours(90), engaged('login', 89)], 91).changes;
    expect(after.find(({ type }) => type === 'released')).toMatchObject({ cause: 'engaged', engagement: 'login', effectiveAt: moment(89) });
  });
});

describe('what is kept of it', () => {
  it('is bounded: the last one that voids, what released bounces, and the last click of each stream that says nothing', () => {
    const many = Array.from({ length: 500 }, (_, index) => engaged(ENGAGEMENT_KINDS[index % 4] as EngagementKind, 1 + index / 10));
    const { recipient } = tell([deferred(0), ...many], 60);
    expect(recipient.facts.length).toBeLessThanOrEqual(4);
    const clicks = Array.from({ length: 500 }, (_, index) => engaged('click', 73 + index / 10, { stream: `s${index % 50}` }));
    const clicked = tell([...FAILING, ...clicks], 124);
    expect(clicked.recipient.facts.filter(({ kind }) => kind === 'engaged')).toHaveLength(8);
    expect(clicked.held).toEqual(['persistent_deferral *']);
  });

  it('keeps a repeated older bounce from suppressing, and lets a login keep an older hard bounce', () => {
    const { recipient, context } = tell(
      [bounced(0, { reply: UNKNOWN, message: 'm' }), engaged('reply', 1), engaged('login', 2)],
      30 * DAYS,
    );
    expect(viewOf(recipient, context)).toMatchObject({ state: 'healthy', suppressions: [] });
    const again = tell([engaged('reply', 1), engaged('login', 2), bounced(0, { reply: UNKNOWN, message: 'm' })], 3);
    expect(again.held).toEqual([]);
    expect(tell([engaged('login', 2), bounced(0, { reply: UNKNOWN, message: 'm' })], 3).held).toEqual(['hard_bounce *']);
  });

  it('of a row that an older version wrote is nothing: it is read as before', () => {
    const { recipient } = tell(FAILING, 73);
    expect(encodeRecipient(recipient)).toMatch(/^\{"v":1,/);
    expect(encodeRecipient(tell([...FAILING, engaged('login', 73)], 73).recipient)).toMatch(/^\{"v":6,/);
  });
});

describe('what is said of it', () => {
  const said = (events: readonly Told[], end: number, policy?: Policy) => {
    const { recipient, context } = tell(events, end, policy);
    return explain(recipient, context)
      .facts.map(factValue)
      .filter(({ type }) => type === 'engaged');
  };

  it('names what it released, as far as the kept facts know it', () => {
    const events = [bounced(0, { reply: UNKNOWN }), engaged('reply', 1)];
    expect(said(events, 1)).toMatchObject([
      { kind: 'reply', role: 'decided', effect: expect.stringContaining('releases hard_bounce') as string },
    ]);
    // What a login voids is gone: it is said that it is.
    expect(said([...FAILING, engaged('login', 73)], 73)).toMatchObject([{ effect: 'which voids the failures before it' }]);
  });

  it('names what it left as it was, and why', () => {
    const [login] = said([bounced(0, { reply: UNKNOWN }), { type: 'complained', at: 0 }, engaged('login', 1)], 1);
    expect(login?.effect).toContain('hard_bounce stays: one can do that with an address that is dead for mail');
    expect(login?.effect).toContain('complaint stays: only `release` with force ends it');
  });

  it('says why a click changed nothing', () => {
    expect(said([...FAILING, engaged('click', 73)], 73)).toMatchObject([
      { kind: 'click', role: 'no_effect', effect: null, why: expect.stringContaining('engagement.clicks') as string },
    ]);
    expect(said([...FAILING, engaged('click', 73)], 73, CLICKS)[0]?.why).toBeNull();
  });
});

describe('a year of it', () => {
  it('keeps a recipient healthy that logs in while its mail is deferred, and forgets it a week after', () => {
    const year = Array.from({ length: 365 }, (_, day) => [deferred(day * DAYS), engaged('login', day * DAYS + 12)]).flat();
    const { view, recipient } = tell(year, 365 * DAYS + 8 * DAYS);
    expect(view).toMatchObject({ state: 'healthy', suppressions: [], untrackable: true });
    expect(recipient.facts.length).toBeLessThan(20);
    expect(8 * DAYS * 3_600_000).toBeGreaterThan(7 * DAY);
  });
});
