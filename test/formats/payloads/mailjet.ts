import type { FormatCases } from '../cases.ts';

const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: '9007199254740993' };
const common = `"time": 1772359200, "MessageID": 9007199254740993, "Message_GUID": "g-1", "email": "a@example.com", "CustomID": "", "Payload": ""`;

export const mailjet: FormatCases = {
  format: 'mailjet',
  cases: [
    {
      name: 'ids above 2^53 that differ in the last digit',
      payload: `[{"event": "sent", ${common}, "smtp_reply": "sent (250 2.0.0 OK 1 - gsmtp)"}, {"event": "sent", ${common.replace('40993', '40994')}}]`,
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'sent (250 2.0.0 OK 1 - gsmtp)' },
        { ...told, type: 'delivered', message_id: '9007199254740994' },
      ],
    },
    {
      name: 'bounces: the comment is the reply, the error a word for it',
      payload: `[{"event": "bounce", ${common}, "hard_bounce": true, "blocked": false, "error": "user unknown", "comment": "550 5.1.1 no such user"},
        {"event": "bounce", ${common}, "hard_bounce": false, "blocked": true, "error": "mailbox full", "comment": ""},
        {"event": "bounce", ${common}, "error": "", "comment": null}]`,
      outcomes: [
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 no such user', permanent: true },
        { ...told, type: 'bounced', diagnostic: 'mailbox full', permanent: false },
        { ...told, type: 'bounced' },
      ],
    },
    {
      name: 'everything else',
      payload: `[{"event": "blocked", ${common}, "error_related_to": "recipient", "error": "preblocked"}, {"event": "spam", ${common}, "source": "JMRPP"},
        {"event": "unsub", ${common}, "mj_list_id": 5}, {"event": "open", ${common}}, {"event": "click", ${common}},
        {"event": "unsub", ${common.replace('"a@example.com"', 'null')}}, {"event": "unsub", ${common.replace('1772359200', '"yesterday"')}}, {${common}}]`,
      outcomes: [
        { ...told, type: 'rejected', diagnostic: 'preblocked' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ignored: 'open' },
        { ...told, type: 'engaged', kind: 'click' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'one event alone, its id as text, 0 for none; tenant by the payload',
      payload: {
        event: 'sent',
        time: 1772359200,
        MessageID: 0,
        mj_message_id: '9007199254740993',
        email: 'a@example.com',
        Payload: '{"desist_tenant": "acme"}',
      },
      outcomes: [{ ...told, type: 'delivered', tenant: 'acme' }],
    },
  ],
};
