/** Lists as providers export them: detection by their columns, and the meaning of a row. */
import { describe, expect, test } from 'vitest';
import { asAddress } from '@desist/domain';
import type { ListRow } from './formats.ts';
import { chosenFormat, columnName, fieldsOf, readRow, recognise } from './formats.ts';
import { recordOf, troubleOf } from './record.ts';
import { kindOf, momentOf, scopeOf } from './words.ts';

const AT = Date.parse('2026-03-01T10:00:00.000Z');

function fieldsWith(columns: string, values: readonly string[]): ReadonlyMap<string, string> {
  return new Map(columns.split(',').map((name, index) => [columnName(name), values[index] ?? '']));
}

function read(columns: string, values: readonly string[]) {
  const fields = fieldsWith(columns, values);
  const found = recognise(fields.keys(), fields);
  if ('problem' in found) return undefined;
  const row = readRow(found.format, fields);
  return { format: found.format.name, row: 'kept' in row ? undefined : row };
}

function problemOf(columns: string, values: readonly string[] = []): string | undefined {
  const fields = fieldsWith(columns, values);
  const found = recognise(fields.keys(), fields);
  return 'problem' in found ? found.problem : undefined;
}

const CASES: readonly (readonly [string, string, readonly string[], object | undefined, string])[] = [
  ['ses', 'EmailAddress,Reason,LastUpdateTime', ['a@x.example', 'COMPLAINT', '2026-03-01T10:00:00Z'], { kind: 'complaint' }, 'complained'],
  ['ses', 'EmailAddress,Reason,LastUpdateTime', ['a@x.example', 'BOUNCE', '2026-03-01T10:00:00Z'], { kind: 'bounce' }, 'suppress'],
  [
    'sendgrid-bounces',
    'status,reason,email,created',
    ['5.1.1', '550 5.1.1 The email account that you tried to reach does not exist', 'a@x.example', '1772359200'],
    { kind: 'bounce' },
    'bounced',
  ],
  [
    'sendgrid-bounces',
    'email,created,reason',
    ['a@x.example', '1772359200', '550 5.7.1 blocked by our policy'],
    { kind: 'bounce', mixed: true },
    'suppress',
  ],
  ['sendgrid-spam-reports', 'email,ip,created', ['a@x.example', '192.0.2.1', '1772359200'], { kind: 'complaint' }, 'complained'],
  ['sendgrid-unsubscribes', 'email,created', ['a@x.example', '1772359200'], { kind: 'unsubscribe' }, 'suppress'],
  [
    'mailgun-bounces',
    'address,code,error,created_at',
    ['a@x.example', '550', '5.1.1 No such user', 'Sun, 01 Mar 2026 10:00:00 UTC'],
    { kind: 'bounce' },
    'bounced',
  ],
  ['mailgun-complaints', 'address,created_at', ['a@x.example', 'Sun, 01 Mar 2026 10:00:00 UTC'], { kind: 'complaint' }, 'complained'],
  [
    'mailgun-unsubscribes',
    'address,tags,created_at',
    ['a@x.example', '*', 'Sun, 01 Mar 2026 10:00:00 UTC'],
    { kind: 'unsubscribe' },
    'suppress',
  ],
  [
    'postmark',
    'EmailAddress,SuppressionReason,Origin,CreatedAt',
    ['a@x.example', 'HardBounce', 'Recipient', '2026-03-01T05:00:00-05:00'],
    { kind: 'bounce' },
    'suppress',
  ],
  [
    'postmark',
    'EmailAddress,SuppressionReason,Origin,CreatedAt',
    ['a@x.example', 'ManualSuppression', 'Customer', '2026-03-01T05:00:00-05:00'],
    { kind: 'other' },
    'suppress',
  ],
  [
    'sparkpost',
    'recipient,type,source,description,created',
    ['a@x.example', 'non_transactional', 'Bounce Rule', '550 5.1.1 unknown user', '2026-03-01T10:00:00+00:00'],
    { kind: 'bounce' },
    'bounced',
  ],
  [
    'sparkpost',
    'recipient,type,source,description,created',
    ['a@x.example', 'transactional', 'Spam Complaint', '', '2026-03-01T10:00:00+00:00'],
    { kind: 'complaint' },
    'complained',
  ],
  [
    'mandrill',
    'email,reason,detail,created_at,expires_at',
    ['a@x.example', 'hard-bounce', '550 5.1.1 no such user', '2026-03-01 10:00:00', ''],
    { kind: 'bounce' },
    'bounced',
  ],
  [
    'mandrill',
    'email,reason,detail,created_at,expires_at',
    ['a@x.example', 'soft-bounce', 'full', '2026-03-01 10:00:00', '2026-03-05 10:00:00'],
    { kind: 'bounce', expiresAt: AT + 4 * 86_400_000 },
    'suppress',
  ],
  [
    'brevo',
    'email,senderEmail,reasonCode,blockedAt',
    ['a@x.example', 's@y.example', 'contactFlaggedAsSpam', '2026-03-01T11:00:00+01:00'],
    { kind: 'complaint' },
    'complained',
  ],
  [
    'mailjet',
    'Email,Name,IsExcludedFromCampaigns,IsSpamComplaining,UnsubscribedAt',
    ['a@x.example', 'A', 'true', 'false', '2026-03-01T10:00:00Z'],
    { kind: 'unsubscribe' },
    'suppress',
  ],
  [
    'mailjet',
    'Email,Name,IsExcludedFromCampaigns,IsSpamComplaining,UnsubscribedAt',
    ['a@x.example', 'A', 'false', 'false', ''],
    undefined,
    '',
  ],
  [
    'resend',
    'id,email,first_name,created_at,unsubscribed',
    ['1', 'a@x.example', 'A', '2026-03-01 10:00:00+00', 'true'],
    { kind: 'unsubscribe' },
    'suppress',
  ],
  ['resend', 'id,email,first_name,created_at,unsubscribed', ['1', 'a@x.example', 'A', '2026-03-01 10:00:00+00', 'false'], undefined, ''],
  [
    'desist',
    'tenant,address,scope,reason,category,since,expires_at,reply',
    ['acme', 'a@x.example', 'news', 'unsubscribe', '', '2026-03-01T10:00:00.000Z', '', ''],
    { kind: 'unsubscribe', scope: 'news', tenant: 'acme' },
    'unsubscribed',
  ],
  ['plain', 'Email', ['a@x.example'], { kind: 'other', at: null }, 'suppress'],
  ['plain', 'address,created_at', ['a@x.example', '2026-03-01T10:00:00Z'], { kind: 'other' }, 'suppress'],
  [
    'plain',
    'address,scope,reason,created_at,email_id',
    ['a@x.example', 'stream:news', 'unsubscribe', '2026-03-01T10:00:00Z', ''],
    { kind: 'unsubscribe', scope: 'news' },
    'unsubscribed',
  ],
  ['plain', 'email,reason,date_added', ['a@x.example', '550 5.1.1 no such user', '2026-03-01 10:00:00'], { kind: 'bounce' }, 'bounced'],
  ['plain', 'uuid,email,name,status,created_at', ['u', 'a@x.example', 'A', 'blocklisted', '2026-03-01'], { kind: 'other' }, 'suppress'],
  ['plain', 'uuid,email,name,status,created_at', ['u', 'a@x.example', 'A', 'enabled', '2026-03-01'], undefined, ''],
  ['plain', 'email,accepts_marketing,unsubscribed', ['a@x.example', 'yes', 'false'], undefined, ''],
  ['plain', 'email,do_not_email,date', ['a@x.example', '1', '2026-03-01T10:00:00Z'], { kind: 'unsubscribe' }, 'suppress'],
  [
    'mailchimp-unsubscribed',
    'Email Address,OPTIN_TIME,UNSUB_TIME',
    ['a@x.example', '2020-01-01 00:00:00', '2026-03-01 10:00:00'],
    { kind: 'unsubscribe' },
    'suppress',
  ],
  [
    'mailchimp-cleaned',
    'Email Address,OPTIN_TIME,CLEAN_TIME',
    ['a@x.example', '2020-01-01 00:00:00', '2026-03-01 10:00:00'],
    { kind: 'bounce' },
    'suppress',
  ],
  [
    'sendgrid-groups',
    'email,group_id,group_name,created_at',
    ['a@x.example', '1', 'Weekly News', '1772359200'],
    { scope: 'weekly-news' },
    'unsubscribed',
  ],
  [
    'sparkpost',
    'recipient,type,source,description,created',
    ['a@x.example', 'non_transactional', 'Unsubscribe Link', 'x', '2026-03-01T10:00:00+00:00'],
    { scope: 'non_transactional' },
    'unsubscribed',
  ],
  [
    'telnyx',
    'to,from,reason,source,scope,status,created_at,group_id',
    ['a@x.example', 's@x.example', 'unsubscribe', 'w', 'group', 'active', '2026-03-01T10:00:00Z', 'g'],
    { scope: 'group-g' },
    'unsubscribed',
  ],
  [
    'telnyx',
    'to,from,reason,source,scope,status,created_at,group_id',
    ['a@x.example', 's@x.example', 'bounce', 'w', 'account', 'removed', '2026-03-01T10:00:00Z', ''],
    undefined,
    '',
  ],
  [
    'mautic',
    'id,lead_id,email,date_added,reason,channel,comments',
    ['1', '7', 'a@x.example', '2026-03-01 10:00:00', '2', 'email', '550 5.1.1 no such user'],
    { kind: 'bounce' },
    'bounced',
  ],
  [
    'mautic',
    'id,lead_id,email,date_added,reason,channel,comments',
    ['1', '7', 'a@x.example', '2026-03-01 10:00:00', '1', 'sms', 'stop'],
    undefined,
    '',
  ],
  [
    'mandrill',
    'Email,Reason,Detail,Created,Last Event,Expires,Expired',
    ['a@x.example', 'spam', '', '2026-03-01 10:00:00', '', '', 'no'],
    { kind: 'complaint' },
    'complained',
  ],
  [
    'mandrill',
    'Email,Reason,Detail,Created,Last Event,Expires,Expired',
    ['a@x.example', 'soft-bounce', '', '2026-03-01 10:00:00', '', '2026-03-02 10:00:00', 'yes'],
    undefined,
    '',
  ],
  ['ses', 'Email address,Reason,Date added', ['a@x.example', 'Bounce', 'March 1, 2026, 12:00 (UTC+02:00)'], { kind: 'bounce' }, 'suppress'],
  [
    'postmark-bounces',
    'ID,Type,Email,Details,BouncedAt,Inactive',
    ['1', 'HardBounce', 'a@x.example', '', '2026-03-01T10:00:00Z', 'true'],
    { kind: 'bounce' },
    'suppress',
  ],
  [
    'postmark-bounces',
    'ID,Type,Email,Details,BouncedAt,Inactive',
    ['1', 'Transient', 'a@x.example', '', '2026-03-01T10:00:00Z', 'false'],
    undefined,
    '',
  ],
];
/** Times that are dates only. */
const DAY = AT - 10 * 3_600_000;

