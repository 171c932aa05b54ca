import type { FormatCases } from '../cases.ts';

const element = (type: string, more: object = {}): object => ({
  type,
  created_at: '2026-03-01T10:00:00.126Z',
  data: {
    created_at: '2026-03-01T09:59:00.894719+00:00',
    email_id: 'm-1',
    from: 'Acme <news@example.org>',
    to: ['Ann <a@example.com>'],
    ...more,
  },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.126Z', message_id: 'm-1' };
const two = { to: ['a@example.com', 'b@example.com'] };
const bounce = (type: string | undefined, subType: string | undefined, message = 'refused'): object => ({
  bounce: { type, subType, message },
});

export const resend: FormatCases = {
  format: 'resend',
  cases: [
    {
      name: 'a bounce by its type; the id is in the header',
      payload: [
        element('email.bounced', bounce('Permanent', 'General')),
        element('email.bounced', bounce('Transient', 'MailboxFull')),
        element('email.bounced', bounce('Undetermined', 'Undetermined')),
      ],
      context: { headers: { 'svix-id': 'msg_1' } },
      outcomes: [true, false, undefined].map((permanent) => ({
        ...told,
        type: 'bounced',
        event_id: 'msg_1',
        diagnostic: 'refused',
        ...(permanent === undefined ? {} : { permanent }),
      })),
    },
    {
      name: 'a contact that has unsubscribed, one that has not, and an event that nobody has described',
      payload: [
        { type: 'contact.updated', created_at: '2026-03-01T10:00:00.126Z', data: { id: 'c', email: 'a@example.com', unsubscribed: true } },
        { type: 'contact.updated', created_at: '2026-03-01T10:00:00.126Z', data: { id: 'c', email: 'a@example.com', unsubscribed: false } },
        { type: 'email.teleported', created_at: '2026-03-01T10:00:00.126Z', data: {} },
      ],
      outcomes: [
        { type: 'unsubscribed', recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.126Z' },
        { ignored: 'contact.updated' },
        { ignored: 'email.teleported' },
      ],
    },
    {
      name: 'its own list',
      payload: [
        element('email.bounced', bounce('Permanent', 'OnAccountSuppressionList')),
        element('email.bounced', bounce('Permanent', 'Suppressed')),
        element('email.suppressed', { suppressed: { message: 'on the suppression list', type: 'OnAccountSuppressionList' } }),
        element('email.failed', { failed: { reason: 'reached_daily_quota' } }),
      ],
      outcomes: ['refused', 'refused', 'on the suppression list', 'reached_daily_quota'].map((diagnostic) => ({
        ...told,
        type: 'rejected',
        diagnostic,
      })),
    },
    {
      name: 'of two recipients none is meant for certain, but both were accepted',
      payload: [
        element('email.bounced', { ...two, ...bounce('Permanent', 'General', '550 5.1.1 user unknown') }),
        element('email.sent', two),
        element('email.complained', two),
      ],
      outcomes: [
        ...['a', 'b'].map((name) => ({
          ...told,
          recipient: `${name}@example.com`,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 user unknown',
          permanent: true,
          certain: false as const,
        })),
        ...['a', 'b'].map((name) => ({ ...told, recipient: `${name}@example.com`, type: 'accepted' })),
        ...['a', 'b'].map((name) => ({ ...told, recipient: `${name}@example.com`, type: 'complained', certain: false as const })),
      ],
    },
    {
      name: 'the reply before the prose, where it is given',
      payload: element('email.bounced', {
        bounce: {
          type: 'Permanent',
          subType: 'General',
          message: 'The mailbox does not exist.',
          diagnosticCode: ['smtp; 550 5.1.1 user unknown'],
        },
      }),
      outcomes: [
        {
          ...told,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'smtp; 550 5.1.1 user unknown\nThe mailbox does not exist.',
          permanent: true,
        },
      ],
    },
    {
      name: 'everything else; tags as an object and as a list',
      payload: [
        element('email.delivered', { tags: { desist_tenant: 'acme' } }),
        element('email.delivery_delayed', { tags: [{ name: 'desist_stream', value: 'news' }] }),
        element('email.complained'),
        element('email.opened'),
        element('email.scheduled'),
        element('email.received'),
        element('contact.updated'),
        element('domain.created'),
        element('email.bounced', { to: [] }),
        { ...element('email.sent'), created_at: 'now' },
        { data: {} },
      ],
      outcomes: [
        { ...told, type: 'delivered', tenant: 'acme' },
        { ...told, type: 'deferred', permanent: false, stream: 'news' },
        { ...told, type: 'complained' },
        ...['email.opened', 'email.scheduled', 'email.received', 'contact.updated', 'domain.created'].map((what) => ({ ignored: what })),
        { problem: 'no_recipient' },
        { problem: 'invalid' },
        { problem: 'invalid' },
      ],
    },
  ],
};
