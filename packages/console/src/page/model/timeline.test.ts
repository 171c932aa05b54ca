import { describe, expect, test } from 'vitest';
import { timelineOf } from './timeline.ts';
import type { Fact, TimelineInput, Transition } from './timeline.ts';

const T0 = Date.parse('2026-03-01T10:00:00.000Z');
const HOUR = 3_600_000;
const time = (hours: number): string => new Date(T0 + hours * HOUR).toISOString();
const fact = (hours: number, more: Partial<Fact> = {}): Fact => ({
  at: time(hours),
  type: 'deferred',
  role: 'counted',
  counts: true,
  why: null,
  voidedBy: null,
  ...more,
});
const transition = (hours: number, type: string, from: string, to: string): Transition => ({ at: time(hours), type, from, to });
const input = (more: Partial<TimelineInput>): TimelineInput => ({
  facts: [],
  transitions: [],
  streak: null,
  suppressAt: null,
  state: 'healthy',
  now: T0 + 100 * HOUR,
  ...more,
});

describe('the timeline', () => {
  test('is none without events', () => {
    expect(timelineOf(input({}))).toBeNull();
  });

  test('marks what counted, what did not, hard bounces, deliveries, decisions and proof of life', () => {
    const timeline = timelineOf(
      input({
        facts: [
          fact(0),
          fact(1, { counts: false, role: 'held_back' }),
          fact(2, { type: 'bounced', role: 'hard_bounce' }),
          fact(3, { type: 'delivered', counts: false, role: 'decided' }),
          fact(4, { type: 'release', counts: false, role: 'decided' }),
          fact(5, { type: 'complained', counts: false, role: 'decided' }),
          fact(6, { type: 'engaged', counts: false, role: 'decided' }),
          fact(7, { type: 'engaged', counts: false, role: 'no_effect' }),
        ],
      }),
    );
    expect(timeline?.dots.map(({ mark }) => mark)).toEqual([
      'counted',
      'hollow',
      'hard',
      'delivered',
      'command',
      'command',
      'engaged',
      'ignored',
    ]);
    expect(timeline?.deliveries).toEqual([T0 + 3 * HOUR]);
  });

  test('a running streak goes as far as the present on its way to the deadline', () => {
    const timeline = timelineOf(
      input({
        facts: [fact(0), fact(30)],
        transitions: [transition(0, 'deferred', 'healthy', 'deferred')],
        streak: { startedAt: time(0), lastFailureAt: time(30) },
        suppressAt: time(72),
        state: 'persistent',
        now: T0 + 40 * HOUR,
      }),
    );
    expect(timeline?.streak).toMatchObject({
      from: T0,
      to: T0 + 40 * HOUR,
      deadline: T0 + 72 * HOUR,
      marks: [{ at: T0 + 24 * HOUR }, { at: T0 + 72 * HOUR }],
    });
    expect(timeline?.from).toBeLessThan(T0);
    expect(timeline?.to).toBeGreaterThan(T0 + 72 * HOUR);
  });

  test('states follow each other without gaps, and the last one reaches the present', () => {
    const transitions = [
      transition(0, 'deferred', 'healthy', 'deferred'),
      transition(24, 'persistent', 'deferred', 'persistent'),
      transition(72, 'suppressed', 'persistent', 'suppressed'),
    ];
    const timeline = timelineOf(input({ facts: [fact(0), fact(70)], transitions, state: 'suppressed' }));
    expect(timeline?.states.map(({ state }) => state)).toEqual(['healthy', 'deferred', 'persistent', 'suppressed']);
    for (const [index, span] of (timeline?.states ?? []).entries()) {
      const next = timeline?.states[index + 1];
      if (next !== undefined) expect(span.to).toBe(next.from);
    }
    expect(timeline?.states.at(-1)?.to).toBe(T0 + 100 * HOUR);
    expect(timeline?.streak).toMatchObject({ from: T0, to: T0 + 72 * HOUR });
  });

  test('long ago the present is out of sight, so that events are not pressed together', () => {
    const timeline = timelineOf(input({ facts: [fact(0), fact(10)], now: T0 + 400 * 24 * HOUR }));
    expect(timeline?.to).toBeLessThan(T0 + 24 * HOUR);
  });
});
