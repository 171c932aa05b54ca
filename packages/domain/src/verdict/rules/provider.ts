/** The providers' own codes and words: the most precise evidence there is, so they come before general text. */
import type { Rule } from './rule.ts';

const GMAIL = 'support.google.com/a/answer/3726730';
const MICROSOFT = 'learn.microsoft.com, Email non-delivery reports and SMTP errors in Exchange Online';
const OUTLOOK = 'sendersupport.olc.protection.outlook.com/pm/troubleshooting';
const YAHOO = 'senders.yahooinc.com/smtp-error-codes';
const ORANGE = 'postmaster.orange.fr';
const LAPOSTE = 'postmaster.laposte.net';
const GMX = 'postmaster.gmx.net/en/error-messages';
const COMCAST = 'postmaster.comcast.net/mail-error-codes';
const GODADDY = 'godaddy.com/help, What does my email bounceback mean?';
const CHARTER = 'spectrum.net/support, Understanding email error codes';
const COX = 'postmaster.cox.net, Error Codes';
const MIMECAST = 'Mimecast, SMTP error codes';
const APPLE = 'support.apple.com/102322';
const QQ = 'service.mail.qq.com, bounce help pages';

const gmail = (name: string, category: Rule['category'], example: string, text: readonly string[], more: Partial<Rule> = {}): Rule => ({
  name: `gmail.${name}`,
  category,
  source: GMAIL,
  example,
  text,
  ...more,
});

