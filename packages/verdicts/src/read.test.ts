/** What is read from a reply before the rules are applied: codes, SMTP phase, quoted reply. */
import { describe, expect, it } from 'vitest';
import { codesOf, read, TEXT_LIMIT } from './read.ts';
import { tokenise } from './tokens.ts';
import type { Reply } from './types.ts';

const codes = (reply: Reply): readonly [number | undefined, string | undefined, number | undefined] => {
  const reading = read(reply);
  const { code, detail, digit } = codesOf(reading, tokenise(reading.withTrailer ?? reading.text).enhanced);
  return [code, detail, digit];
};
const none = [undefined, undefined, undefined] as const;
/** The words to which rules are applied. */
const words = (text: string): readonly string[] => wordsOf(read({ text }).text);
const wordsOf = (text: string): readonly string[] => tokenise(text).words;

describe('codes of a reply', () => {
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
    // A success code or an IP address is not a failure code.
    ['250 2.1.5 Ok', ...none],
    ['2.1.5 Ok', ...none],
    ['354 go on', ...none],
    ['4.2.2.2 is an address', ...none],
    ['5.1.1234 is nothing', ...none],
    ['User unknown', ...none],
    ['', ...none],
  ])('are read from the beginning of "%s"', (text, code, detail, digit) => {
    expect(codes({ text })).toEqual([code, detail, digit]);
  });

  it('are taken from the separate fields first; an invalid field is ignored', () => {
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

  it('have the digit of the basic code if the enhanced code disagrees', () => {
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
  ])('are read after a label: "%s"', (text) => {
    expect(codes({ text })).toEqual([550, undefined, 5]);
  });

  it.each(['status 550', 'mystatus:550', 'status:5501', 'status:250', `${'x '.repeat(100)}status:550`])(
    'are not read without a label: "%s"',
    (text) => {
      expect(codes({ text })).toEqual(none);
    },
  );

  it('include an enhanced code anywhere in the text', () => {
    expect(codes({ text: 'Delivery failed: 5.1.1 User unknown' })).toEqual([undefined, '1.1', 5]);
  });
});

describe('a reply that quotes another server', () => {
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
    // The innermost of several quotations.
    ['host a.example said: 550 host b.example said: 552 5.2.2 Over quota', '552 5.2.2 Over quota'],
    ["host a.example said: 550 Remote server returned '552 5.2.2 Over quota", '552 5.2.2 Over quota'],
    ["550 Remote server returned 'host b.example said: 552 5.2.2 Over quota", '552 5.2.2 Over quota'],
    ['HOST A.EXAMPLE SAID: 552 5.2.2 OVER QUOTA', '552 5.2.2 OVER QUOTA'],
  ])('is split at the last server that spoke: "%s"', (text, inner) => {
    const reading = read({ text });
    expect(wordsOf(reading.text)).toEqual(wordsOf(inner));
    expect(reading.outer).toBe(text.slice(0, text.length - inner.length));
  });

  it.each([
    '550 5.1.1 User unknown',
    '550 he said nothing of importance here',
    'somebody said: 550',
    'host mx.example.com said: 550 short',
    'x said: 552 5.2.2 Ov',
  ])('is not found in "%s"', (text) => {
    expect(read({ text })).toMatchObject({ outer: undefined });
    expect(words(text)).toEqual(wordsOf(text));
  });

  it('needs at least twelve quoted characters', () => {
    expect(read({ text: 'host mx.example.com said: 552 5.2.2 fu' }).outer).toBe('host mx.example.com said: ');
    expect(read({ text: 'host mx.example.com said: 552 5.2.2 f' }).outer).toBeUndefined();
  });

  it('takes codes that the outer reply lacks from the quoted reply', () => {
    expect(codes({ text: 'host mx.example.com said: 552 5.2.2 Over quota' })).toEqual([552, '2.2', 5]);
    expect(codes({ text: '550 5.1.351 Remote server returned denied -> 451 4.7.1 Blocked' })).toEqual([550, '1.351', 5]);
    expect(codes({ text: 'smtp; 451 (last transfail: 452 4.2.2 Mailbox full)' })).toEqual([451, '2.2', 4]);
  });
});

describe("an MTA's wording around a reply", () => {
  it.each([
    ['Mailbox unavailable. The server response was: 5.7.1 Unable to relay', '5.7.1 Unable to relay'],
    ['Mailbox name not allowed. The server response was: no', 'no'],
    ['Postfach nicht verfügbar. Die Serverantwort war: 5.7.1 Unable to relay', '5.7.1 Unable to relay'],
  ])('is dropped if it is only the name of a code: "%s"', (text, inner) => {
    const reading = read({ text });
    expect(wordsOf(reading.text)).toEqual(wordsOf(inner));
    expect(reading.outer).toBeUndefined();
  });

  it.each([
    ['SMTP error from remote mail server after RCPT TO:<bob@example.com>: 550 No such user here', '550 No such user here'],
    ['SMTP error from remote mailer after end of data: host mx.example [192.0.2.1]: 552 Too big', '552 Too big'],
    ['... while talking to mx.example.: >>> DATA <<< 554 5.7.1 Refused <<< 503 No recipients', '554 5.7.1 Refused <<< 503 No recipients'],
    ['Deferred: 451 4.7.1 Greylisted', '451 4.7.1 Greylisted'],
    ['550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.1 Connection refused>', '421 4.4.1 Connection refused>'],
  ])('is dropped for Exim, sendmail and Amazon SES: "%s"', (text, inner) => {
    expect(words(text)).toEqual(wordsOf(inner));
  });

  it('makes the reply temporary if the sender gave up after a temporary reply', () => {
    const gaveUp = '554 5.4.7 [internal] message timeout (exceeded max time, last transfail: 452 4.2.2 Mailbox full)';
    expect(codes({ text: gaveUp })).toEqual([554, '4.7', 4]);
    expect(codes({ text: gaveUp.replace('452 4', '552 5') })).toEqual([554, '4.7', 5]);
  });
});

