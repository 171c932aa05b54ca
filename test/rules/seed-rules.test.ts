/** What becomes of a recipient who gets one and the same reply for days: each code by name. Source: RFC 3463, IANA registry, providers. */
import { describe, expect, it } from 'vitest';
import { everySixHours, tell } from './story.ts';

type Fate = 'suppresses' | 'never does';

/** The codes of the source article, without words that would decide by themselves, and some with the providers' own words. */
const SEED: readonly (readonly [reply: string, hours: number, fate: Fate, to?: string])[] = [
  ['421', 200, 'never does'],
  ['421 4.7.0', 200, 'never does'],
  ['421 4.7.28', 200, 'never does'],
  ['450 4.1.1', 73, 'suppresses'],
  ['450 4.2.1', 73, 'suppresses'],
  ['450 4.7.1', 200, 'never does'],
  ['451 4.3.0', 200, 'never does'],
  ['451 4.4.0', 200, 'never does'],
  ['451 4.7.1', 200, 'never does'],
  ['451 4.3.5', 200, 'never does'],
  ['452 4.2.2', 73, 'suppresses'],
  ['452 4.3.1', 200, 'never does'],
  ['452 4.5.3', 200, 'never does'],
  ['421 4.7.0 Try again later, closing connection. gsmtp', 200, 'never does', 'alice@gmail.com'],
  [
    '421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address. gsmtp',
    200,
    'never does',
    'alice@gmail.com',
  ],
  [
    '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. gsmtp',
    200,
    'never does',
    'alice@gmail.com',
  ],
  ['451 4.3.0 Mail server temporarily rejected message. gsmtp', 200, 'never does', 'alice@gmail.com'],
  ['452 4.2.2 The email account that you tried to reach is over quota. gsmtp', 73, 'suppresses', 'alice@gmail.com'],
  ['421 4.7.66 Temporarily rate limited due to IP reputation', 200, 'never does', 'alice@outlook.com'],
  ['451 4.7.500 Server busy. Please try again later from [192.0.2.2]. (AS761)', 200, 'never does', 'alice@outlook.com'],
  ['451 4.4.0 Message failed to be replicated', 200, 'never does', 'alice@outlook.com'],
  ['452 4.3.1 Insufficient system resources', 200, 'never does', 'alice@outlook.com'],
  ['432 4.3.2 STOREDRV; mailbox server is too busy', 200, 'never does', 'alice@outlook.com'],
  [
    '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints',
    200,
    'never does',
    'alice@yahoo.com',
  ],
  ['421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred', 200, 'never does', 'alice@yahoo.com'],
  ['451 Resources temporarily not available - Please try again later [#4.16.5].', 200, 'never does', 'alice@yahoo.com'],
  ['450 4.1.1 Recipient address rejected: unverified address: Address verification in progress', 200, 'never does'],
  ['450 4.7.1 Greylisted, please try again in 300 seconds', 200, 'never does'],
];

/** Typed from the table of codes that the article names. */
const NAMED = [
  '421',
  '421 4.7.0',
  '421 4.7.28',
  '450 4.1.1',
  '450 4.2.1',
  '450 4.7.1',
  '451 4.3.0',
  '451 4.4.0',
  '451 4.7.1',
  '451 4.3.5',
  '452 4.2.2',
  '452 4.3.1',
  '452 4.5.3',
];

describe('one reply, again and again', () => {
  it.each(SEED.map(([reply, hours, fate, to]) => ({ reply, hours, fate, to })))(
    '$reply for $hours h $fate',
    ({ reply, hours, fate, to }) => {
      const story = tell(everySixHours(hours, { reply, ...(to === undefined ? {} : { to }) }), hours);
      expect(story.held).toEqual(fate === 'suppresses' ? ['persistent_deferral *'] : []);
      expect(story.changes.some(({ type }) => type === 'suppressed')).toBe(fate === 'suppresses');
    },
  );

  it('every code that the article names is among them', () => {
    expect(NAMED.filter((code) => !SEED.some(([reply]) => reply === code))).toEqual([]);
  });
});