const GMAIL_RULES: readonly Rule[] = [
  gmail(
    'recipient_rate',
    'recipient_rate_limited',
    '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.',
    ['receiving mail at a rate', 'receiving mail too quickly', '/receivingrate', '/receivingrateperm', '/receivingratetemp'],
  ),
  gmail('over_quota', 'mailbox_full', "452 4.2.2 The recipient's inbox is out of storage space. gsmtp", [
    'inbox is out of storage',
    'email account that you tried to reach is over quota',
    '/overquotatemp',
    '/overquotaperm',
  ]),
  gmail('disabled', 'mailbox_disabled', '550 5.2.1 The email account that you tried to reach is disabled. gsmtp', [
    'account that you tried to reach is disabled|inactive',
    '/disableduser',
  ]),
  gmail('unknown', 'user_unknown', '550 5.1.1 The email account that you tried to reach does not exist. gsmtp', [
    'account that you tried to reach does not exist',
    '/nosuchuser',
    '/6596',
  ]),
  gmail(
    'unauthenticated',
    'auth_temp_failure',
    "451 4.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy, but temporary DNS failures prevent authentication.",
    ['temporary dns failures prevent authentication', 'cannot authenticate due to ..2 temporary system problem'],
  ),
  gmail(
    'bulk_authentication',
    'auth_failure',
    "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass for this message. gsmtp",
    ['rate limited because ..6 spf|dkim|dmarc|header|authentication|authenticated', 'rate limited because ..3 from'],
    { unless: ['ptr', 'tls'] },
  ),
  gmail(
    'bulk_tls',
    'tls_required',
    "421 4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection. gsmtp",
    ['rate limited because ..8 tls', 'tls required for rcpt domain'],
  ),
  gmail(
    'ptr',
    'rdns_failure',
    '421 4.7.0 The IP address sending this message does not have a PTR record, or the corresponding forward DNS entry does not point to the sending IP. gsmtp',
    [
      'ip address sending this message does not have a ptr',
      'sending ip does not match the ip address of the hostname',
      '/helo',
      'rate limited because ..6 ptr',
    ],
  ),
  gmail(
    'unusual_rate',
    'rate_limited',
    '421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.',
    ['unusual rate of [unsolicited] mail|email'],
    { unless: ['mail sent from your ip address has been blocked'] },
  ),
  gmail(
    'unusual_rate_blocked',
    'ip_reputation',
    '550 5.7.28 There is an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been blocked.',
    ['unusual rate of unsolicited mail|email', '/unsolicitedratelimiterror'],
  ),
  gmail(
    'domain_reputation',
    'domain_reputation',
    '550 5.7.1 likely unsolicited mail due to the very low reputation of the sending domain. gsmtp',
    ['reputation of the sending domain'],
    { unless: ['reputation of the sending ip'] },
  ),
  gmail('ip_reputation', 'ip_reputation', '421 4.7.0 suspicious due to the very low reputation of the sending IP address. gsmtp', [
    'low reputation of the sending ip',
    'not authorized to send email directly to our servers',
    'the ip youre using to send mail is not authorized',
  ]),
  gmail(
    'suspicious_content',
    'spam_content',
    '421 4.7.0 This message is suspicious due to the nature of the content or the links within. gsmtp',
    [
      'suspicious due to the nature of the content',
      'this message is likely unsolicited mail',
      'rejected due to spam classification',
      'the content|links ..3 present ..3 security issue',
    ],
    { unless: ['reputation'] },
  ),
  gmail('attachment', 'content_rejected', '552 5.7.0 Our system detected an illegal attachment on your message.', [
    'detected an illegal attachment',
    'blocked because its content presents a potential security issue',
  ]),
  gmail('rfc5322', 'content_rejected', '550 5.7.1 This message is not RFC 5322 compliant because it has duplicate headers. gsmtp', [
    'not rfc compliant',
    'messages missing a valid',
    'messages with multiple addresses in',
    'header value ..4 exceeds',
  ]),
  gmail('multiple_domains', 'rate_limited', '451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.', [
    'multiple destination domains per transaction',
  ]),
  gmail(
    'message_limits',
    'too_many_recipients',
    '452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction.',
    ['domain policy size per transaction', 'your message has too many recipients'],
  ),
  gmail('relay_limit', 'rate_limited', '550 5.4.5 Daily SMTP relay limit exceeded for customer. gsmtp', [
    'daily smtp relay [sending] limit|quota exceeded',
    'peak smtp relay limit exceeded',
    'daily user sending limit|quota exceeded',
    'daily sending quota exceeded',
    'denial of service ..2 for the smtp relay',
  ]),
  gmail('relay_credentials', 'relay_denied', '550 5.7.0 Mail relay denied [203.0.113.1]. Invalid credentials for relay', [
    'invalid credentials for relay',
    'mail relay denied',
  ]),
  gmail('sign_in', 'auth_failure', '535 5.7.8 Username and Password not accepted. gsmtp', [
    'username and password not accepted',
    'application specific password required',
    'please log in ..4 web browser',
    'too many login attempts',
    'optional argument not permitted for that auth mode',
  ]),
  gmail('list_policy', 'policy_block', '421 4.7.0 IP not in whitelist for RCPT domain, closing connection.', [
    'ip not in whitelist|allowlist for rcpt domain',
  ]),
  gmail(
    'domain_policy',
    'policy_block',
    '550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent.',
    ['has a policy that prohibited the mail', 'message violates ..3 email policy'],
  ),
  gmail(
    'domain_not_found',
    'domain_not_found',
    "553 5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors. gsmtp",
    ['werent able to find the recipient domain'],
  ),
  gmail('temporary', 'system_error', '451 4.3.0 Mail server temporarily rejected message. gsmtp', [
    'mail server temporarily rejected message',
    'temporary system problem',
  ]),
  gmail('timeout', 'connection_failure', '451 4.4.2 Timeout - closing connection. gsmtp', ['timeout closing connection'], {
    attribution: 'system',
  }),
];

const microsoft = (name: string, category: Rule['category'], example: string, more: Partial<Rule>): Rule => ({
  name: `microsoft.${name}`,
  category,
  source: MICROSOFT,
  example,
  ...more,
});

