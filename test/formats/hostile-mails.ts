/** Mails that are made to be expensive to read, each kind in the requested size. */

const HEAD = 'From: a@x.example\nMIME-Version: 1.0\n';

function filled(piece: string, bytes: number): string {
  return piece.repeat(Math.max(1, Math.ceil(bytes / piece.length)));
}

const report = (type: string, body: string): string =>
  `${HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n${type}\n\n${body}\n--b--\n`;
const status = (body: string): string => report('Content-Type: message/delivery-status', body);
const feedback = (body: string): string => report('Content-Type: message/feedback-report', body);

/** Each level opens the next; the innermost holds `body`. */
function nested(boundaries: readonly string[], body: string): string {
  const levels = boundaries.map((boundary) => `Content-Type: multipart/mixed; boundary="${boundary}"\n\n--${boundary}\n`);
  return `${HEAD}${levels.join('')}\n${body}`;
}

/** Pieces that differ by their number, until there are enough bytes. */
function numbered(piece: (number: number) => string, bytes: number): string {
  const pieces: string[] = [];
  for (let length = 0, number = 0; length < bytes; number += 1) {
    const next = piece(number);
    pieces.push(next);
    length += next.length;
  }
  return pieces.join('');
}

export interface HostileMail {
  readonly name: string;
  /** About this many bytes, one character a byte. */
  readonly of: (bytes: number) => string;
}

const kind = (name: string, of: (bytes: number) => string): HostileMail => ({ name, of });

export const HOSTILE_MAILS: readonly HostileMail[] = [
  kind('a base64 attachment', (n) => report('Content-Type: a/b\nContent-Transfer-Encoding: base64', filled(`${'QUJD'.repeat(19)}\n`, n))),
  kind('lines of text', (n) => `${HEAD}\n${filled('All work and no play makes Jack a dull boy, said the mail again and again.\n', n)}`),
  kind('short lines', (n) => `${HEAD}Content-Type: text/plain; format=flowed\n\n${filled('a \n', n)}`),
  kind('empty lines', (n) => `${HEAD}\n${filled('\n', n)}`),
  kind('carriage returns', (n) => `${HEAD}\n${filled('\r', n)}`),
  kind('carriage returns in a field', (n) => `${HEAD}X: ${filled('\r', n)}\n\nx`),
  kind('blanks and nothing else', (n) => filled(' ', n)),
  kind('line feeds before the header', (n) => `${filled('\n', n)}${HEAD}\nx`),
  kind('NULs', (n) => `${HEAD}\n${filled('\0', n)}`),
  kind('NULs in a field', (n) => `${HEAD}X: ${filled('\0', n)}\n\nx`),
  kind('multiparts in multiparts', (n) => HEAD + numbered((at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`, n)),
  kind('multiparts without a boundary', (n) => HEAD + filled('Content-Type: multipart/mixed\n\n--bcd\n', n)),
  kind('lines like the boundaries of 15 levels', (n) =>
    nested(
      Array.from({ length: 15 }, (_, level) => 'b'.repeat(level + 1)),
      filled(`--${'b'.repeat(24)}x\n`, n),
    ),
  ),
  kind('lines like the long boundaries of 250 levels', (n) =>
    nested(
      Array.from({ length: 250 }, (_, level) => `${'b'.repeat(60)}${level}`),
      filled(`--${'b'.repeat(60)}x\n`, n),
    ),
  ),
  kind('boundaries that nothing ends', (n) => `${HEAD}Content-Type: multipart/mixed; boundary=b\n\n${filled('--b\n', n)}`),
  kind('boundaries with blanks behind', (n) => `${HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b${filled(' ', n)}x\n`),
  kind('small parts', (n) => `${HEAD}Content-Type: multipart/mixed; boundary=b\n\n${filled('--b\nContent-Type: text/plain\n\nx\n', n)}`),
  kind('mails in mails', (n) => HEAD + filled('Content-Type: message/rfc822\n\n', n)),
  kind('a field folded without end', (n) => `${HEAD}X: 1\n${filled(' a\n', n)}\nx`),
  kind('a Content-Type folded without end', (n) => `${HEAD}Content-Type: multipart/mixed;\n${filled(' a=b;\n', n)} boundary=b\n\n--b\n\nx`),
  kind('fields folded with letters that are no UTF-8', (n) => HEAD + filled(`X: 1\n${' \xff\n'.repeat(10_000)}`, n)),
  kind('one endless field', (n) => `${HEAD}X: ${filled('a', n)}\n\nx`),
  kind('a field of blanks', (n) => `${HEAD}X: ${filled(' ', n)}x\n\nx`),
  kind('fields', (n) => `${HEAD}${filled('X: 1\n', n)}\nx`),
  kind('addresses', (n) => `${HEAD}To: ${filled('"a" <b@c.example>, d e <f@g>;', n)}\n\nx`),
  kind('encoded words (RFC 2047)', (n) => `${HEAD}Subject: ${filled('=?utf-8?q?=C3=BC?= ', n)}\n\nx`),
  kind('encoded words that nothing ends', (n) => `${HEAD}Subject: ${filled('=?utf-8?q?', n)}\n\nx`),
  kind('parameters in pieces (RFC 2231)', (n) => `${HEAD}Content-Type: a/b${numbered((at) => `;\n a*${at}*=utf-8''%C3%BC`, n)}\n\nx`),
  kind('quotes that nothing closes', (n) => `${HEAD}Content-Type: a/b${filled('; a="', n)}\n\nx`),
  kind('comments that nothing closes', (n) => `${HEAD}Content-Type: multipart/mixed${filled('(', n)}; boundary=b\n\nx`),
  kind('a status part of base64 with junk', (n) =>
    report('Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64', filled('QT!og\0Yg=-o_ ==\n', n)),
  ),
  kind('a status part of base64, each letter padded', (n) =>
    report('Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64', filled('A=', n)),
  ),
  kind('a status part of quoted-printable', (n) =>
    report('Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable', filled('=41=\n', n)),
  ),
  kind('a status part of equals signs', (n) =>
    report('Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable', filled('=', n)),
  ),
  kind('a status part of fields that are no UTF-8', (n) => status(filled('A:\xff\n', n))),
  kind('a status part of groups', (n) => status(filled('A: 1\n\n', n))),
  kind('a status part of recipients', (n) => status(filled('Final-Recipient: rfc822; a@b.example\n\n', n))),
  kind('a status part of one recipient, fields without end', (n) => status(`Final-Recipient: rfc822; a@b.example\n${filled('X: 1\n', n)}`)),
  kind('a diagnostic without end', (n) => status(`Final-Recipient: rfc822; a@b.example\nDiagnostic-Code: smtp;${filled(' 550', n)}`)),
  kind('status parts', (n) =>
    report(
      '',
      numbered((at) => `--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a${at}@b.example\n\n`, n),
    ),
  ),
  kind('a feedback report of recipients', (n) =>
    feedback(`Feedback-Type: abuse\n${numbered((at) => `Original-Rcpt-To: a${at}@b.example\n`, n)}`),
  ),
  kind('a feedback report without a recipient', (n) => feedback(`Feedback-Type: abuse\n${filled('X-A: b\n', n)}`)),
];
