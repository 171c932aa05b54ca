/** Knowledge of single codes, in general and as a provider uses them. It is more precise than that of the category. */
import type { Category } from '../types.ts';
import type { Knowledge } from './knowledge.ts';

export interface CodeKnowledge extends Knowledge {
  /** `450 4.2.1`; `x` stands for any number. */
  readonly code: string;
  /** Applies only to this provider, as named by `providerOf`. */
  readonly provider?: string;
  /** Meaning of the code without any words. */
  readonly category: Category;
  readonly source: string;
}

const IANA = 'IANA SMTP Enhanced Status Codes; RFC 3463; RFC 5321';
const GMAIL = 'support.google.com/a/answer/3726730';
const MICROSOFT = 'learn.microsoft.com, Email non-delivery reports and SMTP errors in Exchange Online';
const OUTLOOK = 'sendersupport.olc.protection.outlook.com/pm/troubleshooting';
const YAHOO = 'senders.yahooinc.com/smtp-error-codes';

export const CODE_KNOWLEDGE: readonly CodeKnowledge[] = [
  {
    code: '421',
    category: 'server_busy',
    source: IANA,
    meaning: 'The server closes the connection: not now. It is as often a rate limit as real trouble.',
    causes: ['load or maintenance', 'too many connections or messages from you', 'reputation'],
    actions: ['read the text for "rate", "too many", a block list or your IP address', 'open fewer connections', 'keep the usual retries'],
    worryAfterHours: 4,
  },
  {
    code: '421 4.7.0',
    category: 'rate_limited',
    source: IANA,
    meaning: 'A security policy closes the connection for now, nearly always because of the rate or reputation of the sender.',
    causes: ['a rate too high for your reputation', 'complaints', 'a missing PTR record or TLS', 'rarely a problem of the provider itself'],
    actions: ['slow down to this provider', 'check PTR record, SPF, DKIM and TLS', 'watch complaints'],
    worryAfterHours: 4,
  },
  {
    code: '421 4.7.28',
    category: 'rate_limited',
    source: IANA,
    meaning: 'Mail flood: an unusual rate of mail from you.',
    causes: ['a peak without warm-up', 'a compromised account', 'bulk mail to recipients who do not want it'],
    actions: ['cut the rate to a tenth, then raise it over days', 'look for compromised or abusive accounts'],
    worryAfterHours: 1,
  },
  {
    code: '450 4.1.1',
    category: 'user_unknown',
    source: IANA,
    meaning:
      'The mailbox is unknown, but the reply is temporary. "Address verification in progress" means something else: a probe is still running.',
    causes: [
      'a Postfix with reject code 450 during a test',
      'a directory that does not answer',
      'a recipient verification that waits for the next server',
    ],
    actions: ['keep the usual retries', 'after 24 h of the same reply, treat the user as unknown'],
    worryAfterHours: 24,
  },
  {
    code: '450 4.2.1',
    category: 'mailbox_unavailable',
    source: IANA,
    meaning:
      'The mailbox accepts no mail now: it is disabled for a while, or its rate is limited. With "rate" or "too quickly" it never counts.',
    causes: ['a temporarily disabled mailbox', 'more mail than the provider allows'],
    actions: ['read the text', 'keep the usual retries, an hour apart'],
    worryAfterHours: 24,
  },
  {
    code: '450 4.7.1',
    category: 'greylisting',
    source: IANA,
    meaning:
      'Refused for now by policy: mostly greylisting. In 4 of 10 cases the cause is the PTR record, HELO or sender, which waiting does not fix.',
    causes: ['greylisting', 'no PTR record, or a HELO name that does not resolve', 'a policy service'],
    actions: ['try again after 5 to 15 minutes from the same IP address', 'if it is the same after 4 h, check the PTR record and HELO'],
    worryAfterHours: 4,
  },
  {
    code: '451 4.3.0',
    category: 'system_error',
    source: IANA,
    meaning: 'Something in the receiving system failed.',
    causes: ['a failing filter or lookup', 'a problem with a queue or disk'],
    actions: ['keep the usual retries', 'after a day, tell their postmaster'],
    worryAfterHours: 24,
  },
  {
    code: '451 4.4.0',
    category: 'system_error',
    source: IANA,
    meaning: 'A network or routing problem behind the receiving server.',
    causes: ['the next hop does not answer', 'failing replication'],
    actions: ['keep the usual retries'],
    worryAfterHours: 24,
  },
  {
    code: '451 4.7.1',
    category: 'greylisting',
    source: IANA,
    meaning: 'Try again later, for reasons of policy: nearly always greylisting.',
    causes: ['greylisting', 'an undecided filter (rspamd soft reject)', 'rate'],
    actions: [
      'try again after 5 to 15 minutes from the same IP address',
      'if it is the same after 4 h, check reputation and authentication',
    ],
    worryAfterHours: 4,
  },
  {
    code: '451 4.3.5',
    category: 'system_error',
    source: IANA,
    meaning: 'The receiving server is configured wrongly.',
    causes: ['Postfix "Server configuration error": a broken map or policy service'],
    actions: ['keep the usual retries', 'tell their postmaster, who may not know'],
    worryAfterHours: 4,
  },
  {
    code: '452 4.2.2',
    category: 'mailbox_full',
    source: IANA,
    meaning: 'The mailbox is full.',
    causes: ['an abandoned mailbox', 'a quota shared with files and photos'],
    actions: ['keep the usual retries', 'if it is full for 72 h, treat it as a soft bounce'],
    worryAfterHours: 72,
  },
  {
    code: '452 4.3.1',
    category: 'server_busy',
    source: IANA,
    meaning: 'The mail system, not the mailbox, is out of space or resources.',
    causes: ['a full queue disk', 'back pressure of Exchange', 'a rate limit that is not named'],
    actions: ['keep the usual retries', 'open fewer connections'],
    worryAfterHours: 4,
  },
  {
    code: '452 4.5.3',
    category: 'too_many_recipients',
    source: IANA,
    meaning: 'Too many recipients in this transaction.',
    causes: ['a batch larger than the server accepts'],
    actions: ['send the rest in a new transaction at once', 'lower the number of recipients per transaction for this host'],
    worryAfterHours: 4,
  },
  {
    code: '421 4.7.0',
    category: 'rate_limited',
    source: GMAIL,
    meaning:
      'Gmail limits you for now: rate, reputation, a missing PTR record or TLS; or it has a "Temporary System Problem" of its own, which the text then says.',
    causes: [
      'an unusual rate of unsolicited mail',
      'a low reputation of IP address or domain',
      'no PTR record',
      'TLS required by the recipient domain',
    ],
    actions: ['slow down to Gmail', 'check Postmaster Tools: keep the spam rate under 0.3 %', 'send to engaged recipients first'],
    worryAfterHours: 4,
    provider: 'gmail',
  },
  {
    code: '421 4.7.28',
    category: 'rate_limited',
    source: GMAIL,
    meaning: 'Gmail sees an unusual rate of mail from your IP address or domain, or with a link in the message.',
    causes: ['a peak without warm-up', 'complaints', 'a link domain that others abuse'],
    actions: [
      'pause bulk mail to Gmail for some hours',
      'then begin at a tenth of the rate',
      'check what the text names: IP address, DKIM or SPF domain, URL',
    ],
    worryAfterHours: 1,
    provider: 'gmail',
  },
  {
    code: '450 4.2.1',
    category: 'recipient_rate_limited',
    source: GMAIL,
    meaning: 'The Gmail user receives mail too quickly. The mailbox works, so this never counts.',
    causes: ['a mailing storm to this address', 'a mailbox that many systems write to'],
    actions: ['try again after an hour or more', 'bundle notifications to this address'],
    worryAfterHours: 24,
    provider: 'gmail',
  },
  {
    code: '451 4.3.0',
    category: 'system_error',
    source: GMAIL,
    meaning:
      'Gmail temporarily rejects the message. With "Multiple destination domains per transaction" the sender is at fault: use one domain per transaction.',
    causes: ['a problem at Gmail', 'recipients of several domains in one transaction'],
    actions: ['keep the usual retries', 'use one recipient domain per transaction'],
    worryAfterHours: 24,
    provider: 'gmail',
  },
  {
    code: '421 4.7.x',
    category: 'rate_limited',
    source: OUTLOOK,
    meaning: 'Outlook.com limits you for now, because of rate or reputation.',
    causes: ['too many connections or messages for your reputation', 'complaints', 'a new IP address'],
    actions: ['slow down to Outlook.com', 'check SNDS and join JMRP', 'ask sender support if it persists'],
    worryAfterHours: 4,
    provider: 'microsoft',
  },
  {
    code: '451 4.7.500',
    category: 'rate_limited',
    source: MICROSOFT,
    meaning: '"Server busy. Please try again later from [IP]": Microsoft 365 throttles your IP address. It is not busy.',
    causes: ['a new or little-known IP address', 'a sudden peak', 'suspicious traffic'],
    actions: [
      'slow down and keep trying: it ends by itself as the IP address becomes known',
      'open a ticket at sender.office.com if it persists',
    ],
    worryAfterHours: 24,
    provider: 'microsoft',
  },
  {
    code: '451 4.4.0',
    category: 'system_error',
    source: MICROSOFT,
    meaning: 'Microsoft could not store the message ("failed to be replicated"), or its next hop failed.',
    causes: ['a problem at Microsoft', 'the connector of a hybrid customer is down'],
    actions: ['keep the usual retries', 'if it is one domain only, for a day, tell its administrator'],
    worryAfterHours: 24,
    provider: 'microsoft',
  },
  {
    code: '452 4.3.1',
    category: 'server_busy',
    source: MICROSOFT,
    meaning: 'Insufficient system resources: an Exchange server is under back pressure.',
    causes: ['little disk space or memory on the Exchange server'],
    actions: ['keep the usual retries', 'if a company runs its own Exchange, tell its administrator'],
    worryAfterHours: 4,
    provider: 'microsoft',
  },
  {
    code: '421 4.7.0',
    category: 'rate_limited',
    source: YAHOO,
    meaning: '[TSS04] and similar codes: Yahoo defers your IP address because of volume or complaints.',
    causes: ['complaints of Yahoo users', 'a peak', 'a new IP address'],
    actions: ['slow down, and leave hours between attempts', 'join the complaint feedback loop and stop the mail that causes complaints'],
    worryAfterHours: 4,
    provider: 'yahoo',
  },
  {
    code: '421 4.7.1',
    category: 'rate_limited',
    source: YAHOO,
    meaning: '[TS03] and similar codes: Yahoo defers all mail of your IP address, and retrying alone does not end it.',
    causes: ['persistent complaints', 'a listing at Spamhaus'],
    actions: ['stop bulk mail to Yahoo', 'clean the list, then ask at senders.yahooinc.com'],
    worryAfterHours: 1,
    provider: 'yahoo',
  },
  {
    code: '451',
    category: 'server_busy',
    source: YAHOO,
    meaning: '"Resources temporarily unavailable": Yahoo is short of capacity. It says nothing about the recipient.',
    causes: ['load at Yahoo'],
    actions: ['keep the usual retries', 'open fewer connections'],
    worryAfterHours: 4,
    provider: 'yahoo',
  },
];

/** Entries for a code in any common notation (`450`, `4.2.1`, `450 4.2.1`), the most precise first. */
export function knowledgeOfCode(requested: string, provider?: string): readonly CodeKnowledge[] {
  const words = requested
    .trim()
    .toLowerCase()
    .split(/[\s-]+/);
  const fits = CODE_KNOWLEDGE.filter(({ code }) => words.every((word) => code.split(' ').some((part) => samePart(part, word))));
  return fits
    .filter((one) => one.provider === undefined || provider === undefined || one.provider === provider)
    .toSorted((a, b) => rank(b, words, provider) - rank(a, words, provider));
}

function samePart(part: string, word: string): boolean {
  if (!part.endsWith('.x')) return part === word;
  return part === word || (word.startsWith(part.slice(0, -1)) && word.split('.').length === 3);
}

/** Sort key: exact code first, then the requested provider's entries, then full codes. */
function rank(one: CodeKnowledge, asked: readonly string[], provider: string | undefined): number {
  const exact = one.code === asked.join(' ') ? 4 : 0;
  return exact + (provider !== undefined && one.provider === provider ? 2 : 0) + (one.code.includes(' ') ? 1 : 0);
}
