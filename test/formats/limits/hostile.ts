/** Bytes that are expensive for a careless reader. Each is a function from a size to an input of about that size. */

export type Hostile = (bytes: number) => Buffer;

const times = (piece: string, bytes: number): string => piece.repeat(Math.ceil(bytes / Buffer.byteLength(piece)));

/** A repeated piece between a beginning and an end. */
export function repeated(piece: string, begin = '', end = ''): Hostile {
  return (bytes) => Buffer.from(begin + times(piece, bytes) + end);
}

/** A repeated piece that contains its number, so that all names differ. */
function numbered(piece: (number: number) => string, begin = '', end = ''): Hostile {
  return (bytes) => {
    const pieces: string[] = [];
    for (let length = 0, number = 0; length < bytes; number += 1) {
      const one = piece(number);
      pieces.push(one);
      length += Buffer.byteLength(one);
    }
    return Buffer.from(begin + pieces.join('') + end);
  };
}

interface Around {
  readonly begin: string;
  readonly end: string;
  readonly between: string;
  readonly first?: string;
  readonly last?: string;
}

/** Many of middle size: each as long as is still read, of one piece again and again. */
function many(length: number, piece: string, { begin, end, between, first = '', last = '' }: Around): Hostile {
  const one = `${begin}${times(piece, length)}${end}`;
  return (bytes) => {
    const count = Math.max(1, Math.floor(bytes / Buffer.byteLength(one)));
    return Buffer.from(first + Array.from({ length: count }, () => one).join(between) + last);
  };
}

/** Text that is expensive for patterns, escaped for JSON. */
const PIECES: Readonly<Record<string, string>> = {
  blanks: ' ',
  'blanks of another kind': '\u00a0',
  'open brackets': '(',
  brackets: '()',
  angles: '<',
  'pairs of angles': '<>',
  quotes: '\\"',
  'escaped quotes': '\\\\\\"',
  commas: ',',
  semicolons: ';',
  colons: ':',
  'colons and blanks': ': ',
  dots: '.',
  'letters and dots': 'a.',
  digits: '1',
  'digits and dots': '5.',
  ats: '@',
  letters: 'a',
  hyphens: '-',
  marks: '\u0301\u0316',
};

/** For each piece one input: many records whose one field is full of it. */
function fieldsFullOf(name: string, length: number, around: Around): Readonly<Record<string, Hostile>> {
  return Object.fromEntries(Object.entries(PIECES).map(([piece, text]) => [`${name}, ${piece}`, many(length, text, around)]));
}

function nested(open: string, close: string, inner = ''): Hostile {
  return (bytes) => {
    const depth = Math.ceil(bytes / (open.length + close.length));
    return Buffer.from(open.repeat(depth) + inner + close.repeat(depth));
  };
}

const MAIL =
  'From: a@example.com\r\nSubject: Undelivered Mail Returned to Sender\r\nDate: Sun, 1 Mar 2026 11:00:00 +0000\r\nMIME-Version: 1.0\r\n';
const REPORT = `${MAIL}Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n`;
const STATUS = `${REPORT}Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n`;
const FEEDBACK = `${MAIL}Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n`;
const PART = 'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\n';

/** Of every kind of text. */
export const TEXTS: Readonly<Record<string, Hostile>> = {
  letters: repeated('a'),
  blanks: repeated(' '),
  tabs: repeated('\t'),
  'line feeds': repeated('\n'),
  'carriage returns': repeated('\r'),
  NUL: repeated('\0'),
  digits: repeated('1'),
  dots: repeated('.'),
  'letters and dots': repeated('a.'),
  hyphens: repeated('-'),
  commas: repeated(','),
  semicolons: repeated(';'),
  colons: repeated(':'),
  quotes: repeated('"'),
  backslashes: repeated('\\'),
  'open brackets': repeated('('),
  'open angles': repeated('<'),
  'closed angles': repeated('>'),
  ats: repeated('@'),
  'addresses, commas': repeated('a@b.example, '),
  'a long local part': repeated('a', '', '@example.com'),
  'a long domain': repeated('a.', 'x@', 'com'),
  'combining marks out of order': repeated('\u0301\u0316', 'a', '@example.com'),
  'combining marks of a domain': repeated('u\u0301\u0316', 'a@', '.com'),
  'letters with marks out of order': repeated('a\u0301\u0316\u0327'),
  'decomposing letters': repeated('\ufdfa'),
  'Hangul parts': repeated('\u1100\u1161\u11a8'),
  'a Cyrillic word': repeated('\u0430'),
  'Han letters': repeated('\u90ae'),
  'no UTF-8': (bytes) => Buffer.alloc(bytes, 0xff),
  'half of a letter': (bytes) => Buffer.alloc(bytes, 0xe2),
  'lone surrogates': repeated('\\ud800', '"', '"'),
  'dashes and words': repeated('-a'),
  'words and blanks': repeated('a '),
};