describe('formats', () => {
  test.each(CASES)('%s: %s (%j)', (...[format, columns, values, wanted, type]) => {
    const found = read(columns, values);
    expect(found?.format).toBe(format);
    if (wanted === undefined) {
      expect(found?.row).toBeUndefined();
      return;
    }
    expect(found?.row).toMatchObject({ address: 'a@x.example', at: values.includes('2026-03-01') ? DAY : AT, ...wanted });
    const { command, value } = recordOf(
      { row: found!.row!, format, address: asAddress('a@x.example'), tenant: undefined },
      { importedAt: AT },
    );
    expect(value).toMatchObject({ type, occurredAt: `2026-03-01T${values.includes('2026-03-01') ? '00' : '10'}:00:00.000Z` });
    expect(command).toBe(type === 'suppress');
    if (command) expect(value).toMatchObject({ by: `import:${format}`, note: expect.stringContaining(format) as string });
  });

  describe('our own export, imported again, keeps who made an entry, why, from where and until when', () => {
    const columns = 'tenant,address,scope,reason,since,expires_at,reply,created_by,note,source,subdomains';
    const imported = (address: string, more: readonly string[]) => {
      const { row } = read(columns, ['acme', address, ...more])!;
      return recordOf({ row: row as ListRow, format: 'desist', address: asAddress(address), tenant: 'acme' }, { importedAt: AT, by: 'me' });
    };
    const since = '2026-03-01T10:00:00.000Z';
    const until = '2027-03-01T10:00:00.000Z';

    test("an operator's entry, of an address and of a domain", () => {
      const { value, amend } = imported('a@x.example', ['*', 'operator', since, until, '', 'alice', "'=why", 'crm', 'false']);
      expect(value).toEqual({
        ...{ version: 1, tenant: 'acme', recipient: 'a@x.example', occurredAt: since, type: 'suppress', scope: '*' },
        ...{ expiresAt: until, by: 'alice', note: '=why', source: 'crm' },
      });
      expect(amend).toBeUndefined();
      const domain = imported('@x.example', ['news', 'operator', since, '', '', 'alice', '', '', 'true']);
      expect(domain.value).toEqual({
        ...{ version: 1, tenant: 'acme', recipient: '@x.example', occurredAt: since, type: 'suppress', scope: 'news' },
        ...{ by: 'alice', subdomains: true },
      });
    });

    test('a complaint with a note and an end, and a hard bounce', () => {
      const complaint = imported('a@x.example', ['*', 'complaint', since, until, '', '', 'asked', 'ses', '']);
      expect(complaint.value).toMatchObject({ type: 'complained', source: 'ses' });
      expect(complaint.amend).toMatchObject({
        type: 'amend',
        reason: 'complaint',
        scope: '*',
        note: 'asked',
        expiresAt: until,
        force: true,
      });
      const bounce = imported('a@x.example', ['*', 'hard_bounce', since, '', '550 5.1.1 User unknown', '', '', 'kumomta', '']);
      expect(bounce).toMatchObject({ command: false, value: { type: 'bounced', source: 'kumomta' } });
      expect(bounce.amend).toBeUndefined();
    });

    test('a list of domains of somebody else', () => {
      const { row, format } = read('email,subdomains,reason', ['@X.example', 'yes', 'competitor'])!;
      const record = recordOf({ row: row as ListRow, format, address: asAddress('@x.example'), tenant: undefined }, { importedAt: AT });
      expect(record.value).toMatchObject({
        type: 'suppress',
        recipient: '@x.example',
        subdomains: true,
        source: 'import:plain',
        by: 'import:plain',
      });
    });
  });

  test('columns without an address are not a suppression list', () => {
    expect(problemOf('name,created')).toContain('no known list format has these columns (name, created)');
  });

  test('columns of events are not a suppression list, whatever other columns there are', () => {
    for (const columns of [
      'version,type,recipient,occurredAt,source',
      'email,event,timestamp',
      'recipient,eventType',
      'address,recordType',
      'st_text,ts,sub,frm,email',
      'email,subject,status',
    ])
      expect(problemOf(columns), columns).toMatch(/columns of events/);
  });

  test('contacts with a column of consent are not a suppression list', () => {
    for (const columns of [
      'Email Address,First Name,MEMBER_RATING,OPTIN_TIME',
      'email,subscribed',
      'Email,Accepts Email Marketing',
      'email,marketing_consent,reason',
    ])
      expect(problemOf(columns), columns).toMatch(/contacts who may have agreed/);
  });

  test('what could be two things is an error that names both', () => {
    expect(problemOf('email,recipient,reason')).toContain('addresses may be in email or in recipient');
    expect(problemOf('email,blocked_at,unsubscribed,is_excluded_from_campaigns')).toContain('brevo and of mailjet');
  });

  test('chosen columns are read whatever the list is', () => {
    const fields = fieldsWith('E-mail,Cause,Added,Group,Client', ['A <a@x.example>', 'opt-out', '01.03.2026', 'Daily Deals', 'acme']);
    const format = chosenFormat(
      new Map([
        ['address', 'email'],
        ['reason', 'cause'],
        ['since', 'added'],
        ['scope', 'group'],
        ['tenant', 'client'],
      ] as const),
    );
    expect(readRow(format, fields)).toMatchObject({
      address: 'a@x.example',
      kind: 'unsubscribe',
      scope: 'daily-deals',
      tenant: 'acme',
      at: null,
      timeless: true,
    });
  });

  test("a reply that is the sender's or the message's trouble suppresses nobody", () => {
    const bounce = (reason: string, columns = 'email,created,reason'): string | undefined => {
      const { row } = read(columns, ['a@x.example', '1772359200', reason])!;
      return troubleOf(row!, asAddress('a@x.example'));
    };
    expect(bounce('550 5.7.1 Service unavailable; Client host [192.0.2.66] blocked using bl.spamcop.net')).toContain('ip_reputation');
    expect(bounce('554 5.7.1 message looks like spam')).toMatch(/message|sender/);
    expect(bounce('452 4.2.2 the account is over quota')).toContain('temporary');
    expect(bounce('Message Delayed for 72 hours; error dialing remote address: i/o timeout')).toContain('the network');
    expect(bounce('550 5.1.1 no such user')).toBeUndefined();
    expect(bounce('Known bad domain')).toBeUndefined();
    // A list of nothing but suppressions says so by itself, unless the reply speaks of the sender.
    expect(bounce('552 5.2.2 mailbox full', 'email,date,reason')).toBeUndefined();
    expect(bounce('550 5.7.1 blocked using bl.spamcop.net', 'email,date,reason')).toContain('sender');
  });

  test.each([
    ['550 blocked as spam content', 'bounce'],
    ['spam', 'complaint'],
    ['contactFlaggedAsSpam', 'complaint'],
    ['spam_report', 'complaint'],
    ['hard-bounce', 'bounce'],
    ['optedOut', 'unsubscribe'],
    ['manual', 'other'],
  ])('%j is the reason %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  test.each([
    ['', '*'],
    ['account', '*'],
    ['stream:marketing', 'marketing'],
    ['Weekly News!', 'weekly-news'],
    ['non_transactional', 'non_transactional'],
    ['!!', undefined],
  ])('%j is the scope %s', (text, scope) => {
    expect(scopeOf(text)).toBe(scope);
  });

  test('every table with a tenant column gives the tenant of each row', () => {
    const [acme, nobody] = [
      ['a@x.example', 'acme'],
      ['a@x.example', ''],
    ].map((values) => read('email,tenant', values)?.row);
    expect([acme?.tenant, nobody?.tenant]).toEqual(['acme', null]);
  });

  test('an apostrophe that prevents a spreadsheet formula is not part of the address', () => {
    expect(read('address', ["'=cmd@x.example"])?.row?.address).toBe('=cmd@x.example');
    expect(read('address', ["'o@x.example"])?.row?.address).toBe("'o@x.example");
  });

  test('nested JSON of an API is read like a table, with joined names', () => {
    const fields = fieldsOf({ email: 'a@x.example', reason: { code: 'hardBounce', message: 'x' }, blockedAt: '2026-03-01T10:00:00Z' });
    const found = recognise(fields.keys(), fields);
    const format = 'format' in found ? found.format : undefined;
    expect([format?.name, readRow(format!, fields)]).toMatchObject(['brevo', { kind: 'bounce' }]);
  });

  test('an unsubscribe of a named stream applies to that stream only', () => {
    const { row } = read('email,created', ['a@x.example', '1772359200'])!;
    const imported = { row: row!, format: 'x', address: asAddress('a@x.example'), tenant: 'acme' };
    expect(recordOf(imported, { stream: 'news', importedAt: AT }).value).toMatchObject({
      type: 'unsubscribed',
      stream: 'news',
      tenant: 'acme',
    });
  });

  test.each(['', 'yesterday', '2026-03-01T10:00', '03/01/2026', '2026-13-01T00:00:00Z'])('%j is no moment', (text) => {
    expect(momentOf(text)).toBeNull();
  });
});
