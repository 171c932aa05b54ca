/** One recipient with thousands of failures in one window: what is kept and looked at for each of them does not grow. */
import { describe, expect, it } from 'vitest';
import { addFact, BOUND, CAP, DEFAULT_POLICY, factOf, classifyFailure, machineOf, MINUTE, newRecipient, SLACK } from '@desist/domain';
import type { FoldContext } from '@desist/domain';
import { providerOf } from '@desist/verdicts';
import { bounced, deferred, eventOf, moment } from './story.ts';
import type { Told } from './story.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'p' };
const KINDS: readonly [string, Told][] = [
  ['may be the receiving system’s', deferred(0, { reply: '451 4.3.0 Temporary system problem' })],
  ['count', deferred(0)],
  ['never count', deferred(0, { reply: '421 4.7.28 Rate limit exceeded' })],
  ['are hard bounces', bounced(0, { reply: '550 5.1.1 User unknown' })],
];

describe('failures of one hot recipient', () => {
  it.each(KINDS)('that %s leave a bounded machine behind, whatever their number', (_, told) => {
    const recipient = newRecipient();
    let largest = 0;
    for (let index = 0; index < 3_000; index += 1) {
      const at = (index * MINUTE) / (10 * 60 * MINUTE);
      const fact = factOf(eventOf({ ...told, at, message: `m${index}` }, index), (event) => classifyFailure(event, providerOf));
      if (fact === undefined) throw new Error('no fact');
      addFact(recipient, fact, moment(at), CONTEXT);
      const { counted, waiting, deferrals, suppressions } = machineOf(recipient, CONTEXT);
      largest = Math.max(largest, counted.length + waiting.length, deferrals.size, ...suppressions.map(({ bounces }) => bounces.length));
      expect(recipient.facts.length).toBeLessThanOrEqual(CAP + SLACK);
    }
    expect(largest).toBeLessThanOrEqual(4 * CAP);
    expect(BOUND).toBeGreaterThan(CAP + SLACK);
  });
});
