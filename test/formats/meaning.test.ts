/** From payloads to the suppression list: what suppresses, and what must never suppress. */
import { providerOf } from '@desist/verdicts';
import { formatOf } from '@desist/formats';
import type { Format, FormatName } from '@desist/formats';
import { DEFAULT_POLICY } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import { describe, expect, it } from 'vitest';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const DAY = 86_400;
const START = 1772359200;
const CONTEXT = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-11-25T00:00:00Z') };

/** `address: reason` of everything that is suppressed at the end, a week after the last event. */
function suppressedBy(name: FormatName, document: unknown): readonly string[] {
  const normalised = (formatOf(name) as Format).normalise(Buffer.from(JSON.stringify(document)), CONTEXT);
  const events = normalised.flatMap((one) => (one.kind === 'event' ? [one.event] : []));
  expect(normalised.filter(({ kind }) => kind === 'problem')).toEqual([]);
  expect(events.length).toBeGreaterThan(0);
  const until = Math.max(...events.map(({ occurredAt }) => occurredAt)) + 7 * DAY * 1_000;
  const replay = createReplay({ policies: POLICIES, providerOf, until });
  for (const event of events) replay.fold(event);
  replay.finish();
  return [...replay.notHealthy()].flatMap(({ address, view }) => view.suppressions.map(({ reason }) => `${address}: ${reason}`));
}

const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString();

describe('SendGrid', () => {
  const bounce = (type: string, days: number, reason: string): object => ({
    event: 'bounce',
    type,
    email: 'a@example.com',
    timestamp: START + days * DAY,
    sg_event_id: `e-${days}`,
    sg_message_id: `m-${days}`,
    reason,
    status: '5.1.1',
  });
  const days = [0, 1, 2, 3, 4, 5, 6];

  it('a bounce of an unknown user suppresses', () => {
    expect(suppressedBy('sendgrid', [bounce('bounce', 0, '550 5.1.1 user unknown')])).toEqual(['a@example.com: hard_bounce']);
  });

  it.each(['550 5.1.1 user unknown', '552 5.2.2 mailbox full', '554 blocked using a list', ''])(
    'a week of blocks never suppresses, whatever the replies say: %s',
    (reason) => {
      expect(
        suppressedBy(
          'sendgrid',
          days.map((day) => bounce('blocked', day, reason)),
        ),
      ).toEqual([]);
    },
  );

  it('entries of its own suppression list are not evidence, however often it refuses', () => {
    expect(
      suppressedBy(
        'sendgrid',
        days.map((day) => ({ ...bounce('', day, 'Bounced Address'), event: 'dropped' })),
      ),
    ).toEqual([]);
  });
});

describe('Amazon SES', () => {
  const complaint = (recipients: readonly string[]): object => ({
    eventType: 'Complaint',
    mail: { messageId: 'm', timestamp: iso(START), destination: recipients },
    complaint: { complainedRecipients: recipients.map((emailAddress) => ({ emailAddress })), timestamp: iso(START), feedbackId: 'f' },
  });

  it('a complaint with a single possible recipient suppresses the recipient', () => {
    expect(suppressedBy('ses', complaint(['a@example.com']))).toEqual(['a@example.com: complaint']);
  });

  it('with several candidates, none is suppressed', () => {
    expect(suppressedBy('ses', complaint(['a@example.com', 'b@example.com', 'c@example.com']))).toEqual([]);
  });

  const bounce = (bounceType: string, bounceSubType: string, diagnosticCode?: string): object => ({
    eventType: 'Bounce',
    mail: { messageId: 'm', timestamp: iso(START) },
    bounce: {
      bounceType,
      bounceSubType,
      bouncedRecipients: [{ emailAddress: 'a@example.com', diagnosticCode }],
      timestamp: iso(START),
      feedbackId: 'f',
    },
  });

  it.each([
    ['Permanent', 'General', 'smtp; 550 5.1.1 user unknown', ['a@example.com: hard_bounce']],
    [
      'Permanent',
      'OnAccountSuppressionList',
      'Amazon SES did not send the message to this address because it is on the suppression list',
      [],
    ],
    ['Permanent', 'Suppressed', 'smtp; 550 5.1.1 user unknown', []],
    ['Transient', 'General', undefined, []],
  ])('%s %s, %s', (type, subType, text, suppressed) => {
    expect(suppressedBy('ses', bounce(type, subType, text))).toEqual(suppressed);
  });
});

describe('Resend', () => {
  const bounce = (to: readonly string[]): object => ({
    type: 'email.bounced',
    created_at: iso(START),
    data: { email_id: 'm', to, bounce: { type: 'Permanent', subType: 'General', message: '550 5.1.1 user unknown' } },
  });

  it('a bounce suppresses the only recipient of a message; of two recipients, none', () => {
    expect(suppressedBy('resend', bounce(['a@example.com']))).toEqual(['a@example.com: hard_bounce']);
    expect(suppressedBy('resend', bounce(['a@example.com', 'b@example.com']))).toEqual([]);
  });
});

describe('Mailgun', () => {
  const failed = (more: object, day = 0): object => ({
    event: 'failed',
    id: `i-${day}`,
    timestamp: START + day * DAY + 0.5,
    recipient: 'a@example.com',
    message: { headers: { 'message-id': 'm@example.org' } },
    ...more,
  });
  const deferral = { severity: 'temporary', reason: 'generic', 'delivery-status': { code: 452, message: '4.2.2 mailbox full' } };

  it('"too old" takes the cause of the preceding deferrals', () => {
    const days = [0, 1, 2, 3].map((day) => failed(deferral, day));
    const end = failed({ severity: 'permanent', reason: 'old', 'delivery-status': { code: 498, description: 'Too old' } }, 3.5);
    expect(suppressedBy('mailgun', [...days, end])).toEqual(['a@example.com: persistent_deferral']);
  });

  it('605 means its own suppression list', () => {
    expect(
      suppressedBy('mailgun', [
        failed({
          severity: 'permanent',
          reason: 'suppress-bounce',
          'delivery-status': { code: 605, description: 'Not delivering to previously bounced address' },
        }),
      ]),
    ).toEqual([]);
  });
});
