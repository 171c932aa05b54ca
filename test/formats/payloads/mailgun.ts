import type { FormatCases } from '../cases.ts';

const status = { code: 550, message: '5.1.1 The account does not exist', description: '', 'mx-host': 'mx.example.com', 'attempt-no': 2 };
const failed = {
  event: 'failed',
  id: 'i-1',
  timestamp: 1772359200.908181,
  severity: 'permanent',
  reason: 'bounce',
  recipient: 'a@example.com',
  message: { headers: { 'message-id': 'm-1@example.org', to: 'a@example.com' } },
  'delivery-status': status,
};
const data = (more: object): object => ({
  signature: { timestamp: '1772359201', token: 't', signature: 's' },
  'event-data': { ...failed, ...more },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.908Z', message_id: 'm-1@example.org', event_id: 'i-1' };
const said = { smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '5.1.1 The account does not exist' };
const form = (fields: Readonly<Record<string, string>>): string =>
  new URLSearchParams({ timestamp: '1772359200', token: 't', recipient: 'a@example.com', ...fields }).toString();
const formTold = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z' };
const old = { code: 498, message: '', description: 'Too old' };

export const mailgun: FormatCases = {
  format: 'mailgun',
  cases: [
    { name: 'permanent failure', payload: data({}), outcomes: [{ ...told, ...said, type: 'bounced', permanent: true }] },
    {
      name: 'temporary failure is no bounce',
      payload: data({ severity: 'temporary' }),
      outcomes: [{ ...told, ...said, type: 'deferred', permanent: false }],
    },
    ...['temporary', 'permanent'].map((severity) => ({
      name: `too old is the expiry, with severity ${severity}`,
      payload: data({ severity, reason: 'old', 'delivery-status': old }),
      outcomes: [{ ...told, type: 'expired', smtp_code: 498, diagnostic: 'Too old', permanent: false }],
    })),
    ...[605, 606, 607].map((code) => ({
      name: `${code} is Mailgun's own list and no reply code`,
      payload: data({ reason: 'generic', 'delivery-status': { code, message: '', description: 'Not delivering' } }),
      outcomes: [{ ...told, type: 'rejected', diagnostic: 'Not delivering' }],
    })),
    {
      name: 'suppress-complaint, without a code',
      payload: data({
        reason: 'suppress-complaint',
        'delivery-status': { message: 'Not delivering to a user who marked your messages as spam' },
      }),
      outcomes: [{ ...told, type: 'rejected', diagnostic: 'Not delivering to a user who marked your messages as spam' }],
    },
    {
      name: 'rejected: who is in the message, the envelope or the To header, each on its own',
      payload: [
        { message: { headers: {}, recipients: ['a@example.com', 'b@example.com'] } },
        { message: { headers: {} }, envelope: { targets: 'a@example.com' } },
        { message: { headers: { to: '"Doe, Ann" <a@example.com>, b@example.com' } } },
        { message: { headers: { to: '"Doe, a@example.com, b@example.com' } } },
        { message: {} },
      ].map((more) => ({
        event: 'rejected',
        timestamp: 1772359200.5,
        'log-level': 'warn',
        reject: { reason: 'Sandbox', description: '' },
        ...more,
      })),
      outcomes: [
        ...['a', 'b', 'a', 'a', 'b', 'a', 'b'].map((name) => ({
          recipient: `${name}@example.com`,
          occurred_at: '2026-03-01T10:00:00.500Z',
          type: 'rejected',
          diagnostic: 'Sandbox',
        })),
        { problem: 'no_recipient' },
      ],
    },
    {
      name: 'a page of the Events API; user variables that are no object; test of every other type',
      payload: {
        items: [
          { ...failed, event: 'delivered', 'user-variables': 'too long to show', 'delivery-status': { code: 250, message: 'OK' } },
          { ...failed, event: 'complained', 'delivery-status': undefined, 'user-variables': { desist_tenant: 'acme' } },
          { ...failed, event: 'unsubscribed', 'delivery-status': undefined },
          { ...failed, event: 'accepted', 'delivery-status': undefined },
          { ...failed, event: 'opened' },
          { ...failed, event: 'list_member_uploaded' },
          { ...failed, timestamp: 'x' },
        ],
        paging: { next: 'https://api.mailgun.net/' },
      },
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, diagnostic: 'OK' },
        { ...told, type: 'complained', tenant: 'acme' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'accepted' },
        { ignored: 'opened' },
        { ignored: 'list_member_uploaded' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'form: bounced with a soft code',
      payload: form({ event: 'bounced', code: '452', error: '452 4.2.2 mailbox full', 'Message-Id': '<m-1@example.org>' }),
      outcomes: [
        {
          ...formTold,
          type: 'bounced',
          message_id: 'm-1@example.org',
          smtp_code: 452,
          enhanced_status: '4.2.2',
          diagnostic: '452 4.2.2 mailbox full',
          permanent: false,
        },
      ],
    },
    {
      name: 'form: too old',
      payload: form({ event: 'dropped', reason: 'old', code: '499', description: 'Unable to connect' }),
      outcomes: [{ ...formTold, type: 'expired', smtp_code: 499, diagnostic: 'Unable to connect', permanent: false }],
    },
    {
      name: 'form: dropped after a refusal',
      payload: form({ event: 'dropped', reason: 'hardfail', code: '550', description: 'no such user' }),
      outcomes: [{ ...formTold, type: 'bounced', smtp_code: 550, diagnostic: 'no such user', permanent: true }],
    },
    ...(['delivered', 'complained', 'unsubscribed'] as const).map((event) => ({
      name: `form: ${event}`,
      payload: form({ event }),
      outcomes: [{ ...formTold, type: event }],
    })),
    { name: 'form: opened', payload: form({ event: 'opened' }), outcomes: [{ ignored: 'opened' }] },
    {
      name: 'form in parts',
      payload: [
        'event',
        'bounced',
        'recipient',
        'a@example.com',
        'timestamp',
        '1772359200',
        'token',
        't',
        'code',
        '550',
        'error',
        '550 no such user',
      ]
        .reduce<string[]>(
          (parts, text, index) =>
            index % 2 === 0 ? [...parts, `--xYz\r\nContent-Disposition: form-data; name="${text}"\r\n\r\n`] : [...parts, `${text}\r\n`],
          [],
        )
        .concat('--xYz\r\nContent-Disposition: form-data; name="attachment-1"; filename="a.eml"\r\n\r\nevent=opened\r\n--xYz--\r\n')
        .join(''),
      outcomes: [{ ...formTold, type: 'bounced', smtp_code: 550, diagnostic: '550 no such user', permanent: true }],
    },
  ],
};