const MICROSOFT_RULES: readonly Rule[] = [
  microsoft('recipient_rate', 'recipient_rate_limited', '432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded', {
    text: [
      'recipient thread limit exceeded',
      'recipient has exceeded their limit for the number of messages',
      'the recipient ..2 has exceeded the limit',
      'message rate for ..3 mailbox|recipient ..2 exceeded',
    ],
  }),
  microsoft('recipient_rate_code', 'recipient_rate_limited', '554 5.2.122 zq', { detail: ['2.122'] }),
  microsoft('sender_rate_code', 'rate_limited', '554 5.2.121 zq', { detail: ['2.121'] }),
  microsoft('thread_limit', 'recipient_rate_limited', '432 4.3.2 zq', { code: [432], detail: ['3.2'] }),
  microsoft(
    'forest_limit',
    'rate_limited',
    '421 4.3.2 The maximum number of concurrent connections per resource forest has exceeded a limit, closing transmission channel',
    {
      text: [
        'maximum number of concurrent ..2 connections ..4 exceeded',
        'exceeded the rate limit|limits|limitation [allowed]',
        'exceed ..3 maximum number of connections',
      ],
    },
  ),
  microsoft('banned_ip', 'ip_reputation', '550 5.7.606 Access denied, banned sending IP [1.2.3.4]', {
    source: OUTLOOK,
    text: [
      'banned sending ip',
      's3140',
      's3150',
      's3115',
      's3116',
      'part of their network is on our block',
      'messages from ip werent sent',
    ],
  }),
  microsoft('banned_ip_code', 'ip_reputation', '550 5.7.606 zq', {
    detail: [...Array.from({ length: 44 }, (_, index) => `7.${606 + index}`), '7.511'],
  }),
  microsoft(
    'domain_block',
    'domain_reputation',
    '550 5.7.1 Service unavailable, Helo domain is listed in Spamhaus. (S8001) [prod.protection.outlook.com]',
    {
      text: ['helo domain is listed', 's8001', 's8002'],
    },
  ),
  microsoft('not_replicated', 'system_error', '451 4.4.0 Primary target IP address responded with: Message failed to be replicated', {
    text: ['message failed to be replicated', 'primary target ip address responded ..4 replicat*'],
  }),
  microsoft('temporary_rate', 'rate_limited', '451 4.7.650 The mail server has been temporarily rate limited due to IP reputation.', {
    source: OUTLOOK,
    detail: ['7.500', '7.650', '7.651', '7.652', '7.501', '7.502'],
  }),
  microsoft('server_busy_from', 'rate_limited', '451 Server busy. Please try again later from [192.0.2.2]. (AS761)', {
    text: ['server busy please try again later from', 'temporarily rate limited due to ip reputation', 'as761', 'as77712*', 'as844*'],
  }),
  microsoft('tenant_threshold', 'rate_limited', '550 5.7.705 Access denied, tenant has exceeded threshold', {
    detail: ['7.705', '7.708', '7.750', '7.501', '7.703', '1.90', '7.232', '7.233', '7.236'],
  }),
  microsoft('busy', 'server_busy', '451 4.7.700 PFA agent busy, please try again.', {
    text: ['pfa agent busy', 'organization queue quota exceeded', 'insufficient system resources'],
  }),
  microsoft('resolver_not_found', 'user_unknown', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup', {
    text: ['.recipientnotfound', '.recipnotfound', 'recipient not found by smtp address lookup', 'recipnotfound', '.exrecipnotfound'],
  }),
  microsoft('not_found_10', 'user_unknown', '550 5.1.10 zq [AM5EUR03FT041.eop-EUR03.prod.protection.outlook.com]', {
    detail: ['1.10'],
    provider: ['microsoft'],
  }),
  microsoft('size', 'message_too_large', '550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient', {
    text: ['.recipsizelimit', '.sendsizelimit', '.sendersizelimit'],
  }),
  microsoft('restricted_recipient', 'recipient_refused', '550 5.7.1 RESOLVER.RST.AuthRequired; authentication required', {
    text: [
      '.authrequired',
      '.notauthorized',
      '.restrictedrecipient',
      'not authorized to send to this recipient|group',
      '.senderrestricted',
    ],
  }),
  microsoft('restricted_code', 'recipient_refused', '550 5.7.133 zq', { detail: ['7.133', '7.124', '7.129', '7.134', '7.135', '7.136'] }),
  microsoft(
    'access_denied_5_4_1',
    'user_unknown',
    '550 5.4.1 Recipient address rejected: Access denied. [AM5EUR03FT041.eop-EUR03.prod.protection.outlook.com]',
    {
      detail: ['4.1'],
      digit: 5,
      text: ['recipient address rejected access denied', 'recipient addresses rejected access denied'],
    },
  ),
  microsoft(
    'authentication',
    'auth_failure',
    '550 5.7.515 Access denied, sending domain EXAMPLE.COM does not meet the required authentication level.',
    {
      detail: ['7.509', '7.515', '7.512', '7.57', '7.230', '7.60'],
    },
  ),
  microsoft('relay', 'relay_denied', '550 5.7.64 TenantAttribution; Relay Access Denied', {
    detail: ['7.64', '7.54', '7.367', '4.300'],
    digit: 5,
  }),
  microsoft('spam_code', 'spam_content', '550 5.7.520 zq', { detail: ['7.520', '7.350', '7.352', '7.711'] }),
  microsoft('connect_316', 'connection_failure', '450 4.4.316 Connection refused [Message=Socket error code 10061]', {
    detail: ['4.316', '4.317', '4.318', '4.319', '4.314', '4.315'],
  }),
  microsoft('dns_312', 'dns_failure', '450 4.4.312 DNS query failed', { detail: ['4.312', '4.320', '4.321'], digit: 4 }),
  microsoft('dns_312_permanent', 'domain_not_found', '550 5.4.312 Message expired, DNS query failed', {
    detail: ['4.312', '4.310'],
    digit: 5,
  }),
  microsoft('atlas_spam', 'spam_content', '550 ATLAS(2503): Your email was detected as spam.', {
    text: ['atlas your email was detected as spam'],
  }),
];

