/** What providers say beside outcomes: documented words are ignored in silence, others are counted by name; what was never sent is no event. */
import { formatOf } from '@desist/formats';
import type { FormatName, Normalised } from '@desist/formats';
import { describe, expect, it } from 'vitest';

const CONTEXT = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-03-02T00:00:00Z') };

function read(format: FormatName, payload: object): readonly Normalised[] {
  return formatOf(format)!.normalise(Buffer.from(JSON.stringify(payload)), CONTEXT);
}

const AT = 1772359200;

/** An event with this word, as each provider writes it. */
const WITH: readonly (readonly [FormatName, documented: string, (word: string) => object])[] = [
  ['sendgrid', 'group_resubscribe', (event) => ({ event, email: 'a@example.com', timestamp: AT, sg_event_id: 'e' })],
  ['mailgun', 'stored', (event) => ({ 'event-data': { event, timestamp: AT, recipient: 'a@example.com' } })],
  ['brevo', 'list_addition', (event) => ({ event, email: 'a@example.com', ts_epoch: AT * 1_000, 'message-id': 'm' })],
  ['mailjet', 'open', (event) => ({ event, time: AT, email: 'a@example.com', MessageID: 1 })],
  ['mandrill', 'open', (event) => ({ event, ts: AT, msg: { email: 'a@example.com' } })],
  ['resend', 'email.scheduled', (type) => ({ type, created_at: '2026-03-01T10:00:00Z', data: {} })],
  ['ses', 'AmazonSnsSubscriptionSucceeded', (notificationType) => ({ notificationType })],
  ['sparkpost', 'sms_status', (type) => ({ msys: { message_event: { type } } })],
  ['postmark', 'Open', (RecordType) => ({ RecordType })],
];

describe('a word that is no outcome', () => {
  it.each(WITH)('of %s is ignored, and named if the provider does not document it', (format, documented, payload) => {
    expect(read(format, payload(documented))[0]).toMatchObject({ kind: 'ignored' });
    expect(read(format, payload(documented))[0]).not.toHaveProperty('unknown');
    expect(read(format, payload('teleported'))).toEqual([{ kind: 'ignored', what: 'teleported', unknown: true }]);
  });
});

describe('what happened to no mail', () => {
  it('Mailgun sent nothing in test mode', () => {
    const event = { event: 'delivered', id: 'e', timestamp: AT, recipient: 'a@example.com', flags: { 'is-test-mode': true } };
    expect(read('mailgun', { 'event-data': event })).toEqual([{ kind: 'ignored', what: 'test mode' }]);
    expect(read('mailgun', { 'event-data': { ...event, flags: { 'is-test-mode': false } } })[0]!.kind).toBe('event');
  });

  it('an absence note in a feed of SES is no evidence, but a refusal is', () => {
    const bounce = (more: object): Normalised | undefined =>
      read('ses', {
        eventType: 'Bounce',
        mail: { timestamp: '2026-03-01T10:00:00Z', messageId: 'm', destination: ['a@example.com'] },
        bounce: {
          ...{ bounceType: 'Transient', bounceSubType: 'General', timestamp: '2026-03-01T10:00:00Z', feedbackId: 'f' },
          bouncedRecipients: [{ emailAddress: 'a@example.com', ...more }],
        },
      })[0];
    expect(bounce({})).toMatchObject({ event: { type: 'bounced', certain: false } });
    const refused = bounce({ status: '4.2.2', diagnosticCode: 'smtp; 452 4.2.2 mailbox full' });
    expect(refused).toMatchObject({ event: { type: 'bounced', permanent: false } });
    expect(refused).not.toHaveProperty('event.certain');
  });
});

describe('ids and flags', () => {
  it('SendGrid repeats an event under another id: it is the same event, and another attempt is not', () => {
    const event = { event: 'deferred', email: 'a@example.com', timestamp: AT, sg_message_id: 'm', response: '452 full', attempt: '1' };
    const ids = [{ sg_event_id: 'e1' }, { sg_event_id: 'e2' }, { sg_event_id: 'e1', attempt: '2' }].map((more) => {
      const [one] = read('sendgrid', { ...event, ...more });
      return one?.kind === 'event' ? one.event.id : undefined;
    });
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('Mailjet’s first version writes flags as texts', () => {
    const bounce = (hard_bounce: unknown): object => ({
      event: 'bounce',
      time: AT,
      email: 'a@example.com',
      mj_campaign_id: 2,
      hard_bounce,
    });
    expect(read('mailjet', bounce('1'))).toMatchObject([{ event: { permanent: true } }]);
    expect(read('mailjet', bounce('0'))).toMatchObject([{ event: { permanent: false } }]);
    expect(read('mailjet', bounce(''))[0]).not.toHaveProperty('event.permanent');
  });
});
