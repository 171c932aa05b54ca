/** Proof of life: clicks as each provider tells them, and mail from outside that answers. In the form of the providers' documentation. */
import type { Case, ExpectedEvent, FormatCases } from '../cases.ts';

const AT = 1772359200;
const ISO = '2026-03-01T10:00:00Z';
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z' };
const click = (more: ExpectedEvent = {}): ExpectedEvent => ({ ...told, message_id: 'm-1', ...more, type: 'engaged', kind: 'click' });
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const URL_CLICKED = 'https://shop.example.com/orders/7?token=x';

// ------------------------------------------------------------------------------------------------ clicks

const ses = (destination: readonly string[], envelope: (event: object) => object = (event) => event): object =>
  envelope({
    eventType: 'Click',
    mail: { timestamp: '2026-03-01T09:00:00.000Z', messageId: 'm-1', source: 'news@example.org', destination, tags: {} },
    click: { ipAddress: '192.0.2.1', timestamp: ISO, userAgent: BROWSER, link: URL_CLICKED, linkTags: { samplekey0: ['samplevalue0'] } },
  });

const sendgrid = (more: object): object => ({
  ...{ email: 'a@example.com', timestamp: AT, event: 'click', sg_event_id: 'e-1', sg_message_id: 'm-1', url: URL_CLICKED, ip: '192.0.2.1' },
  ...{ useragent: BROWSER, url_offset: { index: 0, type: 'html' }, ...more },
});

const mailgun = (bot: string): object => ({
  signature: { timestamp: String(AT), token: 't', signature: 's' },
  'event-data': {
    ...{ id: 'i-1', event: 'clicked', timestamp: AT, 'log-level': 'info', recipient: 'a@example.com', url: URL_CLICKED, ip: '192.0.2.1' },
    'client-info': { 'client-name': 'Firefox', 'client-type': 'browser', 'device-type': 'desktop', 'user-agent': BROWSER, bot },
    message: { headers: { 'message-id': 'm-1' } },
  },
});

const sparkpost = (type: string, parsed: object): object => ({
  msys: {
    track_event: {
      ...{ type, event_id: '92356927693813856', message_id: 'm-1', rcpt_to: 'a@example.com', timestamp: String(AT), ip_pool: 'shared' },
      ...{ target_link_name: 'Order', target_link_url: URL_CLICKED, user_agent: BROWSER, ip_address: '192.0.2.1' },
      user_agent_parsed: {
        agent_family: 'Firefox',
        device_family: 'Other',
        os_family: 'Linux',
        is_mobile: false,
        is_proxy: false,
        ...parsed,
      },
    },
  },
});

const azure = (more: object): object => ({
  id: 'e-1',
  topic: '/subscriptions/s',
  subject: 'sender/news@example.org/message/m-1',
  eventType: 'Microsoft.Communication.EmailEngagementTrackingReportReceived',
  eventTime: '2026-03-01T10:00:05Z',
  dataVersion: '1.0',
  data: { sender: 'news@example.org', recipient: 'a@example.com', messageId: 'm-1', userActionTimeStamp: ISO, ...more },
});

// ----------------------------------------------------------------------------------------------- answers

const answer = (more: ExpectedEvent = {}): ExpectedEvent => ({ ...told, message_id: 'm-1', ...more, type: 'engaged', kind: 'reply' });
type Headers = readonly (readonly [name: string, value: string])[];
const ANSWERS: Headers = [['In-Reply-To', '<m-1>']];
const SIGNED = 'v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=k; h=from:to; b=x';