const own =
  (source: string) =>
  (name: string, category: Rule['category'], example: string, text: readonly string[], more: Partial<Rule> = {}): Rule => ({
    name,
    category,
    source,
    example,
    text,
    ...more,
  });
const yahoo = own(YAHOO);
const orange = own(ORANGE);
const laposte = own(LAPOSTE);
const gmx = own(GMX);
const comcast = own(COMCAST);
const godaddy = own(GODADDY);
const charter = own(CHARTER);
const cox = own(COX);
const mimecast = own(MIMECAST);
const apple = own(APPLE);
const qq = own(QQ);

const YAHOO_RULES: readonly Rule[] = [
  yahoo(
    'yahoo.listed',
    'ip_reputation',
    "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.25, because the ip is in Spamhaus's list",
    ['bl21|bl22|bl23', 'ip is in spamhaus*', 'permanently deferred retrying will not succeed', 'tss07|tss08|tss09|tss11', 'ts03|ts04'],
  ),
  yahoo(
    'yahoo.deferred',
    'rate_limited',
    '421 4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
    [
      'tss01|tss02|tss03|tss04|tss05|tss06',
      'ts01|ts02',
      'gl01 ..8 complaints',
      'temporarily deferred due to user complaints',
      'message|messages from ..2 temporarily deferred',
      'unexpected volume or user complaints',
    ],
  ),
  yahoo('yahoo.message_deferred', 'rate_limited', '451 Message temporarily deferred - [170]', [
    '^ message temporarily deferred',
    '^ messages temporarily deferred',
  ]),
  yahoo(
    'yahoo.mailbox_unknown',
    'user_unknown',
    "554 delivery error: dd This user doesn't have a yahoo.com account (alice@yahoo.com) [0]",
    ['this user doesnt have a|an ..4 account', 'not a valid mailbox dd'],
  ),
  yahoo(
    'yahoo.mailbox_disabled',
    'mailbox_disabled',
    '554 30 Sorry, your message to alice@yahoo.com cannot be delivered. This mailbox is disabled (554.30).',
    [
      'this mailbox is disabled',
      'this account has been disabled or discontinued',
      'delivery error dd ..3 is no longer valid',
      'delivery error dd account disabled',
    ],
  ),
  yahoo('yahoo.policy', 'policy_block', '554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com/error-codes', [
    'message not accepted for policy reasons',
    'email not accepted for policy reasons',
    'ph01',
    'message not allowed $',
  ]),
  yahoo(
    'yahoo.authentication',
    'auth_failure',
    '550 5.7.9 This mail has been blocked because the sender is unauthenticated. Yahoo requires all senders to authenticate',
    ['blocked because the sender is unauthenticated', 'invalid ip for sending mail of domain'],
  ),
  yahoo('yahoo.resources', 'server_busy', '451 Resources temporarily unavailable. Please try again later [#4.16.5].', [
    'resources temporarily unavailable',
  ]),
  yahoo('yahoo.internal', 'system_error', '451 4.3.2 Internal error reading data', [
    'internal error reading data',
    'internal server error',
  ]),
];

