/** What is read of a reply before any rule is asked: codes, stage, and who is quoted. */
import { describe, expect, it } from 'vitest';
import { read, TEXT_LIMIT } from './read.ts';
import { tokenise } from './tokens.ts';
import type { Reply } from './types.ts';

const codes = (reply: Reply): readonly [number | undefined, string | undefined, number | undefined] => {
  const { code, detail, digit } = read(reply);
  return [code, detail, digit];
};
const none = [undefined, undefined, undefined] as const;
/** The words that rules are asked of. */
const words = (text: string): readonly string[] => read({ text }).tokens.words;
const wordsOf = (text: string): readonly string[] => tokenise(text).words;

describe('the codes', () => {
  it.each<[string, number | undefined, string | undefined, number | undefined]>([
    ['550 5.1.1 User unknown', 550, '1.1', 5],
    ['550-5.1.1 User unknown', 550, '1.1', 5],
    ['550 #5.1.1 User unknown', 550, '1.1', 5],
    ['550 (5.1.1) User unknown', 550, '1.1', 5],
    ['550,5.1.1 User unknown', 550, '1.1', 5],
    ['  "550 5.1.1 User unknown"', 550, '1.1', 5],
    ["'<550 5.1.1 User unknown", 550, '1.1', 5],
    ['smtp; 550 5.1.1 User unknown', 550, '1.1', 5],
    ['SMTP;550 5.1.1 User unknown', 550, '1.1', 5],
    ['smtp;    550 busy', 550, undefined, 5],
    ['#550 5.1.1 User unknown', 550, '1.1', 5],
    ['451 4.7.500 busy', 451, '7.500', 4],
    ['451 4.10.1 busy', 451, '10.1', 4],
    ['4.2.2 Mailbox full', undefined, '2.2', 4],
    ['5.2.2 Mailbox full', undefined, '2.2', 5],
    ['452', 452, undefined, 4],
    ['452 busy', 452, undefined, 4],
    ['5501', 550, undefined, 5],
    // Neither a success nor an address is a code of a failure.
    ['250 2.1.5 Ok', ...none],
    ['2.1.5 Ok', ...none],
    ['354 go on', ...none],
    ['4.2.2.2 is an address', ...none],
    ['5.1.1234 is nothing', ...none],
    ['User unknown', ...none],
    ['', ...none],
  ])('of "%s" are those at its beginning', (text, code, detail, digit) => {
    expect(codes({ text })).toEqual([code, detail, digit]);
  });

  it('given apart are those that count; what is no code is as good as not given', () => {
    expect(codes({ text: '550 5.1.1 User unknown', code: 452, enhanced: '4.2.2' })).toEqual([452, '2.2', 4]);
    expect(codes({ text: '550 5.1.1 User unknown', code: 250, enhanced: '2.1.5' })).toEqual([550, '1.1', 5]);
    expect(codes({ text: '', code: 400 })).toEqual([400, undefined, 4]);
    expect(codes({ text: '', code: 499 })).toEqual([499, undefined, 4]);
    expect(codes({ text: '', code: 500 })).toEqual([500, undefined, 5]);
    expect(codes({ text: '', code: 599 })).toEqual([599, undefined, 5]);
    for (const code of [0, 399, 600, Number.NaN]) expect(codes({ text: '', code })).toEqual(none);
    expect(codes({ text: '', enhanced: ' 4.7.0 ' })).toEqual([undefined, '7.0', 4]);
    expect(codes({ text: '', enhanced: '5.10.1' })).toEqual([undefined, '10.1', 5]);
    expect(codes({ text: '', enhanced: '5.1.10' })).toEqual([undefined, '1.10', 5]);
    for (const enhanced of ['', '5', '5.1', '5.1.1.1', '5.1.1234', '5.1234.1', '3.1.1', 'x5.1.1', '5.1.1x', '55.1.1']) {
      expect(codes({ text: '', enhanced })).toEqual(none);
    }
  });

  it('agree on the digit by the basic one', () => {
    expect(codes({ text: '450 5.1.1 User unknown' })).toEqual([450, '1.1', 4]);
    expect(codes({ text: '550 4.1.1 User unknown' })).toEqual([550, '1.1', 5]);
  });

  it.each([
    'Delivery failed, error_code :550 for you',
    'Delivery failed, status:550',
    'Delivery failed, Status=550.',
    'Delivery failed, status: 550',
    'Delivery failed, dsn=550',
    'Delivery failed, dsn: 550',
  ])('of "%s" is the one that is labelled', (text) => {
    expect(codes({ text })).toEqual([550, undefined, 5]);
  });

  it.each(['status 550', 'mystatus:550', 'status:5501', 'status:250', `${'x '.repeat(100)}status:550`])(
    'of "%s" is none: nothing labels it',
    (text) => {
      expect(codes({ text })).toEqual(none);
    },
  );

  it('may stand anywhere when it is an enhanced one', () => {
    expect(codes({ text: 'Delivery failed: 5.1.1 User unknown' })).toEqual([undefined, '1.1', 5]);
  });
});

