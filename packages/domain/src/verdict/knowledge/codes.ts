/** Knowledge of single codes: more precise than that of the category, for a code alone and for a provider's use of it. */
import type { Category } from '../types.ts';
import type { Knowledge } from './knowledge.ts';

export interface CodeKnowledge extends Knowledge {
  /** `450 4.2.1`; `x` stands for any number. */
  readonly code: string;
  /** Only for this provider, as `providerOf` names it. */
  readonly provider?: string;
  /** What the code means without words. */
  readonly category: Category;
  readonly source: string;
}

const IANA = 'IANA SMTP Enhanced Status Codes; RFC 3463; RFC 5321';
const GMAIL = 'support.google.com/a/answer/3726730';
const MICROSOFT = 'learn.microsoft.com, Email non-delivery reports and SMTP errors in Exchange Online';
const OUTLOOK = 'sendersupport.olc.protection.outlook.com/pm/troubleshooting';
const YAHOO = 'senders.yahooinc.com/smtp-error-codes';

type Rest = Pick<Knowledge, 'meaning' | 'causes' | 'actions' | 'worryAfterHours'>;
const entry = (code: string, category: Category, source: string, rest: Rest, provider?: string): CodeKnowledge => ({
  code,
  category,
  source,
  ...rest,
  ...(provider === undefined ? {} : { provider }),
});