describe('text after a reply (trailer)', () => {
  const said = '550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown';
  it.each([
    '; For assistance, contact your postmaster',
    '. Please contact your system administrator if your IP is blocked',
    '. Please provide the following information: Client: (192.0.2.1), Server: (mx.example)',
    '. For more help, please see our page',
  ])('is classified only if the reply itself matches no rule: "%s"', (trailer) => {
    const reading = read({ text: said + trailer });
    expect(wordsOf(reading.text)).toEqual(wordsOf(said));
    expect(wordsOf(reading.withTrailer ?? '').length).toBeGreaterThan(wordsOf(said).length);
  });

  it.each(['; client (192.0.2.1), server (mx.example)', ' (server mx.example, client 192.0.2.1)', ' Time: (Jun 10 09:34:02)'])(
    'is dropped if it names client and server: "%s"',
    (parties) => {
      if (parties.startsWith(' Time')) expect(words(`${said} Client: (192.0.2.1)${parties}`)).toEqual(wordsOf(said));
      else expect(words(said + parties)).toEqual(wordsOf(said));
    },
  );

  it("is never classified if it is a provider's advice", () => {
    const reading = read({ text: `${said}. We recommend removing the address. This hurts your reputation as a sender.` });
    expect(wordsOf(reading.text)).toEqual(wordsOf(said));
    expect(reading.withTrailer).toBeUndefined();
  });
});

describe('SMTP phase of a reply', () => {
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
    ['SMTP error from remote mail server after RCPT TO:<bob@example.com>: 550 no', 'rcpt'],
    ['SMTP error from remote mail server after MAIL FROM:<a@example.com>: 550 no', 'mail'],
    ['SMTP error from remote mailer after end of data: host mx.example: 550 no', 'end_of_data'],
    ['SMTP error from remote mail server after pipelined end of data: 550 no', 'end_of_data'],
    ['SMTP error from remote mail server after initial connection: 554 no', 'connect'],
    ['SMTP error from remote mail server: nothing of what came after RCPT TO', undefined],
    ['550 no (in reply to the RCPT TO command)', undefined],
  ])('is read from "%s": %s', (text, phase) => {
    expect(read({ text }).phase).toBe(phase);
  });

  it('is taken from the separate field first', () => {
    expect(read({ text: '550 no (in reply to RCPT TO command)', phase: 'mail' }).phase).toBe('mail');
  });
});

describe('words of a reply', () => {
  it('leave out the command that was refused', () => {
    expect(words('550 no such user (in reply to RCPT TO command)')).toEqual(wordsOf('550 no such user '));
    expect(words('550 no such (in reply to RCPT TO command) user')).toEqual(wordsOf('550 no such  user'));
    expect(words('550 no such user (in reply to RCPT TO')).toEqual(wordsOf('550 no such user '));
    expect(words('550 no (such) user (in reply to DATA)')).toEqual(wordsOf('550 no (such) user '));
  });

  it('are read up to a limit', () => {
    const long = `${'a '.repeat(TEXT_LIMIT / 2)}b`;
    expect(read({ text: long }).text).toBe(long.slice(0, TEXT_LIMIT));
    expect(TEXT_LIMIT).toBe(65_536);
    // Text beyond the limit is ignored: no quotation, no phase, no mark.
    const behind = `${' '.repeat(TEXT_LIMIT)}[internal] host said: 552 5.2.2 Over quota (in reply to DATA command)`;
    expect(read({ text: behind })).toMatchObject({ empty: true, fromSendingSide: false, outer: undefined, phase: undefined });
  });

  it('are empty if the text is blank', () => {
    expect([read({ text: '' }).empty, read({ text: ' \n\t' }).empty, read({ text: ' x' }).empty]).toEqual([true, true, false]);
  });

  it("are the sending side's own if the text says so", () => {
    expect(read({ text: '451 4.4.1 [internal] no route' }).fromSendingSide).toBe(true);
    expect(read({ text: '451 4.4.1 internal error' }).fromSendingSide).toBe(false);
  });

  it('keep the provider as given', () => {
    expect(read({ text: 'x', provider: 'gmail' }).provider).toBe('gmail');
    expect(read({ text: 'x' }).provider).toBeUndefined();
  });
});
