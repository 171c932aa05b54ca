/**
 * The stored text of recipients, byte for byte, and rows of every format that was ever written. `codec.golden.json` is never
 * regenerated: rows that say this are in databases, and a program that reads or writes them otherwise loses what they say.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAY, DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import type { Category, Verdict } from '@desist/verdicts';
import { baselineAnswer } from './baseline.ts';
import { decodeRecipient, encodeRecipient } from './codec.ts';
import { addFact, advanceTo } from './fold.ts';
import { newRecipient } from './recipient.ts';
import type { FoldContext, Recipient } from './recipient.ts';
import type { Fact, FailureFact, ClassifiedReply } from './types.ts';

const BEGIN = Date.UTC(2026, 2, 1);
const at = (hours: number): number => BEGIN + hours * HOUR;
const CONTEXT: FoldContext = {
  policies: { base: { ...DEFAULT_POLICY, publish: { deferred: true } }, streams: new Map() },
  policyVersion: 'sha256:golden',
  askBaseline: (_, closesAt) => baselineAnswer(DEFAULT_POLICY, closesAt, 40, 2),
};

const classifiedAs = (category: Category, more: Partial<Verdict> = {}): ClassifiedReply => {
  const verdict: Verdict = { category, attribution: 'recipient', permanence: 'temporary', rule: `builtin:${category}`, ...more };
  return { verdict, reply: `452 4.2.2 ${category}`, provider: 'gmail' };
};
const FULL = classifiedAs('mailbox_full');
const BUSY = classifiedAs('system_error', { attribution: 'system' });
const UNKNOWN = classifiedAs('user_unknown', { permanence: 'permanent' });
const REFUSED = classifiedAs('recipient_refused', { permanence: 'permanent' });

const failure = (hours: number, classified: ClassifiedReply, more: Partial<FailureFact> = {}): FailureFact => ({
  kind: 'failure',
  type: 'deferred',
  at: at(hours),
  id: `f-${hours}`,
  stream: 'news',
  message: 'm-1',
  classified,
  causeUnknown: false,
  merged: 0,
  ...more,
});
const command = (hours: number, kind: 'suppress' | 'allow', scope: string, expiresAt: number | null): Fact => {
  return { kind, at: at(hours), id: `c-${hours}`, scope, expiresAt, force: false, by: 'ops', note: 'asked to' };
};
const folded = (facts: readonly Fact[], end: number): Recipient => {
  const recipient = newRecipient();
  for (const fact of facts) addFact(recipient, fact, fact.at, CONTEXT);
  advanceTo(recipient, at(end), CONTEXT);
  return recipient;
};

/** Made the same way each time: what they are stored as must not change. */
const MADE: Readonly<Record<string, () => Recipient>> = {
  'never evaluated': newRecipient,
  'a streak of two messages that is at risk, and an answered window': () =>
    folded([failure(0, FULL), failure(3, BUSY), failure(20, FULL, { message: null }), failure(49, FULL)], 50),
  'a suppression by persistent deferral': () =>
    folded(
      Array.from({ length: 13 }, (_, index) => failure(index * 6, FULL)),
      73,
    ),
  'suppressions and an allowance of several kinds': () =>
    folded(
      [
        failure(0, UNKNOWN, { type: 'bounced', message: 'm-2' }),
        failure(1, REFUSED, { type: 'bounced', message: 'm-3', stream: 'bills' }),
        { kind: 'unsubscribed', at: at(2), id: 'u-2', stream: 'news' },
        { kind: 'complained', at: at(3), id: 'o-3', stream: 'news' },
        command(4, 'suppress', 'bills', at(4) + 30 * DAY),
        command(5, 'allow', 'receipts', null),
        { kind: 'delivered', at: at(6), id: 'd-6', stream: 'news', message: 'm-4' },
      ],
      7,
    ),
  'give-ups without a reply of their own': () =>
    folded([failure(0, BUSY), failure(1, { ...BUSY, reply: null, provider: null }, { type: 'expired', causeUnknown: true })], 13),
  'failures that an incident excludes (format 2)': () =>
    folded([failure(0, FULL), failure(1, UNKNOWN, { type: 'bounced', incident: 'gmail-12bdk' })], 2),
  'facts that stand for others (format 3)': () =>
    folded(
      [
        failure(0, FULL, { causeOnly: true, merged: 3 }),
        failure(1, REFUSED, { type: 'bounced', raised: true }),
        { kind: 'unsubscribed', at: at(2), id: 'u-2', stream: 'news', raised: true },
        { ...command(3, 'suppress', 'bills', null), raised: true } as Fact,
      ],
      4,
    ),
  'an entry for a domain, amended; and sources (format 4)': () =>
    folded(
      [
        { ...command(0, 'suppress', '*', null), source: 'crm', subdomains: true } as Fact,
        { kind: 'complained', at: at(1), id: 'o-1', stream: 'news', source: 'ses' },
        failure(2, { ...UNKNOWN, source: 'kumomta' }, { type: 'bounced' }),
        { kind: 'amend', at: at(3), id: 'a-3', scope: '*', force: false, by: 'ops', expiresAt: at(500), note: 'later', subdomains: false },
        { kind: 'amend', at: at(4), id: 'a-4', scope: '*', force: true, by: 'ops', reason: 'complaint', expiresAt: null, settled: true },
      ],
      5,
    ),
  'suppressed again on probation, and a failure that does so by itself (format 5)': () =>
    folded(
      [
        ...Array.from({ length: 13 }, (_, index) => failure(index * 6, FULL)),
        failure(72 + 30 * 24 + 1, FULL),
        failure(3_000, FULL, { again: { since: at(2_000), endedAt: at(2_999) } }),
      ],
      3_001,
    ),
  'proof of life (format 6)': () =>
    folded(
      [
        failure(0, UNKNOWN, { type: 'bounced', message: 'm-2' }),
        { kind: 'engaged', engagement: 'click', at: at(1), id: 'g-1', stream: 'news', message: 'm-3', source: 'ses' },
        { kind: 'engaged', engagement: 'login', at: at(2), id: 'g-2', stream: 'bills', message: null },
        { kind: 'engaged', engagement: 'reply', at: at(3), id: 'g-3', stream: 'news', message: 'm-1', source: 'postmark' },
        failure(4, FULL),
      ],
      5,
    ),
};

interface Row {
  readonly name: string;
  readonly version: number;
  readonly text: string;
}
const ROWS = JSON.parse(readFileSync(new URL('codec.golden.json', import.meta.url), 'utf8')) as readonly Row[];

describe('the stored text of a recipient', () => {
  it('is in the golden file for each recipient that this test builds', () => {
    expect(ROWS.map(({ name }) => name)).toEqual(Object.keys(MADE));
    expect(new Set(ROWS.map(({ text }) => text.slice(0, 6)))).toEqual(
      new Set(['{"v":1', '{"v":2', '{"v":3', '{"v":4', '{"v":5', '{"v":6']),
    );
  });

  it.each(ROWS)('is what it was, byte for byte: $name', ({ name, version, text }) => {
    const recipient = (MADE[name] as () => Recipient)();
    expect(encodeRecipient(recipient)).toBe(text);
    expect(recipient.version).toBe(version);
  });

  it.each(ROWS)('is read as the recipient that was stored, and written again the same: $name', ({ name, version, text }) => {
    const recipient = decodeRecipient(text, version);
    expect(recipient).toStrictEqual({ ...(MADE[name] as () => Recipient)(), live: undefined });
    expect(encodeRecipient(recipient as Recipient)).toBe(text);
  });
});
