/** The warning ahead of a suppression that only a delivery can stop. */
import { DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { Policy } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { deferred, deferrals, delivered, everySixHours, moment, ms, tell } from './story.ts';
import type { Story, Told } from './story.ts';

const deferral = (values: Partial<Policy['deferral']>): Policy => ({
  ...DEFAULT_POLICY,
  deferral: { ...DEFAULT_POLICY.deferral, ...values },
});
const published = ({ changes }: Story): readonly string[] =>
  changes.map(({ type, effectiveAt, cause }) => `${type} ${(effectiveAt - moment(0)) / HOUR} ${cause}`);
const warnings = (story: Story): readonly string[] => published(story).filter((line) => line.startsWith('at_risk'));

describe('at_risk', () => {
  it('comes 24 hours before the deadline, not a millisecond earlier', () => {
    expect(warnings(tell([...everySixHours(42), deferred(48 - ms(1))], 49))).toEqual([]);
    expect(warnings(tell(everySixHours(48), 48))).toEqual(['at_risk 48 event']);
  });

  it('comes once per streak, however many failures follow', () => {
    expect(published(tell(everySixHours(72), 80))).toEqual([
      'persistent 24 event',
      'at_risk 48 event',
      'soft_bounced 72 event',
      'suppressed 72 event',
    ]);
  });

  it('comes as soon as the evidence suffices when that is later', () => {
    expect(warnings(tell(deferrals(0, 20, 60), 71))).toEqual(['at_risk 60 event']);
    expect(warnings(tell(deferrals(0, 20, 72), 80))).toEqual([]);
  });

  it('comes by itself when the policy sets it later than the evidence', () => {
    expect(warnings(tell(deferrals(0, 24, 48), 71, deferral({ atRiskBefore: 6 * HOUR })))).toEqual(['at_risk 66 deadline']);
  });

  it('is switched off with 0', () => {
    expect(warnings(tell(everySixHours(72), 80, deferral({ atRiskBefore: 0 })))).toEqual([]);
  });

  it('is cancelled by recovered: a delivery', () => {
    expect(published(tell([...everySixHours(54), delivered(55)], 200))).toEqual([
      'persistent 24 event',
      'at_risk 48 event',
      'recovered 55 delivered',
    ]);
  });

  it('comes again for the next streak', () => {
    const again = deferrals(60, 84, 108).map((told) => ({ ...told, message: 'again' }));
    expect(warnings(tell([...everySixHours(54), delivered(55), ...again], 120))).toEqual(['at_risk 48 event', 'at_risk 108 event']);
  });

  it('does not come when the streak will have lapsed before the deadline: nothing would suppress', () => {
    const policy = deferral({ evidenceSpan: 12 * HOUR, largestGap: 30 * HOUR });
    const quiet: readonly Told[] = deferrals(0, 6, 12, 41);
    expect(warnings(tell(quiet, 100, policy))).toEqual([]);
    expect(tell(quiet, 100, policy).held).toEqual([]);
    expect(warnings(tell([...quiet, deferred(50)], 71, policy))).toEqual(['at_risk 50 event']);
  });

  it('waits while an operator suppresses, and comes when that ends', () => {
    const events: readonly Told[] = [...deferrals(0, 24), { type: 'suppress', at: 25, until: 60 }, deferred(48)];
    // The failure under the suppression joined no streak: two are too few.
    expect(warnings(tell(events, 71))).toEqual([]);
    const late: readonly Told[] = [...deferrals(0, 24, 48), { type: 'suppress', at: 48 + ms(1), until: 60 }];
    expect(warnings(tell(late, 71, deferral({ atRiskBefore: 20 * HOUR })))).toEqual(['at_risk 60 deadline']);
  });

  it('is corrected if late evidence undoes it', () => {
    const story = tell([...everySixHours(54), delivered(10)], 54);
    expect(published(story).filter((line) => /at_risk|corrected|persistent/.test(line))).toEqual([
      'persistent 24 event',
      'at_risk 48 event',
      'corrected 54 correction',
      'corrected 54 correction',
      'persistent 36 correction',
    ]);
    const warned = story.changes.find(({ type }) => type === 'at_risk');
    expect(story.changes.filter(({ type }) => type === 'corrected').map(({ corrects }) => corrects)).toContain(warned?.version);
  });
});
