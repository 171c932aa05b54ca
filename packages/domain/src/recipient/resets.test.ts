/** What is left of a recipient that was healthy for long: enough that no repetition suppresses it again. */
import { describe, expect, it } from 'vitest';
import { DAY, DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import { addFact, advanceTo, keepLastResets } from './fold.ts';
import { newRecipient } from './recipient.ts';
import type { FoldContext, Recipient } from './recipient.ts';
import { lastResets } from './resets.ts';
import type { CommandFact, Fact, FailureFact } from './types.ts';
import { viewOf } from './view.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'p' };
const delivered = (hours: number, message = 'x', stream = 'news'): Fact => ({
  kind: 'delivered',
  at: hours * HOUR,
  id: `d${hours}`,
  stream,
  message,
});
const command = (hours: number, kind: CommandFact['kind'], scope = '*', force = false): CommandFact => {
  return { kind, at: hours * HOUR, id: `${kind}${hours}`, scope, expiresAt: null, force, by: null };
};
const bounce: FailureFact = {
  kind: 'failure',
  type: 'bounced',
  at: HOUR,
  id: 'b',
  stream: 'news',
  message: 'm',
  classified: {
    verdict: { category: 'user_unknown', attribution: 'recipient', permanence: 'permanent', rule: 'r' },
    reply: null,
    provider: null,
  },
  causeUnknown: false,
  merged: 0,
};
const ids = (facts: readonly Fact[]): readonly string[] => facts.map(({ id }) => id);

describe('the last resets', () => {
  it('are the latest deliveries of two messages for each stream, and the last release and `disallow` for each scope', () => {
    const facts = [
      bounce,
      ...[delivered(2, 'a'), delivered(3, 'b'), delivered(4, 'c'), delivered(5, 'c'), delivered(6, 'a', 'bills')],
      ...[command(7, 'release'), command(8, 'release'), command(9, 'release', '*', true), command(10, 'release', 'news')],
      ...[command(11, 'allow'), command(12, 'disallow'), command(13, 'disallow'), command(14, 'suppress')],
    ];
    expect(ids(lastResets(facts, true, CONTEXT.policies))).toEqual(['d3', 'd5', 'd6', 'release8', 'release9', 'release10', 'disallow13']);
  });

  it('are only commands if nothing was ever published of the recipient', () => {
    expect(ids(lastResets([bounce, delivered(2), command(3, 'release')], false, CONTEXT.policies))).toEqual(['release3']);
    expect(lastResets([bounce, delivered(2)], false, CONTEXT.policies)).toEqual([]);
  });

  it.each<[string, Fact]>([
    ['a delivery', delivered(2)],
    ['a release', command(2, 'release')],
  ])('let a repetition of a hard bounce before %s suppress nobody, weeks later', (_, reset) => {
    const after = (isKept: boolean): Recipient => {
      const recipient = newRecipient();
      for (const fact of [bounce, reset]) addFact(recipient, fact, fact.at, CONTEXT);
      advanceTo(recipient, 30 * DAY, CONTEXT);
      expect(viewOf(recipient, CONTEXT).untrackable).toBe(true);
      if (isKept) keepLastResets(recipient, recipient.version > 0, CONTEXT);
      else Object.assign(recipient, { facts: [], live: undefined });
      addFact(recipient, { ...bounce }, 30 * DAY, CONTEXT);
      return recipient;
    };
    expect(viewOf(after(true), CONTEXT)).toMatchObject({ state: 'healthy', suppressions: [] });
    expect(viewOf(after(false), CONTEXT).state).toBe('suppressed');
  });
});