const postmark = (headers: Headers, more: object = {}): object => ({
  ...{ FromName: 'Alice', MessageStream: 'inbound', From: 'a@example.com' },
  FromFull: { Email: 'a@example.com', Name: 'Alice', MailboxHash: '' },
  ...{ To: 'shop@inbound.example.org', OriginalRecipient: 'shop@inbound.example.org', Subject: 'Re: Your order', MailboxHash: '' },
  ...{
    MessageID: '73e6d360-66eb-11e1-8e72-a8904824019b',
    Date: 'Sun, 1 Mar 2026 11:00:00 +0100',
    TextBody: 'Thanks',
    StrippedTextReply: 'Thanks',
  },
  Headers: headers.map(([Name, Value]) => ({ Name, Value })),
  ...more,
});
const authentic: Headers = [
  ['X-Spam-Status', 'No'],
  ['X-Spam-Tests', 'DKIM_SIGNED,DKIM_VALID,DKIM_VALID_AU,SPF_PASS'],
];
const spf = (sender: string): Headers => [
  ['Received-SPF', `Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=mx; envelope-from=${sender}; receiver=shop`],
];

const route = (headers: Headers, more: Readonly<Record<string, string>> = {}): string =>
  new URLSearchParams({
    ...{ recipient: 'shop@example.org', sender: 'a@example.com', from: 'Alice <a@example.com>', subject: 'Re: Your order' },
    ...{ 'body-plain': 'Thanks', timestamp: String(AT), token: 't', signature: 's', 'message-headers': JSON.stringify(headers), ...more },
  }).toString();

const inbound = (headers: object, more: object = {}): object => ({
  event: 'inbound',
  ts: AT,
  msg: {
    ...{
      from_email: 'a@example.com',
      from_name: 'Alice',
      email: 'shop@example.org',
      to: [['shop@example.org', null]],
      subject: 'Re: Your order',
    },
    headers,
    ...{ dkim: { signed: true, valid: true }, spf: { result: 'pass', detail: 'sender SPF authorized' }, text: 'Thanks', ...more },
  },
});

const one = (name: string, payload: unknown, ...outcomes: Case['outcomes']): Case => ({ name, payload, outcomes });

