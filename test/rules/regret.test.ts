/** Regret and waste: what a suppression is counted as, and what late evidence takes back. */
import { describe, expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  classifyFailure,
  DAY,
  decodeRecipient,
  DEFAULT_POLICY,
  encodeRecipient,
  factOf,
  HOUR,
  measureRegret,
  newRecipient,
  viewOf,
} from '@desist/domain';
import type { FoldContext, Recipient } from '@desist/domain';
import { providerOf } from '@desist/verdicts';
import { bounced, deferred, delivered, eventOf, everySixHours, moment } from './story.ts';
import type { Told } from './story.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:test' };
const DEAD = '550 5.1.1 user unknown';
const day = (days: number): number => 24 * days;

interface Measured {
  /** What was counted, net, by type. */
  readonly net: Readonly<Record<string, number>>;
  /** The same with moment, reason and category. */
  readonly cells: ReadonlyMap<string, number>;
  readonly recipient: Recipient;
}

/** In the order given; before each event what was due has happened, as a partition does it. Stored and read again after each one. */
function measured(events: readonly Told[], end: number): Measured {
  let recipient = newRecipient();
  const cells = new Map<string, number>();
  let clock = moment(0);
  const count = (changes: Parameters<typeof measureRegret>[1], fact?: Parameters<typeof measureRegret>[2]): void => {
    for (const { type, at, reason, category, provider, times } of measureRegret(recipient, changes, fact, 'fallback.example')) {
      const key = `${type} ${at} ${reason} ${category} ${provider ?? ''}`;
      cells.set(key, (cells.get(key) ?? 0) + times);
    }
    recipient = decodeRecipient(encodeRecipient(recipient), recipient.version) as Recipient;
  };
  events.forEach((told, index) => {
    const fact = factOf(eventOf(told, index), (event) => classifyFailure(event, providerOf));
    if (fact === undefined) return;
    clock = Math.max(clock, fact.at);
    count(advanceTo(recipient, clock - 1, CONTEXT));
    const changes = addFact(recipient, fact, clock, CONTEXT);
    if (changes !== 'duplicate') count(changes, fact);
  });
  count(advanceTo(recipient, moment(end), CONTEXT));
  const net: Record<string, number> = {};
  for (const [key, times] of cells) {
    expect(times, `${key}: nothing is taken back that was not counted`).toBeGreaterThanOrEqual(0);
    const type = key.slice(0, key.indexOf(' '));
    if (times !== 0) net[type] = (net[type] ?? 0) + times;
  }
  return { net, cells, recipient };
}

/** Suppressed after 72 h, until 30 days later. */
const SUPPRESSED = everySixHours(72);
const EXPIRES = 72 + day(30);

describe('a suppression is regretted', () => {
  it('when a delivery releases it: where it began, and mail was taken when that happened', () => {
    const { net, cells } = measured([...SUPPRESSED, delivered(day(5))], day(6));
    expect(net).toEqual({ suppressed: 1, regretted: 1, mail_taken: 1 });
    const of = 'persistent_deferral mailbox_full example.com';
    expect(cells.get(`regretted ${moment(72)} ${of}`)).toBe(1);
    expect(cells.get(`mail_taken ${moment(day(5))} ${of}`)).toBe(1);
  });

  it('a hard bounce, too; a second delivery changes nothing', () => {
    const { net } = measured([bounced(1, { reply: DEAD }), delivered(48), delivered(50), delivered(day(20))], day(40));
    expect(net).toEqual({ suppressed: 1, regretted: 1, mail_taken: 1 });
  });

  it('when a delivery follows within 30 days of its expiry, the last instant included', () => {
    expect(measured([...SUPPRESSED, delivered(EXPIRES + day(30))], EXPIRES + day(31)).net).toEqual({
      suppressed: 1,
      regretted: 1,
      mail_taken: 1,
    });
    const late = delivered(EXPIRES + day(30) + 1 / HOUR);
    expect(measured([...SUPPRESSED, late], EXPIRES + day(31)).net).toEqual({ suppressed: 1 });
  });

  it('when such a delivery arrives late', () => {
    const events = [...SUPPRESSED, deferred(EXPIRES + day(20)), delivered(EXPIRES + day(3), { message: 'late' })];
    expect(measured(events, EXPIRES + day(21)).net).toMatchObject({ regretted: 1, mail_taken: 1 });
    // It was taken while the suppression was in force, and that is heard of only after its expiry.
    const during = [...SUPPRESSED, deferred(EXPIRES + day(20)), delivered(EXPIRES - day(3), { message: 'late' })];
    expect(measured(during, EXPIRES + day(21)).net).toMatchObject({ suppressed: 1, regretted: 1 });
  });

  it('never when an operator releases it, nor a complaint', () => {
    expect(measured([...SUPPRESSED, { type: 'release', at: 80 }, delivered(90)], day(5)).net).toEqual({ suppressed: 1 });
    expect(measured([{ type: 'complained', at: 1 }, delivered(2)], 3).net).toEqual({});
  });
});

describe('what is undone is taken back', () => {
  it('a late delivery from before it began: nobody was suppressed', () => {
    const events = [...SUPPRESSED, deferred(80), delivered(30, { message: 'late' })];
    expect(measured(events, day(4)).net).toEqual({});
  });

  it('a late bounce of the message that was delivered brings the suppression back', () => {
    const events = [bounced(1, { reply: DEAD, message: 'a' }), delivered(48, { message: 'b' }), bounced(20, { reply: DEAD, message: 'b' })];
    expect(viewOf(measured(events, 60).recipient, CONTEXT).state).toBe('suppressed');
    expect(measured(events, 60).net).toEqual({ suppressed: 1, wasted: 1 });
  });
});

describe('attempts at a suppressed address', () => {
  const tries = [bounced(1, { reply: DEAD }), bounced(2, { reply: DEAD }), deferred(3), { ...deferred(4), type: 'expired' as const }];

  it('are wasted: tries, not the end of a queue', () => {
    expect(measured(tries, day(1)).net).toEqual({ suppressed: 1, wasted: 2 });
  });

  it('are not, when the address takes mail again', () => {
    expect(measured([...tries, delivered(20)], day(1)).net).toEqual({ suppressed: 1, regretted: 1, mail_taken: 1 });
  });

  it('stay those of the suppression when a late bounce begins it earlier', () => {
    const earlier = bounced(0.5, { reply: DEAD, message: 'early' });
    expect(measured([...tries, earlier], day(1)).net).toEqual({ suppressed: 1, wasted: 2 });
  });
});

it('keeps a recipient tracked as long as a delivery would tell something', () => {
  const { recipient } = measured(SUPPRESSED, EXPIRES + day(29));
  expect(viewOf(recipient, CONTEXT).untrackable).toBe(false);
  const bounce = [bounced(1, { reply: DEAD })];
  const amended = measured(bounce, 2).recipient;
  addFact(
    amended,
    { kind: 'amend', at: moment(3), id: 'a', scope: '*', expiresAt: moment(10), force: false, by: null },
    moment(3),
    CONTEXT,
  );
  measureRegret(amended, advanceTo(amended, moment(10), CONTEXT), undefined, null);
  advanceTo(amended, moment(10) + 30 * DAY, CONTEXT);
  expect(viewOf(amended, CONTEXT).untrackable).toBe(false);
  advanceTo(amended, moment(10) + 30 * DAY + 1, CONTEXT);
  expect(viewOf(amended, CONTEXT).untrackable).toBe(true);
});