const FRENCH_RULES: readonly Rule[] = [
  orange(
    'orange.rate',
    'rate_limited',
    '421 mwinf5c63 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]',
    [
      'ofr_104|ofr_105|ofr_108|ofr_109',
      'ofr004_104|ofr005_104|ofr005_105|ofr004_105|ofr004_108|ofr005_108',
      'trop de connexions',
      'lpn006_104|lpn007_104',
    ],
  ),
  orange(
    'orange.listed',
    'ip_reputation',
    '550 mwinf5c04 ME Adresse IP source bloquee pour incident de spam. Client host blocked for spamming issues. OFR006_102 [102]',
    [
      'adresse ip source bloquee',
      'client host blocked for spamming',
      'ofr006_102|ofr004_102|ofr005_102|ofr_102|ofr_103|ofr_106|ofr006_103|ofr_403',
      'emails ..6 ont ete bloques',
    ],
  ),
  orange('orange.spf', 'auth_failure', '421 Emetteur invalide. Invalid Sender. SPF check failed. OFR004_405', [
    'emetteur invalide ..8 spf',
    'invalid sender spf check failed',
  ]),
  orange('orange.sender', 'sender_rejected', '550 Emetteur invalide. Invalid Sender. OFR_402', [
    'emetteur invalide|inconnu|refuse',
    'ofr_402|ofr004_402|ofr_405|ofr004_405',
  ]),
  orange('orange.unknown', 'user_unknown', '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]', [
    'ofr_416|ofr004_416|ofr005_416|ofr006_416',
    'lpn007_416|lpn006_416',
    'adresse ..5 destinataire invalide|inconnue|inexistante',
  ]),
  orange('orange.full', 'mailbox_full', '552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]', [
    'ofr_417|ofr004_417|ofr005_417',
    'lpn007_417',
    'boite ..3 pleine|saturee',
  ]),
  orange('orange.spam', 'spam_content', '550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]', [
    'ofr_506|ofr004_506|ofr_515|ofr_507',
    'lpn007_506',
    '^ mail rejete',
  ]),
  orange(
    'orange.reputation_later',
    'ip_reputation',
    '421 ME Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_999 [999]',
    ['ofr_999'],
  ),
  orange(
    'orange.busy',
    'server_busy',
    '421 4.2.0 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR005_505 [505]',
    ['ofr005_505|ofr_505|ofr004_505', 'lpn007_505|lpn006_505'],
  ),
  laposte(
    'laposte.listed',
    'ip_reputation',
    '550 5.5.0 Service refuse. Veuillez essayer plus tard. service refused, please try later. LPN005_510',
    ['lpn005_510|lpn006_510|lpn007_510|lpn_510'],
  ),
  laposte(
    'laposte.blocked_account',
    'mailbox_disabled',
    '550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked. LPN007_426',
    ['compte du destinataire est bloque|desactive|ferme|suspendu', 'lpn007_426|ofr_426', 'recipient account is blocked'],
  ),
  laposte('laposte.policy', 'policy_block', '554 5.7.1 Client host rejected LPN000_630', ['lpn000_*']),
  orange('orange.later', 'server_busy', '421 Service refuse. Veuillez essayer plus tard.', ['service refuse'], { digit: 4 }),
];

