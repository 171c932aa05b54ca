/** Hints in a reply, in the words that servers use, and texts that contain none. */
import { describe, expect, it } from 'vitest';
import { hintsIn } from './retry-hints.ts';

describe('delay after which to retry', () => {
  it.each<[string, number]>([
    ['450 Greylisted, try again in 5 minutes', 300],
    ['450 try again in 1 minute', 60],
    ['450 try again in 5 min', 300],
    ['450 try again in 5 mins.', 300],
    ['450 try again in 5m', 300],
    ['450 try again after 90 seconds', 90],
    ['450 try again after 1 second', 1],
    ['450 retry in 90 sec', 90],
    ['450 retry in 90 secs', 90],
    ['450 retry in 90s', 90],
    ['450 Greylisted for 300 seconds', 300],
    ['450 please wait another 2 hours', 7_200],
    ['450 please wait 1 hour', 3_600],
    ['450 resend within 4h', 14_400],
    ['450 too fast, retry in about 10 minutes', 600],
    ['450 delayed, retry after approximately 10 minutes', 600],
    ['450 delayed, retry after at least 10 minutes', 600],
    ['450 throttled, wait 2 days', 172_800],
    ['450 throttled, wait 1 day', 86_400],
    ['450 rate limited for  10   minutes', 600],
    ['450 Graylisted. Come Back In 00:04:58', 298],
    ['450 please come back in 01:02:03', 3_723],
    ['450 try again in 1:02:03', 3_723],
    ['450 try later: retry in 00:00:30', 30],
    ['450 wait, again after 00:05:00', 300],
    ['450 greylisted in 123456 seconds', 123_456],
    // A time of day is more exact than words.
    ['450 try again in 5 minutes, come back in 00:04:58', 298],
    ['450 come back in   00:04:58', 298],
    ['450 try again in 7 days', 604_800],
  ])('%s: %d seconds', (text, retryAfter) => {
    expect(hintsIn(text)).toStrictEqual({ retryAfter });
  });

  it.each([
    // Durations that a queue cannot use.
    '450 try again in 8 days',
    '450 try again in 0 seconds',
    '450 try again in 00:00:00',
    '450 try again later',
    '450 try again in 5 fortnights',
    '450 try again in five minutes',
    // A duration without a request to retry.
    '550 Message was in 5 minutes of review',
    '550 mailbox full for 5 days',
    // Not the words that announce a delay.
    '450 try again, 5 minutes',
    '450 retry, domain5 minutes',
  ])('%s: nothing', (text) => {
    expect(hintsIn(text).retryAfter).toBeUndefined();
  });

  it.each(['try', 'retry', 'again', 'later', 'wait', 'come back', 'greylisted', 'graylisted', 'resend', 'delayed', 'throttled', 'rate'])(
    'is the duration found in "%s"',
    (word) => {
      expect(hintsIn(`450 ${word}: in 5 minutes`)).toStrictEqual({ retryAfter: 300 });
    },
  );
});

describe('block list that a reply names', () => {
  it.each<[string, string]>([
    ['554 Client host blocked using zen.spamhaus.org', 'zen.spamhaus.org'],
    ['554 192.0.2.1 is listed at bl.example.org', 'bl.example.org'],
    ['554 listed in dnsbl.example.net; see there', 'dnsbl.example.net'],
    ['554 rejected by b.barracudacentral.org.', 'b.barracudacentral.org'],
    ['554 found on rbl.example.org', 'rbl.example.org'],
    ['554 blacklisted via psbl.example.org', 'psbl.example.org'],
    ['554 denied by provider.example', 'provider.example'],
    ['554 RBL from the dul.example.org', 'dul.example.org'],
    ["554 dnsbl at 'cbl.example.org'", 'cbl.example.org'],
    ['554 block list by "xbl.example.org"', 'xbl.example.org'],
    ['554 BLOCKED USING ZEN.SPAMHAUS.ORG', 'zen.spamhaus.org'],
    ['554 blocked   using   the bl.example.org', 'bl.example.org'],
    ['554 listed at bl.1.2', 'bl.1.2'],
    ['554 listed at 1.2.example', '1.2.example'],
    ['550 your IP is on the SpamCop list', 'spamcop'],
    ['550 rejected, reputation (SenderScore)', 'senderscore'],
    // The list is known by name although an IP address is given instead of its host.
    ['554 blocked by 192.0.2.1 according to Spamhaus', 'spamhaus'],
  ])('%s: %s', (text, blockList) => {
    expect(hintsIn(text)).toStrictEqual({ blockList });
  });

  it.each(['spamhaus', 'barracuda', 'sorbs', 'uceprotect', 'invaluement', 'cloudmark', 'abusix', 'mailspike', 'spfbl', 'surbl', 'uribl'])(
    '%s is recognised by its name',
    (name) => {
      expect(hintsIn(`550 by ${name}`)).toStrictEqual({ blockList: name });
    },
  );

  it.each([
    '554 blocked by 192.0.2.1',
    '554 blocked by 192.168.20.11',
    '554 blocked using our policy',
    '554 mail.example.org refused it',
    '550 surblime',
    '554 blocked by',
  ])('%s: none', (text) => {
    expect(hintsIn(text)).toStrictEqual({});
  });
});