export const CODE_KNOWLEDGE: readonly CodeKnowledge[] = [
  entry('421', 'server_busy', IANA, {
    meaning: 'The server closes the connection: not now. As often a rate limit as real trouble.',
    causes: ['load or maintenance', 'too many connections or messages from you', 'reputation'],
    actions: ['read the text for "rate", "too many", a block list or your IP address', 'open fewer connections', 'keep the usual retries'],
    worryAfterHours: 4,
  }),
  entry('421 4.7.0', 'rate_limited', IANA, {
    meaning: 'A security policy closes the connection for now: nearly always rate or reputation of the sender.',
    causes: ['too fast for your reputation', 'complaints', 'missing PTR record or TLS', 'rarely a problem of the provider itself'],
    actions: ['slow down to this provider', 'check PTR record, SPF, DKIM and TLS', 'watch complaints'],
    worryAfterHours: 4,
  }),
  entry('421 4.7.28', 'rate_limited', IANA, {
    meaning: 'Mail flood: an unusual rate of mail from you.',
    causes: ['a peak without warm-up', 'a compromised account', 'bulk mail to recipients who do not want it'],
    actions: ['cut the rate to a tenth, then raise it over days', 'look for accounts that send what they should not'],
    worryAfterHours: 1,
  }),
  entry('450 4.1.1', 'user_unknown', IANA, {
    meaning: 'Mailbox not known, said temporarily. "Address verification in progress" means something else: a probe is waiting.',
    causes: [
      'Postfix with a reject code of 450 while it is tested',
      'a directory that does not answer',
      'recipient verification that waits for the next server',
    ],
    actions: ['keep the usual retries', 'after 24 h of the same words, treat as an unknown user'],
    worryAfterHours: 24,
  }),
  entry('450 4.2.1', 'mailbox_unavailable', IANA, {
    meaning: 'The mailbox takes no mail now: switched off for a while, or limited in rate. With "rate" or "too quickly" it never counts.',
    causes: ['temporarily disabled mailbox', 'more mail than the provider lets through'],
    actions: ['read the text', 'keep the usual retries, an hour apart'],
    worryAfterHours: 24,
  }),
  entry('450 4.7.1', 'greylisting', IANA, {
    meaning: 'Refused for now by policy: mostly greylisting. In 4 of 10 cases PTR record, HELO or sender, which waiting does not cure.',
    causes: ['greylisting', 'no PTR record, HELO name that does not resolve', 'policy service'],
    actions: ['try again after 5 to 15 minutes from the same IP address', 'the same after 4 h: check PTR record and HELO'],
    worryAfterHours: 4,
  }),
  entry('451 4.3.0', 'system_error', IANA, {
    meaning: 'Something in the receiving system failed.',
    causes: ['a filter or lookup that fails', 'queue or disk trouble'],
    actions: ['keep the usual retries', 'after a day tell their postmaster'],
    worryAfterHours: 24,
  }),
  entry('451 4.4.0', 'system_error', IANA, {
    meaning: 'Network or routing trouble behind the receiving server.',
    causes: ['the next hop does not answer', 'replication that fails'],
    actions: ['keep the usual retries'],
    worryAfterHours: 24,
  }),
  entry('451 4.7.1', 'greylisting', IANA, {
    meaning: 'Try again later, for reasons of policy: nearly always greylisting.',
    causes: ['greylisting', 'a filter in doubt (rspamd soft reject)', 'rate'],
    actions: ['try again after 5 to 15 minutes from the same IP address', 'the same after 4 h: look at reputation and authentication'],
    worryAfterHours: 4,
  }),
  entry('451 4.3.5', 'system_error', IANA, {
    meaning: 'The receiving server is configured wrongly.',
    causes: ['Postfix "Server configuration error": a broken map or policy service'],
    actions: ['keep the usual retries', 'tell their postmaster: they may not know'],
    worryAfterHours: 4,
  }),
  entry('452 4.2.2', 'mailbox_full', IANA, {
    meaning: 'Mailbox full.',
    causes: ['abandoned mailbox', 'quota shared with files and photos'],
    actions: ['keep the usual retries', 'full for 72 h: soft bounce'],
    worryAfterHours: 72,
  }),
  entry('452 4.3.1', 'server_busy', IANA, {
    meaning: 'The mail system, not the mailbox, has no room or no resources.',
    causes: ['full queue disk', 'back pressure of Exchange', 'a throttle in disguise'],
    actions: ['keep the usual retries', 'open fewer connections'],
    worryAfterHours: 4,
  }),
  entry('452 4.5.3', 'too_many_recipients', IANA, {
    meaning: 'Too many recipients in this transaction.',
    causes: ['a batch larger than the server takes'],
    actions: ['send the rest in a new transaction at once', 'lower the recipients per transaction for this host'],
    worryAfterHours: 4,
  }),
  entry(
    '421 4.7.0',
    'rate_limited',
    GMAIL,
    {
      meaning:
        'Gmail limits you for now: rate, reputation, missing PTR or TLS; or a "Temporary System Problem" of its own, which the text says.',
      causes: [
        'unusual rate of unsolicited mail',
        'low reputation of IP address or domain',
        'no PTR record',
        'TLS required by the recipient domain',
      ],
      actions: ['slow down to Gmail', 'look at Postmaster Tools: spam rate under 0.3 %', 'send to engaged recipients first'],
      worryAfterHours: 4,
    },
    'gmail',
  ),
  entry(
    '421 4.7.28',
    'rate_limited',
    GMAIL,
    {
      meaning: 'Gmail sees an unusual rate from your IP address, domain or a link in the message.',
      causes: ['a peak without warm-up', 'complaints', 'a link domain that others abuse'],
      actions: [
        'pause bulk mail to Gmail for some hours',
        'then begin at a tenth of the rate',
        'check what the text names: IP address, DKIM or SPF domain, URL',
      ],
      worryAfterHours: 1,
    },
    'gmail',
  ),
  entry(
    '450 4.2.1',
    'recipient_rate_limited',
    GMAIL,
    {
      meaning: 'The Gmail user receives mail too quickly. The mailbox works: never counted.',
      causes: ['a mailing storm to this address', 'a mailbox that many systems write to'],
      actions: ['try again after an hour or more', 'bundle notifications to this address'],
      worryAfterHours: 24,
    },
    'gmail',
  ),
  entry(
    '451 4.3.0',
    'system_error',
    GMAIL,
    {
      meaning:
        'Gmail temporarily rejects the message. With "Multiple destination domains per transaction" the fault is ours: one domain per transaction.',
      causes: ['trouble at Gmail', 'recipients of several domains in one transaction'],
      actions: ['keep the usual retries', 'one recipient domain per transaction'],
      worryAfterHours: 24,
    },
    'gmail',
  ),
  entry(
    '421 4.7.x',
    'rate_limited',
    OUTLOOK,
    {
      meaning: 'Outlook.com limits you for now, by rate or reputation.',
      causes: ['too many connections or messages for your reputation', 'complaints', 'a new IP address'],
      actions: ['slow down to Outlook.com', 'look at SNDS, join JMRP', 'ask sender support when it lasts'],
      worryAfterHours: 4,
    },
    'microsoft',
  ),
  entry(
    '451 4.7.500',
    'rate_limited',
    MICROSOFT,
    {
      meaning: '"Server busy. Please try again later from [IP]": Microsoft 365 throttles your IP address. It is not busy.',
      causes: ['a new or little known IP address', 'a sudden peak', 'suspicious traffic'],
      actions: [
        'slow down and keep trying: it ends by itself as the address gets known',
        'open a ticket at sender.office.com when it lasts',
      ],
      worryAfterHours: 24,
    },
    'microsoft',
  ),
  entry(
    '451 4.4.0',
    'system_error',
    MICROSOFT,
    {
      meaning: 'Microsoft could not store the message ("failed to be replicated"), or its next hop failed.',
      causes: ['trouble at Microsoft', 'the connector of a hybrid customer is down'],
      actions: ['keep the usual retries', 'one domain only, for a day: tell its administrator'],
      worryAfterHours: 24,
    },
    'microsoft',
  ),
  entry(
    '452 4.3.1',
    'server_busy',
    MICROSOFT,
    {
      meaning: 'Insufficient system resources: an Exchange server under back pressure.',
      causes: ['low disk or memory on the Exchange server'],
      actions: ['keep the usual retries', 'own Exchange of a company: tell its administrator'],
      worryAfterHours: 4,
    },
    'microsoft',
  ),
  entry(
    '421 4.7.0',
    'rate_limited',
    YAHOO,
    {
      meaning: '[TSS04] and its kind: Yahoo defers your IP address because of volume or complaints.',
      causes: ['complaints of Yahoo users', 'a peak', 'a new IP address'],
      actions: ['slow down, leave hours between attempts', 'join the complaint feedback loop and stop what is complained about'],
      worryAfterHours: 4,
    },
    'yahoo',
  ),
  entry(
    '421 4.7.1',
    'rate_limited',
    YAHOO,
    {
      meaning: '[TS03] and its kind: Yahoo defers all mail of your IP address; retrying alone will not end it.',
      causes: ['lasting complaints', 'a listing at Spamhaus'],
      actions: ['stop bulk mail to Yahoo', 'mend the list, then ask at senders.yahooinc.com'],
      worryAfterHours: 1,
    },
    'yahoo',
  ),
  entry(
    '451',
    'server_busy',
    YAHOO,
    {
      meaning: '"Resources temporarily unavailable": Yahoo is short of capacity. It says nothing about the recipient.',
      causes: ['load at Yahoo'],
      actions: ['keep the usual retries', 'open fewer connections'],
      worryAfterHours: 4,
    },
    'yahoo',
  ),
];

/** Entries for a code as people write it (`450`, `4.2.1`, `450 4.2.1`), the most precise first. */
export function knowledgeOfCode(asked: string, provider?: string): readonly CodeKnowledge[] {
  const words = asked
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

/** The code as it was asked for, then the asked provider's, then whole codes. */
function rank(one: CodeKnowledge, asked: readonly string[], provider: string | undefined): number {
  const exact = one.code === asked.join(' ') ? 4 : 0;
  return exact + (provider !== undefined && one.provider === provider ? 2 : 0) + (one.code.includes(' ') ? 1 : 0);
}
