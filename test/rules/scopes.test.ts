/** At most 256 streams of a recipient hold entries of their own: what would make one more is raised to `*`, and nothing is ever lifted. */
import { describe, expect, it } from 'vitest';
import { asAddress, asTenant, explain, SCOPES } from '@desist/domain';
import { changeValue, schemaProblem } from '@desist/contracts';
import { delivered, moment, tell } from './story.ts';
import type { Story, Told } from './story.ts';

const times = <T>(count: number, one: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => one(index));
const unsubscribed = (at: number, stream: string): Told => ({ type: 'unsubscribed', at, stream });
const suppress = (at: number, scope: string, until?: number): Told => ({
  type: 'suppress',
  at,
  scope,
  ...(until === undefined ? {} : { until }),
});
const allow = (at: number, scope: string): Told => ({ type: 'allow', at, scope });
/** One an hour. */
const lists = (count: number): readonly Told[] => times(count, (index) => unsubscribed(index, `list-${index}`));
const everywhere = ({ view }: Story): readonly (readonly [string, number, number | null])[] =>
  view.suppressions.filter(({ scope }) => scope === '*').map(({ reason, since, expiresAt }) => [reason, since, expiresAt] as const);
const own = ({ view }: Story): number => view.suppressions.filter(({ scope }) => scope !== '*').length;

describe('entries of 256 streams', () => {
  it('are separate; one more is raised to all streams, with its own reason and time', () => {
    expect(SCOPES).toBe(256);
    const full = tell(lists(256), 300);
    expect([own(full), everywhere(full), full.view.state]).toEqual([256, [], 'healthy']);
    const more = tell(lists(257), 300);
    expect([own(more), everywhere(more), more.view.state]).toEqual([256, [['unsubscribe', moment(256), null]], 'suppressed']);
  });

  it('the change says which stream asked for it, as its schema says', () => {
    const { changes } = tell(lists(257), 300);
    const last = changes.at(-1) as (typeof changes)[number];
    expect(last.suppression).toEqual({ scope: '*', reason: 'unsubscribe', since: moment(256), expiresAt: null, raisedFrom: 'list-256' });
    expect(changes.filter(({ suppression }) => suppression?.raisedFrom !== undefined)).toHaveLength(1);
    const value = changeValue({
      tenant: asTenant('acme'),
      address: asAddress('a@example.com'),
      change: last,
      sequence: { partition: 0, number: 1 },
    });
    expect(value).toMatchObject({ suppression: { scope: '*', raisedFrom: 'list-256' } });
    expect(schemaProblem('change', value)).toBeNull();
  });

  it('a stream that already has one may have another with another reason', () => {
    const story = tell([...lists(256), suppress(256, 'list-7')], 300);
    expect([own(story), everywhere(story)]).toEqual([257, []]);
  });

  it('a raised suppression is not lifted when there is room again, nor by a release of its stream', () => {
    const release: Told = { type: 'release', at: 260, scope: 'list-3', force: true };
    const ofItsOwn: Told = { ...release, scope: 'list-256' };
    const story = tell([...lists(257), release, ofItsOwn, unsubscribed(261, 'list-300')], 300);
    expect([own(story), everywhere(story)]).toEqual([256, [['unsubscribe', moment(256), null]]]);
    const forced = tell([...lists(257), { type: 'release', at: 260, force: true }], 300);
    expect([own(forced), everywhere(forced)]).toEqual([0, []]);
  });

  it('a raised hard bounce is released by a delivery of its stream only, and of another message', () => {
    const refused: Told = {
      type: 'bounced',
      at: 256,
      stream: 'late',
      message: 'b',
      reply: '550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized',
    };
    const after = (...events: readonly Told[]): unknown =>
      everywhere(tell([...lists(256), refused, ...events], 300)).map(([reason]) => reason);
    expect(after()).toEqual(['hard_bounce']);
    expect(after(delivered(257, { stream: 'list-1' }))).toEqual(['hard_bounce']);
    expect(after(delivered(257, { stream: 'late', message: 'b' }))).toEqual(['hard_bounce']);
    expect(after(delivered(257, { stream: 'late' }))).toEqual([]);
  });

  it("raised operators' entries prolong each other, and no command for all streams ends them earlier", () => {
    const until = (...events: readonly Told[]): unknown => everywhere(tell([...lists(256), ...events], 300));
    expect(until(suppress(256, 'x', 400))).toEqual([['operator', moment(256), moment(400)]]);
    expect(until(suppress(256, 'x', 400), suppress(257, 'y', 350))).toEqual([['operator', moment(256), moment(400)]]);
    expect(until(suppress(256, 'x', 400), suppress(257, 'y', 500))).toEqual([['operator', moment(256), moment(500)]]);
    expect(until(suppress(256, 'x', 400), suppress(257, 'y'))).toEqual([['operator', moment(256), null]]);
    expect(until(suppress(256, 'x', 400), suppress(257, '*', 350))).toEqual([['operator', moment(256), moment(400)]]);
    expect(until(suppress(256, '*', 400), suppress(257, '*', 350))).toEqual([['operator', moment(256), moment(350)]]);
    expect(until(suppress(256, '*', 400), suppress(257, 'x', 350))).toEqual([['operator', moment(256), moment(400)]]);
    // What was raised has ended: a new one is as long as it says.
    expect(until(suppress(256, 'x', 270), suppress(280, '*', 350))).toEqual([['operator', moment(280), moment(350)]]);
  });

  it('is not asked about a stream whose entries have ended', () => {
    const briefly = times(256, (index) => suppress(index / 100, `s-${index}`, 10));
    expect(everywhere(tell([...briefly, suppress(9, 'x', 20)], 12)).map(([reason]) => reason)).toEqual(['operator']);
    const story = tell([...briefly, suppress(10, 'x', 20)], 12);
    expect(story.held).toEqual(['operator *']);
    expect(tell([...briefly, suppress(11, 'x', 20)], 12).held).toEqual(['operator x']);
  });
});

describe('allowances', () => {
  it('of 256 streams are accepted; one more is refused, because widening it would lift suppressions, and the explanation says so', () => {
    const some = (count: number): Story =>
      tell(
        times(count, (index) => allow(index, `s-${index}`)),
        300,
      );
    expect(some(256).view.allowed).toHaveLength(256);
    const more = some(257);
    expect(more.view.allowed).toHaveLength(256);
    expect(more.view.allowed.some(({ scope }) => scope === '*' || scope === 's-256')).toBe(false);
    expect(explain(more.recipient, more.context).facts.at(-1)).toMatchObject({
      role: 'refused',
      why: { code: 'too_many_allowances', limit: 256 },
    });
  });

  it('of all streams, and another expiry of one that is given, are not refused', () => {
    const full = times(256, (index) => allow(index, `s-${index}`));
    expect(tell([...full, allow(256, '*')], 300).view.allowed).toHaveLength(257);
    const prolonged = tell([...full, { ...allow(256, 's-3'), until: 900 }], 300).view.allowed.find(({ scope }) => scope === 's-3');
    expect(prolonged?.expiresAt).toBe(moment(900));
  });

  it('a refused one stays refused, even if there is room once the other facts are gone', () => {
    const full = times(256, (index) => allow(index / 10, `s-${index}`));
    const ended = times(256, (index) => ({ ...allow(30 + index / 10, `s-${index}`), type: 'disallow' as const }));
    // The last one is late: all is folded again.
    const story = tell([...full, allow(27, 'late'), ...ended, delivered(26.5)], 300);
    expect(story.view.allowed).toEqual([]);
    expect(story.changes.at(-1)?.type).toBe('disallowed');
  });
});