export const FORMS: Readonly<Record<string, Hostile>> = {
  'fields without a value': repeated('a&'),
  ampersands: repeated('&'),
  'equals signs': repeated('='),
  'fields of one name': repeated('a=1&'),
  'fields of many names': numbered((n) => `f${n}=1&`),
  escapes: repeated('%41', 'a='),
  'broken escapes': repeated('%', 'a='),
  pluses: repeated('+', 'a='),
  'one long field': repeated('a', 'mandrill_events='),
  'a list of many events': repeated('%7B%7D%2C', 'mandrill_events=%5B', '%7B%7D%5D'),
  'brackets in a field': repeated('%5B', 'mandrill_events='),
  'multipart boundaries': repeated('--x\r\n'),
  'multipart parts': repeated(PART, '--x\r\n'),
  'a multipart head without end': repeated('a', '--x\r\nContent-Disposition: form-data; name="'),
  'multipart heads': repeated('A: b\r\n', '--x\r\n'),
  'multipart almost boundaries': repeated('\r\n--', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
};

export const JSONS: Readonly<Record<string, Hostile>> = {
  'open arrays': repeated('['),
  'open objects': repeated('{"a":'),
  'nested arrays': nested('[', ']'),
  'nested objects': nested('{"a":', '}', '1'),
  'open array, object': repeated('[{"a":'),
  'empty objects': repeated('{},', '[', '{}]'),
  'empty arrays': repeated('[],', '[', '[]]'),
  numbers: repeated('1,', '[', '1]'),
  nulls: repeated('null,', '[', 'null]'),
  'documents one behind the other': repeated('{}'),
  'documents on lines': repeated('{}\n'),
  'broken documents on lines': repeated('{"a"\n'),
  'broken then whole': repeated('{"a":}\n{}\n'),
  'quotes on lines': repeated('"\n'),
  'an open string': repeated('a', '{"a":"'),
  'escaped quotes': repeated('\\"', '{"a":"', '"}'),
  escapes: repeated('\\u0041', '{"a":"', '"}'),
  'members of one name': repeated('"a":1,', '{', '"a":1}'),
  'members of many names': numbered((n) => `"f${n}":1,`, '{', '"z":1}'),
  'members that are numbers': numbered((n) => `"${n}":1,`, '{', '"z":1}'),
  prototypes: repeated('"__proto__":{},', '{', '"a":1}'),
  'a long number': repeated('9', '{"a":', '}'),
  'long integers': repeated('12345678901234567,', '[', '1]'),
  'JSON in a string': repeated('{\\"a\\":1},', '"[', '{}]"'),
  'closed brackets': repeated('}'),
  'blanks within': repeated(' ', '{"a":', '1}'),
  'a long document': repeated(
    'a',
    '{"version":1,"type":"delivered","recipient":"',
    '@example.com","occurredAt":"2026-03-01T10:00:00.000Z"}',
  ),
  'members of a signature': numbered((n) => `"f${n}":1,`, '{"signature":{', '"token":"a","timestamp":"1","signature":"b"}}'),
};

/** What provider formats read: one event of many recipients, many events, each of them bad or good. */
export const EVENTS: Readonly<Record<string, Hostile>> = {
  'SES, recipients without an address': repeated(
    '{},',
    '{"eventType":"Bounce","mail":{"timestamp":"2026-03-01T10:00:00Z"},"bounce":{"bouncedRecipients":[',
    '{}]}}',
  ),
  'SES, recipients': repeated(
    '{"emailAddress":"a@b.example"},',
    '{"eventType":"Bounce","mail":{"timestamp":"2026-03-01T10:00:00Z"},"bounce":{"timestamp":"2026-03-01T10:00:00Z","bouncedRecipients":[',
    '{}]}}',
  ),
  'SES, destinations': repeated(
    '"a@b.example",',
    '{"eventType":"Send","mail":{"timestamp":"2026-03-01T10:00:00Z","destination":[',
    '""]}}',
  ),
  'SES, records': repeated('{"Sns":{"Type":"Notification","Message":"{}"}},', '{"Records":[', '{}]}'),
  'SES, envelopes in envelopes': nested('{"detail":', '}', '{}'),
  'SES, a complaint about many': repeated(
    '{"emailAddress":"a@b.example"},',
    '{"eventType":"Complaint","mail":{},"complaint":{"timestamp":"2026-03-01T10:00:00Z","complainedRecipients":[',
    '{}]}}',
  ),
  'SES, topic preferences': numbered(
    (n) => `{"topicName":"t${n}","subscriptionStatus":"OptOut"},`,
    '{"eventType":"Subscription","mail":{"timestamp":"2026-03-01T10:00:00Z","destination":["a@b.example"]},"subscription":{"newTopicPreferences":{"topicSubscriptionStatus":[',
    '{}]}}}',
  ),
  'SendGrid, events': repeated('{"email":"a@b.example","event":"bounce","timestamp":1772359200},', '[', '{}]'),
  'SendGrid, events without an address': repeated('{"event":"bounce","timestamp":1772359200},', '[', '{}]'),
  'SparkPost, events in one envelope': numbered((n) => `"e${n}":{},`, '{"msys":{', '"z":{}}}'),
  'SparkPost, results': repeated('{},', '{"results":[', '{}]}'),
  'Mailgun, items': repeated('{},', '{"items":[', '{}]}'),
  'Mailgun, targets': repeated('a@b.example,', '{"event-data":{"event":"rejected","timestamp":1772359200,"envelope":{"targets":"', '"}}}'),
  'Mailgun, escaped quotes in targets': many(16_000, '\\\\\\"', {
    begin: '{"event-data":{"event":"rejected","timestamp":1772359200,"envelope":{"targets":"\\"',
    end: '"}}}',
    between: '\n',
  }),
  'Mailgun, recipients': repeated('"",', '{"event-data":{"event":"rejected","timestamp":1772359200,"message":{"recipients":[', '""]}}}'),
  'Resend, recipients': repeated('"a@b.example",', '{"type":"email.bounced","created_at":"2026-03-01T10:00:00Z","data":{"to":[', '""]}}'),
  'Resend, recipients that are none': repeated('1,', '{"type":"email.bounced","created_at":"2026-03-01T10:00:00Z","data":{"to":[', '1]}}'),
  'Resend, tags': numbered(
    (n) => `{"name":"t${n}","value":1},`,
    '{"type":"email.sent","created_at":"2026-03-01T10:00:00Z","data":{"to":["a@b.example"],"tags":[',
    '{}]}}',
  ),
  'KumoMTA, recipients': repeated('"",', '{"type":"Bounce","timestamp":1772359200,"nodeid":"n","queue":"q","recipient":[', '""]}'),
  'KumoMTA, a feedback report': repeated(
    '"",',
    '{"type":"Feedback","timestamp":1772359200,"nodeid":"n","queue":"q","feedback_report":{"feedback_type":"abuse","original_rcpt_to":[',
    '""]}}',
  ),
  'Haraka, recipients': repeated('{},', '{"event":"bounce","queue_id":"q","timestamp":1772359200,"to":[', '{}]}'),
  'Mandrill, SMTP events': repeated('{},', '[{"event":"deferral","ts":1772359200,"msg":{"email":"a@b.example","smtp_events":[', '{}]}}]'),
  'Brevo, JSON in a member': repeated('[', '{"event":"delivered","email":"a@b.example","ts_epoch":1772359200000,"X-Mailin-custom":"', '"}'),
  'a long reply': repeated('a ', '[{"email":"a@b.example","event":"bounce","timestamp":1772359200,"reason":"', '"}]'),
  'a reply of marks': repeated('\u0301\u0316', '[{"email":"a@b.example","event":"bounce","timestamp":1772359200,"reason":"550 a', '"}]'),
  'an address of marks': repeated('\u0301\u0316', '[{"event":"bounce","timestamp":1772359200,"email":"a', '@b.example"}]'),
  'a long message id': repeated('<', '[{"email":"a@b.example","event":"bounce","timestamp":1772359200,"sg_message_id":"', '"}]'),
  'a long time': repeated('1', '[{"email":"a@b.example","event":"bounce","timestamp":"', '"}]'),
  'a long event id': repeated(' ', '[{"email":"a@b.example","event":"bounce","timestamp":1772359200,"sg_event_id":"a', 'b"}]'),
};

const BOUNCE = '{"event":"bounce","timestamp":1772359200,';
const IN_ARRAY = { between: ',', first: '[', last: ']' };
/** Of many events: a field of each as long as it is read. */
export const FIELDS_OF_EVENTS: Readonly<Record<string, Hostile>> = {
  ...fieldsFullOf('address', 2_000, { begin: `${BOUNCE}"email":"a`, end: 'x@b.example"}', ...IN_ARRAY }),
  ...fieldsFullOf('reply', 4_000, { begin: `${BOUNCE}"email":"a@b.example","reason":"550 `, end: 'x"}', ...IN_ARRAY }),
  ...fieldsFullOf('message id', 1_000, { begin: `${BOUNCE}"email":"a@b.example","sg_message_id":"<`, end: 'x"}', ...IN_ARRAY }),
  ...fieldsFullOf('event id', 1_000, { begin: `${BOUNCE}"email":"a@b.example","sg_event_id":"x`, end: 'x"}', ...IN_ARRAY }),
  ...fieldsFullOf('status', 1_000, { begin: `${BOUNCE}"email":"a@b.example","status":"5`, end: 'x"}', ...IN_ARRAY }),
  ...fieldsFullOf('time', 1_000, { begin: '{"event":"bounce","email":"a@b.example","timestamp":"1', end: 'x"}', ...IN_ARRAY }),
  ...fieldsFullOf('tenant', 1_000, { begin: `${BOUNCE}"email":"a@b.example","desist_tenant":"a`, end: 'x"}', ...IN_ARRAY }),
};

export const MAILS: Readonly<Record<string, Hostile>> = {
  'header fields': repeated('X: 1\r\n', MAIL),
  'header fields of one name': repeated('Received: from a by b; Sun, 1 Mar 2026 11:00:00 +0000\r\n', MAIL),
  'a field folded without end': repeated(' a\r\n', `${MAIL}X: 1\r\n`),
  'a field folded with blanks': repeated(' \r\n', `${MAIL}X: 1\r\n`),
  'an endless field': repeated('a', `${MAIL}X: `),
  'fields that are none': repeated('a\r\n', MAIL),
  'an endless name of a field': repeated('a', MAIL),
  'encoded words': repeated('=?utf-8?q?=41?= ', `${MAIL}Subject: `),
  'open encoded words': repeated('=?utf-8?q?', `${MAIL}Subject: `),
  'an encoded word': repeated('=41', `${MAIL}Subject: =?utf-8?q?`),
  'parts in parts': numbered((n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`, MAIL),
  boundaries: repeated('--b\r\n', REPORT),
  'closing boundaries': repeated('--b--\r\n', REPORT),
  'almost boundaries': repeated('--bb\r\n', REPORT),
  'almost boundaries, nested': (bytes) => {
    const levels = Array.from(
      { length: 15 },
      (_, n) => `Content-Type: multipart/mixed; boundary=${'b'.repeat(15 - n)}\r\n\r\n--${'b'.repeat(15 - n)}\r\n`,
    );
    return Buffer.from(`${MAIL}${levels.join('')}${times(`--${'b'.repeat(900)}\r\n`, bytes)}`);
  },
  'boundaries behind blanks': repeated(' ', `${REPORT}x\r\n--b`),
  'boundary lines of blanks': repeated(`--b${' '.repeat(500)}x\r\n`, REPORT),
  'a boundary that is not named': repeated('--\r\n', `${MAIL}Content-Type: multipart/mixed\r\n\r\n`),
  parameters: repeated('; a="', `${MAIL}Content-Type: a/b`),
  'escaped parameters': repeated('\\"', `${MAIL}Content-Type: a/b; a="`),
  'recipients of a status': repeated('Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n', STATUS),
  'recipients without an address': repeated('Final-Recipient: rfc822; x\r\n\r\n', STATUS),
  'groups of a status': repeated('A: 1\r\n\r\n', STATUS),
  'groups about a recipient': repeated('Status: 5.1.1\r\n\r\n', `${STATUS}Final-Recipient: rfc822; a@b.example\r\n\r\n`),
  'fields of a recipient': repeated('X: 1\r\n', `${STATUS}Final-Recipient: rfc822; a@b.example\r\n`),
  'status parts': repeated('Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n\r\n--b\r\n', REPORT),
  'a diagnostic': repeated('smtp; ', `${STATUS}Final-Recipient: rfc822; a@b.example\r\nDiagnostic-Code: smtp; `),
  'addresses of a feedback report': repeated('Original-Rcpt-To: a@b.example\r\n', FEEDBACK),
  'different addresses of a feedback report': numbered((n) => `Original-Rcpt-To: a${n}@b.example\r\n`, FEEDBACK),
  'redacted addresses': repeated('Original-Rcpt-To: redacted\r\n', FEEDBACK),
  base64: repeated('QUFB', `${REPORT}Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n`),
  'quoted-printable': repeated(
    '=0A',
    `${REPORT}Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`,
  ),
  'soft line ends': repeated(
    '= \t',
    `${REPORT}Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`,
  ),
  'a date': repeated('1 ', 'From: a@example.com\r\nDate: '),
};

const GROUP = 'Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n';
/** Of many recipients of a report, and of many parts: a field of each. */
export const FIELDS_OF_MAILS: Readonly<Record<string, Hostile>> = {
  ...fieldsFullOf('recipient', 2_000, {
    begin: 'Final-Recipient: rfc822; a',
    end: 'x@b.example\r\nAction: failed\r\n',
    between: '\r\n',
    first: STATUS,
  }),
  ...fieldsFullOf('diagnostic', 4_000, { begin: `${GROUP}Diagnostic-Code: smtp; 550 `, end: 'x\r\n', between: '\r\n', first: STATUS }),
  ...fieldsFullOf('remote host', 8_000, { begin: `${GROUP}Remote-MTA:`, end: '(x\r\n', between: '\r\n', first: STATUS }),
  ...fieldsFullOf('status', 8_000, {
    begin: 'Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1 (',
    end: 'x\r\n',
    between: '\r\n',
    first: STATUS,
  }),
  ...fieldsFullOf('action', 8_000, {
    begin: 'Final-Recipient: rfc822; a@b.example\r\nAction:',
    end: 'x\r\n',
    between: '\r\n',
    first: STATUS,
  }),
  ...fieldsFullOf('date', 1_000, { begin: `${GROUP}Last-Attempt-Date: 1`, end: 'x\r\n', between: '\r\n', first: STATUS }),
  ...fieldsFullOf('content type', 4_000, { begin: 'Content-Type: a/b; a="', end: 'x\r\n\r\n', between: '--b\r\n', first: REPORT }),
  'content type, escaped parameters': many(4_000, '; a="\\"', {
    begin: 'Content-Type: a/b',
    end: '\r\n\r\n',
    between: '--b\r\n',
    first: REPORT,
  }),
  ...fieldsFullOf('complainer', 2_000, { begin: 'Original-Rcpt-To: a', end: 'x@b.example\r\n', between: '', first: FEEDBACK }),
};

const SYSLOG = 'Mar  1 10:00:00 mail postfix/smtp[7]: 4C1F0A2B33: ';
/** Lines as long as lines are read. */
function linesFullOf(name: string, begin: string): Readonly<Record<string, Hostile>> {
  return fieldsFullOf(name, 20_000, { begin, end: 'x', between: '\n' });
}

/** Lines of mail logs. `times` of one line, and lines that are long themselves. */
export const LOGS: Readonly<Record<string, Hostile>> = {
  'Postfix, deferrals': repeated(`${SYSLOG}to=<a@b.example>, relay=none, delay=1, dsn=4.0.0, status=deferred (450 x)\n`),
  'Postfix, recipients of one queue id': numbered(
    (n) => `${SYSLOG}to=<a${n}@b.example>, relay=none, delay=1, dsn=4.0.0, status=deferred (450 x)\n`,
  ),
  'Postfix, expiries of many': (bytes) => {
    const waiting = Array.from(
      { length: 500 },
      (_, n) => `${SYSLOG}to=<a${n}@b.example>, relay=none, dsn=4.0.0, status=deferred (450 x)\n`,
    ).join('');
    const expired = 'Mar  1 10:00:00 mail postfix/qmgr[7]: 4C1F0A2B33: from=<s@example.org>, status=expired, returned to sender\n';
    return Buffer.from(times(waiting + expired, bytes));
  },
  'Postfix, fields': repeated('a=b, ', SYSLOG),
  'Postfix, an open quote': repeated('"', `${SYSLOG}to=<`),
  'Postfix, brackets': repeated('(in reply to ', `${SYSLOG}to=<a@b.example>, dsn=4.0.0, status=deferred (`),
  'Exim, fields': repeated(' H=a [1.2.3.4]', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z == a@b.example'),
  'Exim, quotes': repeated(' C="', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z => a@b.example R=r T=t'),
  'Exim, open angles': repeated('<', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z ** a@b.example '),
  'Exim, bounces': numbered((n) => `2026-03-01 10:00:00 1tAbCd-${String(n % 1e6).padStart(6, '0')}-2Z <= <> P=esmtp\n`),
  'Exim, failures': repeated('2026-03-01 10:00:00 1tAbCd-0001Xy-2Z ** a@b.example R=r T=t: 550 x\n'),
  'PowerMTA, an open quote on lines': repeated('d,"\n', 'type,timeLogged,rcpt,dsnDiag\n'),
  'PowerMTA, commas': repeated(',', 'type,timeLogged,rcpt,dsnDiag\n'),
  'PowerMTA, header lines': repeated('type,timeLogged,rcpt,dsnDiag\n'),
  'PowerMTA, quotes': repeated('"",', 'type,timeLogged,rcpt,dsnDiag\n'),
  'PowerMTA, a header of many columns': numbered((n) => `c${n},`, 'type,timeLogged,rcpt,'),
  'Haraka, recipients': repeated('2026-03-01T10:00:00.000Z [NOTICE] [U-1.1] [outbound] recipient <a@b.example> rejected: 550 x\n'),
  'Haraka, brackets': repeated('[', '2026-03-01T10:00:00.000Z [NOTICE] '),
  ...linesFullOf('Postfix, a text', `${SYSLOG}to=<a@b.example>, relay=none, dsn=4.0.0, status=deferred (450 `),
  ...linesFullOf('Postfix, an address', `${SYSLOG}to=<a`),
  ...linesFullOf('Postfix, a field', `${SYSLOG}to=<a@b.example>, relay=`),
  ...linesFullOf('Exim, a text', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z ** a@b.example R=r T=t: 550 '),
  ...linesFullOf('Exim, an address', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z ** "a'),
  ...linesFullOf('Exim, a field', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z ** a@b.example C="'),
  ...linesFullOf('Exim, a number', '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z == a@b.example R=r T=t defer (-44)'),
  ...linesFullOf('Haraka, a text', '2026-03-01T10:00:00.000Z [NOTICE] [U-1.1] [outbound] recipient <a@b.example> rejected: 550 '),
  ...linesFullOf('Haraka, an address', '2026-03-01T10:00:00.000Z [NOTICE] [U-1.1] [outbound] recipient <'),
  ...linesFullOf('PowerMTA, a text', 'b,2026-03-01 10:00:00+0000,s@b.example,a@b.example,,failed,5.1.1,"smtp;550 '),
  ...linesFullOf('PowerMTA, an address', 'b,2026-03-01 10:00:00+0000,s@b.example,a'),
  'Exim, fields on lines': many(60_000, ' C="\\"', {
    begin: '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z => a@b.example',
    end: '',
    between: '\n',
  }),
  'Exim, hosts on lines': many(60_000, ' H=a', {
    begin: '2026-03-01 10:00:00 1tAbCd-0001Xy-2Z == a@b.example defer (-1)',
    end: '',
    between: '\n',
  }),
  'syslog, a long host': repeated('a', 'Mar  1 10:00:00 '),
  'syslog, a long program': repeated('a/', 'Mar  1 10:00:00 mail '),
};

const WORDS = [
  'said: ',
  'last transfail: ',
  'refused to talk to me: ',
  ' -> 5',
  'remote host said:',
  "remote server returned '",
  'because of 4',
  '(in reply to ',
  'in reply to rcpt ',
];
const CODES = ['550 5.1.1 ', '5.1.1 ', '550-', '#5.1.1 ', 'smtp; 550 ', 'status=550 ', 'error_code :', '4.', '5.5.5.'];
const HINTS = [
  'in 5 ',
  'try again in 1:',
  'http://',
  'https://a.b/',
  'blocked using ',
  'listed at the ',
  'limit is 9',
  '9 per ',
  'maximum size of ',
  'try ',
];
const TOKENS = [
  'a.',
  'a@',
  "a'",
  'a-',
  'a_1',
  'list.If',
  'mail box ',
  'e mail ',
  'black list ',
  'gray',
  '1.1.1.1',
  '://',
  'a://',
  'a.b/c',
  'user unknown ',
  'user not ',
  'addr ',
];
const READERS = ['Error:', '_Error', 'after RCPT TO:<', 'said: 250-', 'response: ', 'x-a; ', 'host a[', '550 5.1.1 <'];

/** Replies: bait for what looks for codes, quotations, advice and words. */
export const REPLIES: Readonly<Record<string, Hostile>> = Object.fromEntries(
  [...WORDS, ...CODES, ...HINTS, ...TOKENS, ...READERS].map((piece) => [piece, repeated(piece, '550 ')]),
);

export const YAMLS: Readonly<Record<string, Hostile>> = {
  'flow lists': repeated('['),
  'flow maps': repeated('{a: '),
  'nested flow lists': nested('[', ']'),
  'lists in lists': repeated('- '),
  'maps in maps': (bytes) => {
    const lines: string[] = [];
    for (let length = 0, depth = 0; length < bytes; depth = (depth + 1) % 200) {
      const line = `${' '.repeat(depth)}a:\n`;
      lines.push(line);
      length += line.length;
    }
    return Buffer.from(lines.join(''));
  },
  keys: numbered((n) => `k${n}: 1\n`),
  'keys of one name': repeated('a: 1\n'),
  anchors: numbered((n) => `k${n}: &a${n} 1\n`),
  aliases: repeated('*a, ', 'x: &a 1\ny: [', '*a]\n'),
  'aliases of aliases': numbered((n) => (n === 0 ? 'a0: &a0 [1]\n' : `a${n}: &a${n} [*a${n - 1}, *a${n - 1}]\n`)),
  tags: repeated('!!a '),
  comments: repeated('#\n'),
  documents: repeated('---\n'),
  quotes: repeated('"', 'a: '),
  escapes: repeated('\\u0041', 'a: "', '"\n'),
  'block text': repeated(' a\n', 'a: |\n'),
  'question marks': repeated('? '),
  colons: repeated(': '),
  blanks: repeated(' '),
  tabs: repeated('\t'),
  letters: repeated('a'),
  directives: repeated('%a\n'),
};
