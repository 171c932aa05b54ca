/** Lists as providers export them, recognised by their columns; and what a row of each is worth. */
import { describe, expect, test } from 'vitest';
import { recordOf } from './commands/import.ts';
import { columnName, fieldsOf, formatOf, momentOf, readRow } from './lists.ts';

const AT = Date.parse('2026-03-01T10:00:00.000Z');

function read(columns: string, values: readonly string[]) {
  const names = columns.split(',').map(columnName);
  const format = formatOf(names);
  if (format === undefined) return undefined;
  return { format: format.name, row: readRow(format, new Map(names.map((name, index) => [name, values[index] ?? '']))) };
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
    { kind: 'bounce' },
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
    { kind: 'unsubscribe', scope: 'news' },
    'unsubscribed',
  ],
  ['plain', 'Email', ['a@x.example'], { kind: 'other', at: null }, 'suppress'],
];

describe('formats', () => {
  test.each(CASES)('%s: %s (%j)', (format, columns, values, wanted, type) => {
    const found = read(columns, values);
    expect(found?.format).toBe(format);
    if (wanted === undefined) {
      expect(found?.row).toBeUndefined();
      return;
    }
    expect(found?.row).toMatchObject({ address: 'a@x.example', at: AT, ...wanted });
    const { command, value } = recordOf(found!.row!, format, 'a@x.example', AT, {});
    expect(value).toMatchObject({ type, occurredAt: '2026-03-01T10:00:00.000Z' });
    expect(command).toBe(type === 'suppress');
    if (command) expect(value).toMatchObject({ by: `import:${format}`, note: expect.stringContaining(format) as string });
  });

  test('columns that name nobody are no list', () => {
    expect(formatOf(['name', 'created'])).toBeUndefined();
  });

  test('an answer of an interface reads like a table: inner names are joined', () => {
    const fields = fieldsOf({ email: 'a@x.example', reason: { code: 'hardBounce', message: 'x' }, blockedAt: '2026-03-01T10:00:00Z' });
    const format = formatOf(fields.keys());
    expect([format?.name, readRow(format!, fields)?.kind]).toEqual(['brevo', 'bounce']);
  });

  test('an unsubscribe of a named stream is one of that stream, and no wider', () => {
    const { row } = read('email,created', ['a@x.example', '1772359200'])!;
    expect(recordOf(row!, 'x', 'a@x.example', AT, { stream: 'news' }).value).toMatchObject({ type: 'unsubscribed', stream: 'news' });
  });

  test.each(['', 'yesterday', '2026-03-01T10:00', '03/01/2026', '2026-13-01T00:00:00Z'])('%j is no moment', (text) => {
    expect(momentOf(text)).toBeNull();
  });
});