describe('link to further information', () => {
  it.each<[string, string]>([
    ['550 see https://example.org/why?ip=192.0.2.1&x=1 for more', 'https://example.org/why?ip=192.0.2.1&x=1'],
    ['550 see http://example.org/a.', 'http://example.org/a'],
    ['550 HTTPS://EXAMPLE.ORG/A', 'HTTPS://EXAMPLE.ORG/A'],
    ['550 (https://example.org/a), or https://example.org/b', 'https://example.org/a'],
    ['550 <https://example.org/a>', 'https://example.org/a'],
    ['550 "https://example.org/a"', 'https://example.org/a'],
    ['550 [https://example.org/a]', 'https://example.org/a'],
    ['550 https://example.org/a!;,:.', 'https://example.org/a'],
  ])('%s: %s', (text, link) => {
    expect(hintsIn(text)).toStrictEqual({ link });
  });

  it.each(['550 see example.org/why', '550 https://', '550 https://abc'])('%s: no link', (text) => {
    expect(hintsIn(text)).toStrictEqual({});
  });
});

describe('limit that a reply names', () => {
  it.each<[string, string]>([
    ['450 max 50 per hour reached', '50 per hour'],
    ['450 20 messages per connection', '20 messages per connection'],
    ['450 100 emails per day', '100 emails per day'],
    ['450 100 mails/hour', '100 mails/hour'],
    ['450 10 connections a minute', '10 connections a minute'],
    ['450 1000 recipients an hour', '1000 recipients an hour'],
    ['450 2 sessions per second', '2 sessions per second'],
    ['450 5 per session', '5 per session'],
    ['450 5 recipients per message', '5 recipients per message'],
    ['552 size exceeds size limit 10485760', '10485760'],
    ['552 message size exceeds fixed maximum message size: 20971520 bytes', '20971520 bytes'],
    ['552 limit is 10 MB', '10 MB'],
    ['552 limited: 500 kb', '500 kb'],
    ['552 limit=35', '35'],
    ['552 maximum size of 25mb', '25mb'],
    ['552 maximum is (50 recipients)', '50 recipients'],
    ['552 maximum size: 7', '7'],
    ['552 max: 100 messages', '100 messages'],
    ['552 max is 12 connections', '12 connections'],
    ['552 max=9', '9'],
    ['552 limit of 8 mb', '8 mb'],
    ['552 limit 11', '11'],
    ['552 maximum 12', '12'],
    ['552 max 13', '13'],
    ['552 fixed maximum message size 14', '14'],
    ['450 15/minute', '15/minute'],
    ['450 16  mails  per  day', '16  mails  per  day'],
  ])('%s: %s', (text, limit) => {
    expect(hintsIn(text).limit).toBe(limit);
  });

  it.each(['550 50 per cent full', '552 unlimited 50', '552 limit exceeded', '552 climax 5'])('%s: none', (text) => {
    expect(hintsIn(text)).toStrictEqual({});
  });
});

it('finds all hints of one reply, and ignores text beyond the limit', () => {
  const text = '450 blocked using bl.example.org, max 5 per hour, try again in 5 minutes, https://example.org/a';
  expect(hintsIn(text)).toStrictEqual({ retryAfter: 300, blockList: 'bl.example.org', link: 'https://example.org/a', limit: '5 per hour' });
  expect(hintsIn(`${' '.repeat(2_048)}${text}`)).toStrictEqual({});
  expect(hintsIn('')).toStrictEqual({});
});
