import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../policy/policy.ts';
import type { Category, Verdict } from '@desist/verdicts';
import { decodeRecipient, encodeRecipient } from './codec.ts';
import { addFact } from './fold.ts';
import { newRecipient } from './recipient.ts';
import type { FoldContext, Recipient } from './recipient.ts';
import type { Fact } from './types.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'p' };
const REPLY = '452 4.2.2 Mailbox full';

const failure = (at: number, category: Category = 'mailbox_full', reply = REPLY): Fact => {
  const verdict: Verdict = { category, attribution: 'recipient', permanence: 'temporary', rule: 'r' };
  const classified = { verdict, reply, provider: 'gmail' };
  return { kind: 'failure', type: 'deferred', at, id: `f${at}`, stream: 's', message: null, classified, causeUnknown: false, merged: 0 };
};
const complained: Fact = { kind: 'complained', at: 9, id: 'c', stream: 's' };

function recipientOf(...facts: readonly Fact[]): Recipient {
  const recipient = newRecipient();
  for (const fact of facts) addFact(recipient, fact, fact.at, CONTEXT);
  return recipient;
}
const again = (recipient: Recipient): Recipient | undefined => decodeRecipient(encodeRecipient(recipient), recipient.version);

describe('a stored recipient', () => {
  it('is read as it was written, and its machine is rebuilt', () => {
    const recipient = recipientOf(failure(1), failure(2), failure(3, 'user_unknown'), failure(4), complained);
    expect(recipient.published.length).toBeGreaterThan(0);
    expect(again(recipient)).toStrictEqual({ ...recipient, live: undefined });
  });

  it('that was never evaluated is read as a new one', () => {
    expect(again(newRecipient())).toEqual(newRecipient());
  });

  it('stores each verdict and reply once, however many failures had it', () => {
    const text = encodeRecipient(recipientOf(failure(1), failure(2, 'mailbox_full', 'other'), ...[3, 4, 5].map((at) => failure(at))));
    const stored = JSON.parse(text) as { judged: { reply: string }[]; facts: { judged: number }[] };
    expect(stored.judged.map(({ reply }) => reply)).toEqual([REPLY, 'other']);
    expect(stored.facts.map(({ judged }) => judged)).toEqual([0, 1, 0, 0, 0]);
  });

  it('with a failure that an incident excludes is of a newer format: a program that knows no incidents must not read it', () => {
    const excluded = { ...failure(1), incident: 'gmail-12bdk' };
    const text = encodeRecipient(recipientOf(excluded));
    expect(text).toContain('{"v":2,');
    expect(decodeRecipient(text, 1)?.facts).toEqual([excluded]);
  });

  it('with facts that stand for dropped ones is of a newer format: an older program would lift active suppressions', () => {
    const raised: Fact = { kind: 'unsubscribed', at: 1, id: 'u', stream: 'news', raised: true };
    for (const fact of [raised, { ...failure(1), causeOnly: true }]) {
      const text = encodeRecipient(recipientOf(fact));
      expect(text).toContain('{"v":3,');
      expect(decodeRecipient(text, 1)?.facts).toEqual([fact]);
    }
  });

  it('of a newer format, or damaged, is not read', () => {
    const text = encodeRecipient(recipientOf(failure(1)));
    expect(text).toContain('{"v":1,');
    expect(decodeRecipient(text.replace('"v":1', '"v":7'), 1)).toBeUndefined();
    expect(decodeRecipient(text.slice(0, -1), 1)).toBeUndefined();
    for (const damaged of ['', 'null', '{}', '7']) expect(decodeRecipient(damaged, 1)).toBeUndefined();
  });
});
