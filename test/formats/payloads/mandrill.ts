import type { FormatCases } from '../cases.ts';

const element = (event: string, msg: object = {}, more: object = {}): object => ({
  event,
  _id: 'm-1',
  ts: 1772359200,
  msg: { ts: 1772350000, email: 'a@example.com', _id: 'm-1', sender: 'news@example.org', diag: null, bounce_description: null, ...msg },
  ...more,
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };
const all = [
  element('send', { metadata: { desist_stream: 'news' } }),
  element('deferral', {
    smtp_events: [
      { ts: 1, diag: '450 4.1.1 first' },
      { ts: 2, diag: '451 4.3.5 Temporarily unavailable' },
    ],
  }),
  element('soft_bounce', { diag: 'smtp;552 5.2.2 Over Quota' }),
  element('hard_bounce', { bounce_description: 'bad_mailbox' }),
  element('spam'),
  element('unsub'),
  element('reject', { reject: { reason: 'hard-bounce' } }),
  element('delivered', { diag: '250 OK' }),
  element('click'),
  { type: 'whitelist', action: 'add', entry: { email: 'a@example.com' } },
  element('inbound'),
  element('send', { email: undefined }),
  element('send', {}, { ts: undefined }),
  { _id: 'm-1' },
];
const outcomes: FormatCases['cases'][number]['outcomes'] = [
  { ...told, type: 'accepted', stream: 'news' },
  {
    ...told,
    type: 'deferred',
    smtp_code: 451,
    enhanced_status: '4.3.5',
    diagnostic: '451 4.3.5 Temporarily unavailable',
    permanent: false,
  },
  { ...told, type: 'bounced', smtp_code: 552, enhanced_status: '5.2.2', diagnostic: 'smtp;552 5.2.2 Over Quota', permanent: false },
  { ...told, type: 'bounced', diagnostic: 'bad_mailbox', permanent: true },
  { ...told, type: 'complained' },
  { ...told, type: 'unsubscribed' },
  { ...told, type: 'rejected', diagnostic: 'hard-bounce' },
  { ...told, type: 'delivered', smtp_code: 250, diagnostic: '250 OK' },
  { ...told, type: 'engaged', kind: 'click' },
  { ignored: 'whitelist' },
  { ignored: 'inbound: no answer to a message' },
  { problem: 'no_recipient' },
  { problem: 'invalid' },
  { problem: 'invalid' },
];

export const mandrill: FormatCases = {
  format: 'mandrill',
  cases: [
    { name: 'good ones alone', payload: all.slice(0, 9), outcomes: outcomes.slice(0, 9) },
    { name: 'every type, decoded', payload: all, outcomes },
    { name: 'every type, as the form field', payload: new URLSearchParams({ mandrill_events: JSON.stringify(all) }).toString(), outcomes },
    { name: 'the test post of a new webhook', payload: 'mandrill_events=%5B%5D', outcomes: [] },
    { name: 'a form field that is no JSON', payload: 'mandrill_events=garbage', outcomes: [{ problem: 'invalid' }] },
  ],
};