const OTHER_RULES: readonly Rule[] = [
  gmx('gmx.policy_violations', 'ip_reputation', '450 Reject due to policy violations.', ['reject due to policy violations']),
  gmx('gmx.restrictions_ip', 'ip_reputation', '550 Reject due to policy restrictions (IP based)', [
    'policy restrictions ip based',
    'ip address is blocklisted',
  ]),
  gmx('gmx.restrictions_header', 'content_rejected', '550 Reject due to policy restrictions (header based)', [
    'policy restrictions header|content based',
  ]),
  gmx('gmx.restrictions', 'policy_block', '550 Reject due to policy restrictions', ['policy restrictions']),
  gmx('gmx.full', 'mailbox_full', '550 Benutzer hat zuviele Mails auf dem Server. / User has too many messages on the server.', [
    'user has too many messages on the server',
    'benutzer hat zuviele|zuviel|zu ..2 mails',
  ]),
  gmx('gmx.dns', 'rdns_failure', '550 Bad DNS PTR resource record', ['bad dns ptr resource record']),
  gmx('gmx.address', 'user_unknown', 'Invalid Address, ERROR_CODE :550, ERROR_CODE :Requested action not taken: mailbox unavailable', [
    '^ invalid address error code',
  ]),
  comcast('comcast.recipient_rate', 'recipient_rate_limited', '452 4.1.1 <user@comcast.net> too many recent messages; Try again later', [
    'too many recent messages',
  ]),
  comcast('comcast.reputation', 'ip_reputation', '554 resimta-po-13v.sys.comcast.net comcast 1.2.3.4 Comcast block for spam. BL000000', [
    'comcast block for spam',
    'bl00*',
    'es00*',
    'ph00*',
    '/bl00*',
  ]),
  comcast('comcast.rate', 'rate_limited', '421 4.1.0 192.0.2.1 Throttled - try again. RL000001', ['rl00*', '/rl00*', '^ ip throttled']),
  comcast(
    'comcast.auth',
    'auth_failure',
    '550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001',
    ['dm00*', '/dm00*'],
  ),
  comcast('comcast.rdns', 'rdns_failure', '554 comcast requires that all mail servers must have a PTR record. CT000000', [
    'ct00*',
    'rd00*',
    'must have a ptr record',
  ]),
  comcast('comcast.quota', 'mailbox_full', '552 5.1.1 <user@comcast.net> recipient rejected - extended quota violation', [
    'extended quota violation',
  ]),
  comcast('comcast.unavailable', 'mailbox_unavailable', '450 4.2.0 <user@comcast.net> - Recipient temporarily unavailable', [
    'recipient temporarily unavailable',
  ]),
  godaddy('godaddy.rdns', 'rdns_failure', '421 Temporarily rejected. Reverse DNS for this IP failed. IB108', ['ib101|ib108']),
  godaddy('godaddy.listed', 'ip_reputation', '554 Connection refused. This IP address is listed on the Spamhaus Block List (SBL). IB104', [
    'ib103|ib104|ib105|ib106|ib110|ib111|ib112|ib113',
    'ip has been [temporarily] blocked for ..8 attempting',
  ]),
  godaddy(
    'godaddy.rate',
    'rate_limited',
    '550 This message has exceeded the max number of messages per session. Open a new session and try again. IB510',
    ['ib007|ib102|ib510|ib511|ib504|ib505|ib506|ib507|ib605|ib607', 'exceeded the max number of messages per session'],
  ),
  godaddy('godaddy.spf', 'auth_failure', '550 5.1.0 192.0.2.222 is not allowed to send from <example.net> per its SPF Record. IB508', [
    'ib508',
    'ib501',
    'not allowed to send from ..6 spf record',
  ]),
  godaddy(
    'godaddy.from',
    'content_rejected',
    '550 user@example.com IP addresses are not allowed as a From: Address. Provide a valid From. IB502',
    ['ib502'],
  ),
  godaddy('godaddy.sender', 'sender_rejected', '550 Invalid sender. IB504x sender domain does not exist IB201', [
    'ib201|ib203|ib401|ib402',
  ]),
  godaddy(
    'godaddy.spam',
    'spam_content',
    '552 This message has been rejected due to content judged to be spam by the internet community. IB212',
    ['ib212|ib701|ib702|ib703|ib704|ib706|ib707|ib708', 'content judged to be spam'],
  ),
  godaddy('godaddy.virus', 'virus_detected', '552 Virus infected message rejected. IB705', ['ib705']),
  charter(
    'charter.policy',
    'rate_limited',
    '550 5.1.0 <user@amazonses.com> sender rejected. Please see error codes for more information. AUP#In-1310',
    ['aup in', 'e2110|e2120'],
    { unless: ['block*'] },
  ),
  charter('charter.unknown', 'user_unknown', '550 5.1.1 Quai1i017301iRB04uaicS Invalid recipient: <user@charter.net> E3210', [
    'e3210|e3110|e3120',
  ]),
  cox('cox.listed', 'ip_reputation', '554 cox.net 192.0.2.1 blocked - Refer to Error Codes section at https://www.cox.com AUP#CXBL', [
    'aup cxbl|cdrbl|cxtht',
    'aup ipbl*',
    'ipbl0*',
    'ipbl1*',
    'cxbl',
  ]),
  cox('cox.rate', 'rate_limited', '421 cox.net too many sessions from 192.0.2.1 AUP#CXCNCT', ['cxcnct|cxmxrt|cxcnct|cxmxrt|cxmlt']),
  cox('cox.rdns', 'rdns_failure', '554 cox.net rejected - no rDNS AUP#CXDNS', ['cxdns|cxhelo']),
  cox('cox.sender', 'sender_rejected', '552 5.2.0 message rejected: invalid sender domain AUP#CXSNDR', ['cxsndr|cxsnd']),
  mimecast(
    'mimecast.greylisting',
    'greylisting',
    '451 Internal resource temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451',
    ['internal resource ..1 temporarily unavailable'],
  ),
  mimecast('mimecast.spoofing', 'auth_failure', '550 Rejected by header based Anti-Spoofing policy: user@example.com', [
    'header based anti spoofing',
    'anti spoofing policy',
  ]),
  mimecast('mimecast.blocked_sender', 'recipient_refused', '550 Rejected by header based manually Blocked Senders: user@example.com', [
    'manually blocked senders',
    'header based blocked senders',
  ]),
  mimecast('mimecast.network', 'ip_reputation', '554 Host network not allowed - https://community.mimecast.com/docs/DOC-1369#554', [
    'host network not allowed',
    'host network ..1 not accepted',
  ]),
  mimecast('mimecast.signature', 'spam_content', '554 email rejected due to security policies - MCSpamSignature.sa.2.2', [
    'mcspamsignature*',
    '.mcspamsignature',
  ]),
  mimecast('mimecast.envelope', 'policy_block', '550 Administrative prohibition - envelope blocked', [
    'administrative prohibition',
    'envelope blocked',
    'rejected due to security policies',
  ]),
  apple(
    'apple.policy',
    'policy_block',
    '550 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
    ['cs01', 'hm07|hm08|hme1'],
  ),
  apple('apple.inactive', 'mailbox_disabled', '550 5.1.1 <user@icloud.com>: inactive email address', ['inactive email address']),
  qq('qq.rate', 'rate_limited', '550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help', [
    'ip|sender|domain|connection frequency limited',
    'ip|sender|domain ..1 limited ..3 frequency',
    'mail content ..2 frequency limited',
  ]),
  qq('qq.suspected', 'spam_content', '550 Mail content denied. http://service.mail.qq.com/cgi-bin/help', [
    'mail content denied',
    'suspected [bounce] spam ip|mail|content',
  ]),
  qq('qq.rejected_by_recipients', 'recipient_refused', '550 Mail is rejected by recipients', ['mail is rejected by recipients']),
  {
    name: 'netease.limits',
    category: 'rate_limited',
    source: 'mail.163.com, help: codes of rejected mail (HL, MI, RP)',
    example: '421 HL:ICC 163 mx1',
    text: ['hl icc|ifc|ifq|itc|iht', 'rp drc|ret|trc|rcl|qrc|cel|ccl', 'mi dmc|ces|stc|ftl|nho|scl|cel|ccl|sfq|imf', 'rpt qrc'],
  },
  {
    name: 'netease.listed',
    category: 'ip_reputation',
    source: 'mail.163.com, help: codes of rejected mail (HL, WM, DT:RBL)',
    example: '554 HL:IPB 163 mx5',
    text: ['hl rep|mep|ipb|ihu|idl', 'wm bli|blu', 'dt rbl'],
  },
  {
    name: 'netease.spam',
    category: 'spam_content',
    source: 'mail.163.com, help: codes of rejected mail (DT, MI)',
    example: '554 DT:SPM 163 mx5, please see http://mail.163.com/help/help_spam_16.htm',
    text: ['dt spm|sum', 'mi sps|spb'],
  },
  {
    name: 'mailru.spam',
    category: 'spam_content',
    source: 'help.mail.ru/notspam-support',
    example: '550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=7y4 or report details to abuse@corp.mail.ru',
    text: ['spam message rejected|discarded'],
  },
  {
    name: 'yandex.recipient_policy',
    category: 'recipient_refused',
    source: 'yandex.com/support/mail, error messages',
    example: '550 5.7.1 Policy rejection on the target address',
    text: ['policy rejection on the target address'],
  },
  {
    name: 'facebook.response_codes',
    category: 'rate_limited',
    source: 'postmaster.facebook.com/response_codes',
    example: '421 4.7.1 RCP-T1 http://postmaster.facebook.com/response_codes?ip= Rate limited',
    text: ['rcp t1|t2|t3', 'con t1|t2|t3', 'msg t1|t2|t3', 'int t1|t2'],
  },
  {
    name: 'facebook.unknown',
    category: 'user_unknown',
    source: 'postmaster.facebook.com/response_codes',
    example: '550 5.1.1 RCP-P1 http://postmaster.facebook.com/response_codes?ip= Recipient unknown',
    text: ['rcp p1|p2'],
  },
  {
    name: 'facebook.policy',
    category: 'ip_reputation',
    source: 'postmaster.facebook.com/response_codes',
    example: '421 4.7.1 POL-T2 http://postmaster.facebook.com/response_codes?ip= Connection refused',
    text: ['pol t1|t2|p1|p2|p3|p4|p5|p6|p7|p8', 'dns p1|p2|p3|t1|t2'],
  },
  {
    name: 'trendmicro.reputation',
    category: 'ip_reputation',
    source: 'Trend Micro Email Reputation Services',
    example: '550 5.7.1 Recipient address rejected: ERS-Customized-Block.',
    text: ['ers customized block', 'ers rbl|dul|qil', 'blocked using ..2 trend'],
  },
  {
    name: 'cloudflare.upstream',
    category: 'system_error',
    source: 'developers.cloudflare.com/email-routing/postmaster',
    example: '421 4.3.0 Upstream error, please check https://developers.cloudflare.com/email-routing/postmaster',
    text: ['upstream error', '^ upstream ..2 temporary'],
  },
  {
    name: 'messagelabs.filtered',
    category: 'spam_content',
    source: 'symanteccloud.com/troubleshooting',
    example: '553 Message filtered. Refer to the Troubleshooting page at http://www.symanteccloud.com/troubleshooting (#5.7.1)',
    text: ['message filtered'],
  },
  {
    name: 'proofpoint.blocked',
    category: 'ip_reputation',
    source: 'support.proofpoint.com/dnsbl-lookup.cgi; ipcheck.proofpoint.com',
    example: '554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1',
    text: ['.ipcheck', '/dnsbl-lookup', '.prs'],
  },
  {
    name: 'att.listed',
    category: 'ip_reputation',
    source: 'att.net, block inquiry',
    example: '553 5.3.0 flpd594 DNSBL:RBL 521< 1.2.3.4 >_is_blocked. For assistance forward this email to abuse_rbl@abuse-att.net',
    text: ['attrbl', 'dnsbl rbl|attrbl ..3 is blocked', '^ ip is blocked', 'blocked by ldap'],
  },
];

/** Codes without words that this provider uses in a narrower sense than the registry. Asked after all words. */
export const PROVIDER_CODE_RULES: readonly Rule[] = [
  {
    name: 'gmail.code_450_4.2.1',
    category: 'recipient_rate_limited',
    source: GMAIL,
    example: '450 4.2.1 zq gsmtp',
    detail: ['2.1'],
    digit: 4,
    provider: ['gmail', 'yandex'],
  },
  {
    name: 'yahoo.code_421_4.7.1',
    category: 'rate_limited',
    source: YAHOO,
    example: '421 4.7.1 zq yahoodns.net',
    code: [421],
    detail: ['7.1'],
    provider: ['yahoo', 'microsoft'],
  },
  { name: 'yahoo.code_451', category: 'server_busy', source: YAHOO, example: '451 zq yahoodns.net', code: [451], provider: ['yahoo'] },
];

export const PROVIDER_RULES: readonly Rule[] = [...GMAIL_RULES, ...MICROSOFT_RULES, ...YAHOO_RULES, ...FRENCH_RULES, ...OTHER_RULES];
