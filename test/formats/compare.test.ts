/** The comparison finds every difference, and no others. */
import type { Normalised } from '@desist/formats';
import type { DeliveryEvent } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import { differences } from './compare.ts';
import type { Expected } from './compare.ts';

const EVENT: DeliveryEvent = {
  id: 'e-1',
  tenant: asTenant('default'),
  stream: 'default',
  recipient: asAddress('a@example.com'),
  type: 'bounced',
  occurredAt: Date.parse('2026-03-01T10:00:00.500Z'),
  messageId: 'm-1',
  smtp: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 user\n  unknown' },
  permanent: true,
};
const EXPECTED: Expected = {
  type: 'bounced',
  recipient: 'A@example.com',
  occurred_at: '2026-03-01T10:00:00.500Z',
  message_id: 'm-1',
  event_id: 'e-1',
  smtp_code: 550,
  enhanced_status: '5.1.1',
  diagnostic: '550 5.1.1 user unknown',
  permanent: true,
};
const IGNORED: Expected = { ...EXPECTED, type: 'ignored' };
const ignored: Normalised = { kind: 'ignored', what: 'open' };
const problem: Normalised = { kind: 'problem', reason: 'no_recipient', detail: 'nobody', raw: '' };
const event = (more: Partial<DeliveryEvent> = {}): Normalised => ({ kind: 'event', event: { ...EVENT, ...more } });
const bare: Normalised = {
  kind: 'event',
  event: {
    id: 'e',
    tenant: asTenant('default'),
    stream: 'default',
    recipient: asAddress('a@example.com'),
    type: 'delivered',
    occurredAt: EVENT.occurredAt,
  },
};
const BARE: Expected = {
  ...EXPECTED,
  type: 'delivered',
  message_id: null,
  event_id: null,
  smtp_code: null,
  enhanced_status: null,
  diagnostic: null,
  permanent: null,
};

describe('a result that matches', () => {
  it.each([
    ['what is as expected, in any case and spacing', EXPECTED, [event()]],
    ['a millisecond either way', EXPECTED, [event({ occurredAt: EVENT.occurredAt + 1 }), ignored]],
    ['more text than expected', EXPECTED, [event({ smtp: { ...EVENT.smtp, text: 'smtp; 550 5.1.1 user unknown (in reply to RCPT)' } })]],
    ['less text than expected', EXPECTED, [event({ smtp: { ...EVENT.smtp, text: 'user unknown' } })]],
    [
      'an accepted other value',
      { ...EXPECTED, _accept: { type: ['rejected'], permanent: [null] } },
      [event({ type: 'rejected', permanent: false }), event()].slice(1),
    ],
    ['an id of our own where the source has none', { ...EXPECTED, event_id: null }, [event({ id: 'derived' })]],
    ['accepted for sent', { ...EXPECTED, type: 'sent' }, [event({ type: 'accepted' })]],
    ['null by what is missing', BARE, [bare]],
    ['none by ignored ones', [], [ignored, ignored]],
    ['ignored ones by none', [IGNORED, IGNORED], []],
    ['two in another order', [{ ...EXPECTED, message_id: 'm-2' }, EXPECTED], [event(), event({ messageId: 'm-2' })]],
    ['an ignored one read as it may be', { ...IGNORED, _accept: { type: ['bounced'] } }, [event()]],
    ['nobody by a dead letter', { ...EXPECTED, recipient: null }, [problem]],
  ] as const)('%s', (_, expected, normalised) => {
    expect(differences(expected, normalised)).toEqual([]);
  });
});

describe('a result that does not match', () => {
  it.each([
    ['another type', [event({ type: 'deferred' })]],
    ['another recipient', [event({ recipient: asAddress('b@example.com') })]],
    ['two milliseconds', [event({ occurredAt: EVENT.occurredAt + 2 })]],
    ['another message', [event({ messageId: 'm-2' })]],
    ['another id', [event({ id: 'e-2' })]],
    ['another code', [event({ smtp: { ...EVENT.smtp, code: 551 } })]],
    ['another status', [event({ smtp: { ...EVENT.smtp, enhanced: '5.0.0' } })]],
    ['another text', [event({ smtp: { ...EVENT.smtp, text: 'no such user' } })]],
    ['another verdict', [event({ permanent: false })]],
    ['none', []],
    ['one ignored', [ignored]],
    ['a dead letter', [problem]],
    ['one too many', [event(), event()]],
    ['a dead letter too many', [event(), problem]],
  ])('%s', (_, normalised) => {
    expect(differences(EXPECTED, normalised)).not.toEqual([]);
  });

  it('an event where none or null is expected', () => {
    expect(differences([], [event()])).not.toEqual([]);
    expect(differences(IGNORED, [event()])).not.toEqual([]);
    expect(differences({ ...BARE, diagnostic: 'text' }, [bare])).not.toEqual([]);
    expect(differences(BARE, [{ kind: 'event', event: { ...EVENT, type: 'delivered', id: 'e' } }])).not.toEqual([]);
  });
});