describe('the server that spoke last', () => {
  it.each<[string, string]>([
    ['host mx.example.com[192.0.2.1] said: 552 5.2.2 Over quota', '552 5.2.2 Over quota'],
    ['451 4.4.1 [internal] (last transfail: 452 4.2.2 Mailbox full)', '452 4.2.2 Mailbox full)'],
    ['host mx.example.com refused to talk to me: 421 4.7.0 Try later', '421 4.7.0 Try later'],
    ['550 5.1.351 Remote server returned denied -> 554 5.7.1 Blocked', '554 5.7.1 Blocked'],
    ['450 4.1.351 Remote server returned denied -> 451 4.7.1 Blocked', '451 4.7.1 Blocked'],
    ['192.0.2.1 failed after I sent the message.\nRemote host said:552 5.2.2 Over quota', '552 5.2.2 Over quota'],
    ["550 5.1.1 Remote Server returned '550 5.1.1 User unknown'", "550 5.1.1 User unknown'"],
    ['not delivered because of 550 5.1.1 User unknown', '550 5.1.1 User unknown'],
    ['not delivered because of 450 4.1.1 User unknown', '450 4.1.1 User unknown'],
    // The innermost of several.
    ['host a.example said: 550 host b.example said: 552 5.2.2 Over quota', '552 5.2.2 Over quota'],
    ["host a.example said: 550 Remote server returned '552 5.2.2 Over quota", '552 5.2.2 Over quota'],
    ["550 Remote server returned 'host b.example said: 552 5.2.2 Over quota", '552 5.2.2 Over quota'],
    ['HOST A.EXAMPLE SAID: 552 5.2.2 OVER QUOTA', '552 5.2.2 OVER QUOTA'],
  ])('in "%s"', (text, inner) => {
    const reading = read({ text });
    expect(reading.tokens.words).toEqual(wordsOf(inner));
    expect(reading.outer).toBe(text.slice(0, text.length - inner.length));
  });

  it.each([
    '550 5.1.1 User unknown',
    '550 he said nothing of importance here',
    'somebody said: 550',
    'host mx.example.com said: 550 short',
    'x said: 552 5.2.2 Ov',
  ])('is the only one in "%s"', (text) => {
    expect(read({ text })).toMatchObject({ outer: undefined });
    expect(words(text)).toEqual(wordsOf(text));
  });

  it('is quoted with a dozen characters at least', () => {
    expect(read({ text: 'host mx.example.com said: 552 5.2.2 fu' }).outer).toBe('host mx.example.com said: ');
    expect(read({ text: 'host mx.example.com said: 552 5.2.2 f' }).outer).toBeUndefined();
  });

  it('has codes of its own, which are asked behind those around it', () => {
    expect(codes({ text: 'host mx.example.com said: 552 5.2.2 Over quota' })).toEqual([552, '2.2', 5]);
    expect(codes({ text: '550 5.1.351 Remote server returned denied -> 451 4.7.1 Blocked' })).toEqual([550, '1.351', 5]);
    expect(codes({ text: 'smtp; 451 (last transfail: 452 4.2.2 Mailbox full)' })).toEqual([451, '2.2', 4]);
  });
});

describe('the stage', () => {
  it.each([
    ['550 no (in reply to RCPT TO command)', 'rcpt'],
    ['550 no (in reply to MAIL FROM command)', 'mail'],
    ['550 no (in reply to DATA command)', 'data'],
    ['550 no (in reply to end of DATA command)', 'end_of_data'],
    ['550 no (in reply to STARTTLS command)', 'starttls'],
    ['550 no (in reply to EHLO command)', 'ehlo'],
    ['550 no (in reply to HELO command)', 'ehlo'],
    ['550 no (in reply to AUTH command)', 'auth'],
    ['550 (in reply to DATA command) no (in reply to RCPT TO command)', 'rcpt'],
    ['550 no, in reply to rcpt', 'rcpt'],
    ['550 no (in reply to VRFY command)', undefined],
    ['550 no (in reply to', undefined],
    ['550 RCPT TO refused', undefined],
    ['550 no (in reply to the RCPT TO command)', undefined],
  ])('of "%s": %s', (text, phase) => {
    expect(read({ text }).phase).toBe(phase);
  });

  it('given apart is the one that counts', () => {
    expect(read({ text: '550 no (in reply to RCPT TO command)', phase: 'mail' }).phase).toBe('mail');
  });
});

describe('the words', () => {
  it('are those of the server: the command that was refused is none of them', () => {
    expect(words('550 no such user (in reply to RCPT TO command)')).toEqual(wordsOf('550 no such user '));
    expect(words('550 no such (in reply to RCPT TO command) user')).toEqual(wordsOf('550 no such  user'));
    expect(words('550 no such user (in reply to RCPT TO')).toEqual(wordsOf('550 no such user '));
    expect(words('550 no (such) user (in reply to DATA)')).toEqual(wordsOf('550 no (such) user '));
  });

  it('are read up to a bound', () => {
    const long = `${'a '.repeat(TEXT_LIMIT / 2)}b`;
    expect(read({ text: long }).tokens).toEqual(tokenise(long.slice(0, TEXT_LIMIT)));
    expect(TEXT_LIMIT).toBe(65_536);
    // What stands behind it is not there: no quotation, no stage, no mark.
    const behind = `${' '.repeat(TEXT_LIMIT)}[internal] host said: 552 5.2.2 Over quota (in reply to DATA command)`;
    expect(read({ text: behind })).toMatchObject({ empty: true, ownSide: false, outer: undefined, phase: undefined });
  });

  it('of nobody: blanks are no text', () => {
    expect([read({ text: '' }).empty, read({ text: ' \n\t' }).empty, read({ text: ' x' }).empty]).toEqual([true, true, false]);
  });

  it("are the sending side's own when it says so", () => {
    expect(read({ text: '451 4.4.1 [internal] no route' }).ownSide).toBe(true);
    expect(read({ text: '451 4.4.1 internal error' }).ownSide).toBe(false);
  });

  it('stand beside the provider as it was given', () => {
    expect(read({ text: 'x', provider: 'gmail' }).provider).toBe('gmail');
    expect(read({ text: 'x' }).provider).toBeUndefined();
  });
});
