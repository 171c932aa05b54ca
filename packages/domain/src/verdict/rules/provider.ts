/** The providers' own codes and words: the most precise evidence there is, so they come before general text. */
import type { Rule } from './rule.ts';

const GMAIL = 'support.google.com/a/answer/3726730';
const MICROSOFT = 'learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online';
const YAHOO = 'senders.yahooinc.com/smtp-error-codes';

export const PROVIDER_RULES: readonly Rule[] = [
  {
    name: 'gmail.recipient_rate',
    category: 'recipient_rate_limited',
    source: GMAIL,
    example:
      '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.',
    text: /receiving mail (?:at a rate|too quickly)/,
  },
  {
    name: 'gmail.over_quota',
    category: 'mailbox_full',
    source: GMAIL,
    example: "452 4.2.2 The recipient's inbox is out of storage space. gsmtp",
    text: /inbox is out of storage|email account that you tried to reach is over quota/,
  },
  {
    name: 'gmail.disabled',
    category: 'mailbox_disabled',
    source: GMAIL,
    example: '550 5.2.1 The email account that you tried to reach is disabled. gsmtp',
    text: /account that you tried to reach is (?:disabled|inactive)/,
  },
  {
    name: 'gmail.unknown',
    category: 'user_unknown',
    source: GMAIL,
    example: '550 5.1.1 The email account that you tried to reach does not exist. gsmtp',
    text: /account that you tried to reach does not exist/,
  },
  {
    name: 'gmail.unusual_rate',
    category: 'rate_limited',
    source: GMAIL,
    example: '421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.',
    text: /unusual rate of (?:unsolicited )?(?:mail|email)/,
  },
  {
    name: 'gmail.domain_reputation',
    category: 'domain_reputation',
    source: GMAIL,
    example: '550 5.7.1 likely unsolicited mail due to the very low reputation of the sending domain. gsmtp',
    text: /reputation of the sending domain/,
  },
  {
    name: 'gmail.multiple_domains',
    category: 'rate_limited',
    source: GMAIL,
    example: '451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.',
    text: /multiple destination domains per transaction/,
  },
  {
    name: 'gmail.message_limits',
    category: 'too_many_recipients',
    source: GMAIL,
    example: '452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction.',
    text: /domain policy size per transaction/,
  },
  {
    name: 'microsoft.recipient_rate',
    category: 'recipient_rate_limited',
    source: MICROSOFT,
    example: '432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded',
    text: /storedrv.{0,40}(?:recipient thread limit|limit exceeded)|recipient thread limit exceeded/,
  },
  {
    name: 'microsoft.banned_ip',
    category: 'ip_reputation',
    source: MICROSOFT,
    example: '550 5.7.606 Access denied, banned sending IP [1.2.3.4]',
    text: /banned sending ip|s3140|s3150|part of their network is on our block list|as\((?:3140|3150)\)/,
  },
  {
    name: 'microsoft.temporary_rate',
    category: 'rate_limited',
    source: MICROSOFT,
    example: '451 4.7.650 The mail server has been temporarily rate limited due to IP reputation.',
    detail: ['7.500', '7.650', '7.651', '7.652'],
  },
  {
    name: 'microsoft.resolver_not_found',
    category: 'user_unknown',
    source: MICROSOFT,
    example: '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    text: /resolver\.adr\.\w*notfound|recipient not found by smtp address lookup/,
  },
  {
    name: 'microsoft.access_denied_5_4_1',
    category: 'user_unknown',
    source: MICROSOFT,
    example: '550 5.4.1 Recipient address rejected: Access denied. [AM5EUR03FT041.eop-EUR03.prod.protection.outlook.com]',
    raw: /\b5\.4\.1\b.{0,60}recipient address rejected: access denied/,
  },
  {
    name: 'yahoo.deferred_complaints',
    category: 'rate_limited',
    source: YAHOO,
    example: '421 4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to unexpected volume or user complaints',
    raw: /\[(?:tss|ts)\d\d\]|\[gl01\].{0,40}complaints/,
  },
  {
    name: 'yahoo.mailbox_unknown',
    category: 'user_unknown',
    source: YAHOO,
    example: "554 delivery error: dd This user doesn't have a yahoo.com account (alice@yahoo.com) [0]",
    text: /this user doesn'?t have an? \S{1,40} account/,
  },
  {
    name: 'yahoo.policy',
    category: 'policy_block',
    source: YAHOO,
    example: '553 5.7.1 [BL21] Connections not accepted from servers on our block list',
    raw: /\[bl2[0-9]\]/,
  },
  {
    name: 'icloud.policy',
    category: 'policy_block',
    source: 'support.apple.com/102322',
    example: '550 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
    raw: /\[(?:cs|hm|hme)0?1\d?\]/,
  },
  {
    name: 'comcast.reputation',
    category: 'ip_reputation',
    source: 'postmaster.comcast.net/mail-error-codes.html',
    example: '554 resimta-po-13v.sys.comcast.net comcast 1.2.3.4 Comcast block for spam. BL000000',
    raw: /comcast block for spam|\b(?:bl|rl)000\d{3}\b/,
  },
];