export const ENGAGEMENT: readonly FormatCases[] = [
  {
    format: 'ses',
    cases: [
      one('a click', ses(['a@example.com']), click()),
      one(
        'a click of one of several recipients',
        ses(['a@example.com', 'b@example.com']),
        ...['a', 'b'].map((name) => click({ recipient: `${name}@example.com`, certain: false })),
      ),
      one(
        'a click through EventBridge',
        ses(['a@example.com'], (detail) => ({
          id: 'eb-1',
          'detail-type': 'Email Clicked',
          source: 'aws.ses',
          time: ISO,
          detail: { ...detail, eventType: undefined },
        })),
        click({ event_id: 'eb-1' }),
      ),
    ],
  },
  {
    format: 'sendgrid',
    cases: [
      one('clicks, one of them by a machine', [sendgrid({}), sendgrid({ sg_machine_open: true })], click(), {
        ignored: 'click by a machine',
      }),
    ],
  },
  {
    format: 'mailgun',
    cases: [
      one(
        'clicks, of a person and of bots',
        ['', 'generic', 'gmail', 'apple'].map(mailgun),
        click({ event_id: 'i-1' }),
        ...[1, 2, 3].map(() => ({ ignored: 'clicked by a bot' })),
      ),
      one(
        'form: clicked',
        new URLSearchParams({
          event: 'clicked',
          recipient: 'a@example.com',
          timestamp: String(AT),
          token: 't',
          url: URL_CLICKED,
        }).toString(),
        { ...click(), message_id: null },
      ),
      one('a route: an answer, authenticated by SPF', route([...ANSWERS, ['X-Mailgun-Spf', 'Pass']]), answer()),
      one(
        'a route: an answer, authenticated by DKIM',
        route([...ANSWERS, ['Dkim-Signature', SIGNED], ['X-Mailgun-Dkim-Check-Result', 'Pass']], { sender: 'bounce@esp.example.net' }),
        answer(),
      ),
      one(
        'a route: SPF passed for another domain, which proves nothing',
        route([...ANSWERS, ['X-Mailgun-Spf', 'Pass']], { sender: 'x@evil.example.net' }),
        answer({ certain: false }),
      ),
      one('a route: nobody checked', route(ANSWERS), answer({ certain: false })),
      one(
        'a route: one of two signatures is of another domain, and which is valid is not said',
        route([
          ...ANSWERS,
          ['Dkim-Signature', SIGNED],
          ['Dkim-Signature', SIGNED.replace('example.com', 'evil.example.net')],
          ['X-Mailgun-Dkim-Check-Result', 'Pass'],
        ]),
        answer({ certain: false }),
      ),
      one('a route: an absence note', route([...ANSWERS, ['Auto-Submitted', 'auto-replied'], ['X-Mailgun-Spf', 'Pass']]), {
        ignored: 'inbound: an automatic reply',
      }),
      one('a route: mail that answers nothing', route([['X-Mailgun-Spf', 'Pass']]), { ignored: 'inbound: no answer to a message' }),
    ],
  },
  {
    format: 'sparkpost',
    cases: [
      one(
        'clicks, one of them fetched ahead, and relayed mail',
        [
          sparkpost('click', { is_prefetched: false }),
          sparkpost('click', { is_prefetched: true }),
          sparkpost('amp_click', {}),
          {
            msys: {
              relay_message: {
                rcpt_to: 'shop@example.org',
                msg_from: 'a@example.com',
                friendly_from: 'a@example.com',
                content: { headers: [], subject: 'Re: hi' },
              },
            },
          },
        ],
        click({ event_id: '92356927693813856' }),
        { ignored: 'click: prefetched' },
        click(),
        { ignored: 'relay_message' },
      ),
    ],
  },
  {
    format: 'postmark',
    cases: [
      one(
        'a click',
        {
          ...{
            RecordType: 'Click',
            MessageStream: 'outbound',
            ClickLocation: 'HTML',
            Platform: 'Desktop',
            UserAgent: BROWSER,
            OriginalLink: URL_CLICKED,
          },
          ...{ MessageID: 'm-1', Metadata: { desist_stream: 'news' }, ReceivedAt: ISO, Tag: 'order', Recipient: 'a@example.com' },
        },
        click({ stream: 'news' }),
      ),
      one(
        'an answer that the domain of its author signed',
        postmark([...ANSWERS, ...authentic]),
        answer({ event_id: '73e6d360-66eb-11e1-8e72-a8904824019b' }),
      ),
      one(
        'an answer to a message by its name at Postmark',
        postmark([['References', '<old@example.com> <m-1@mtasv.net>'], ...authentic]),
        answer(),
      ),
      one('an answer, SPF for the same domain', postmark([...ANSWERS, ...spf('bounce@mail.example.com')]), answer()),
      one('SPF for another domain proves nothing', postmark([...ANSWERS, ...spf('x@evil.example.net')]), answer({ certain: false })),
      one(
        'a result that the sender wrote beside the real one proves nothing',
        postmark([...ANSWERS, ...authentic, ['X-Spam-Tests', 'MISSING_HEADERS']]),
        answer({ certain: false }),
      ),
      one('nobody checked', postmark(ANSWERS), answer({ certain: false })),
      one('an absence note, by its subject', postmark([...ANSWERS, ...authentic], { Subject: 'Automatic reply: Your order' }), {
        ignored: 'inbound: an automatic reply',
      }),
      one('a bounce message', postmark([...ANSWERS, ['Return-Path', '<>'], ...authentic]), { ignored: 'inbound: an automatic reply' }),
      one('mail that answers nothing', postmark(authentic), { ignored: 'inbound: no answer to a message' }),
      one('an answer without a date', postmark([...ANSWERS, ...authentic], { Date: undefined }), { problem: 'invalid' }),
    ],
  },
  {
    format: 'mandrill',
    cases: [
      one(
        'a click, answers, and mail that answers nothing',
        [
          {
            event: 'click',
            _id: 'm-1',
            ts: AT,
            url: URL_CLICKED,
            ip: '192.0.2.1',
            user_agent: BROWSER,
            msg: { _id: 'm-1', email: 'a@example.com', diag: '250 OK' },
          },
          inbound({ 'In-Reply-To': '<m-1>', 'Dkim-Signature': SIGNED }),
          inbound({ 'In-Reply-To': '<m-1>', 'Dkim-Signature': [SIGNED, SIGNED.replace('example.com', 'evil.example.net')] }),
          inbound({ 'In-Reply-To': '<m-1>', 'Dkim-Signature': SIGNED }, { dkim: { signed: true, valid: false } }),
          inbound({ 'Dkim-Signature': SIGNED }),
        ],
        click(),
        answer(),
        answer({ certain: false }),
        answer({ certain: false }),
        { ignored: 'inbound: no answer to a message' },
      ),
    ],
  },
  {
    format: 'brevo',
    cases: [
      one(
        'clicks',
        ['click', 'clicked'].map((event) => ({
          event,
          email: 'a@example.com',
          id: 1,
          ts: AT,
          ts_event: AT,
          ts_epoch: AT * 1_000,
          'message-id': '<m-1>',
          link: URL_CLICKED,
          tags: [],
        })),
        click(),
        click(),
      ),
    ],
  },
  {
    format: 'mailjet',
    cases: [
      one(
        'a click',
        {
          event: 'click',
          time: AT,
          MessageID: 7,
          Message_GUID: 'g',
          email: 'a@example.com',
          mj_campaign_id: 2,
          url: URL_CLICKED,
          ip: '192.0.2.1',
          geo: 'EU',
          agent: BROWSER,
        },
        click({ message_id: '7' }),
      ),
    ],
  },
  {
    format: 'resend',
    cases: [
      one(
        'clicks, of a message of one and of two recipients',
        [['a@example.com'], ['a@example.com', 'b@example.com']].map((to) => ({
          type: 'email.clicked',
          created_at: ISO,
          data: {
            email_id: 'm-1',
            created_at: '2026-03-01T09:00:00Z',
            from: 'x@example.org',
            to,
            click: { ipAddress: '192.0.2.1', link: URL_CLICKED, timestamp: ISO, userAgent: BROWSER },
          },
        })),
        click(),
        ...['a', 'b'].map((name) => click({ recipient: `${name}@example.com`, certain: false })),
      ),
    ],
  },
  {
    format: 'mailersend',
    cases: [
      one(
        'clicks',
        ['clicked', 'clicked_unique'].map((word) => ({
          type: `activity.${word}`,
          created_at: ISO,
          data: {
            id: `e-${word}`,
            type: word,
            created_at: ISO,
            email: { message: { id: 'm-1' }, recipient: { email: 'a@example.com' } },
            morph: { object: 'click', url: URL_CLICKED },
          },
        })),
        click({ event_id: 'e-clicked' }),
        click(),
      ),
    ],
  },
  {
    format: 'mailtrap',
    cases: [
      one(
        'a click',
        {
          events: [
            {
              event: 'click',
              event_id: 'e-1',
              email: 'a@example.com',
              message_id: 'm-1',
              timestamp: AT,
              url: URL_CLICKED,
              ip: '192.0.2.1',
              user_agent: BROWSER,
            },
          ],
        },
        click({ event_id: 'e-1' }),
      ),
    ],
  },
  {
    format: 'postal',
    cases: [
      one(
        'a click',
        {
          event: 'MessageLinkClicked',
          timestamp: AT,
          uuid: 'u-1',
          payload: {
            url: URL_CLICKED,
            token: 'k',
            ip_address: '192.0.2.1',
            user_agent: BROWSER,
            message: { id: 1, message_id: 'm-1', to: 'a@example.com', direction: 'outgoing' },
          },
        },
        click({ event_id: 'u-1' }),
      ),
    ],
  },
  {
    format: 'azure',
    cases: [
      one(
        'a click, a view, and a report that does not say',
        [
          azure({ engagementType: 'click', engagementContext: URL_CLICKED }),
          azure({ engagement: 'Click' }),
          azure({ engagementType: 'view' }),
          azure({}),
        ],
        click({ event_id: 'e-1' }),
        click(),
        { ignored: 'view' },
        { problem: 'invalid' },
      ),
    ],
  },
];
