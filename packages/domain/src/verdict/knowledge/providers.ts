/** How to send to a provider so that it keeps taking mail. No provider publishes all of it: each figure says where it is from. */

export interface SendingAdvice {
  readonly provider: string;
  readonly title: string;
  /** Connections at a time from one IP address, from and to. */
  readonly connections: readonly [number, number];
  /** What else helps with this provider. */
  readonly notes: readonly string[];
  readonly source: string;
  /** Year of the source. */
  readonly asOf: string;
}

const PRACTICE = "operators' practice; the provider publishes no number";

export const SENDING_ADVICE: readonly SendingAdvice[] = [
  {
    provider: 'gmail',
    title: 'Gmail and Google Workspace',
    connections: [10, 20],
    notes: ['one recipient domain per transaction', 'SPF, DKIM, DMARC and TLS for bulk mail; spam rate under 0.3 % in Postmaster Tools'],
    source: `${PRACTICE}; support.google.com/a/answer/81126`,
    asOf: '2024',
  },
  {
    provider: 'microsoft',
    title: 'Outlook.com and Microsoft 365',
    connections: [5, 10],
    notes: ['a new IP address is throttled (4.7.500, 4.7.650) until it is known', 'register with SNDS and JMRP'],
    source: `${PRACTICE}; sendersupport.olc.protection.outlook.com/pm`,
    asOf: '2024',
  },
  {
    provider: 'yahoo',
    title: 'Yahoo and AOL',
    connections: [5, 10],
    notes: ['after [TSS04] leave hours, not minutes, between attempts', 'join the complaint feedback loop'],
    source: `${PRACTICE}; senders.yahooinc.com/best-practices`,
    asOf: '2024',
  },
  {
    provider: 'comcast',
    title: 'Comcast',
    connections: [5, 10],
    notes: ['"Too many sessions opened" (421) comes above the limit'],
    source: 'security.comcast.net, Mail delivery error messages: 10 at a time',
    asOf: '2011',
  },
  {
    provider: 'orange',
    title: 'Orange and Wanadoo',
    connections: [1, 3],
    notes: ['OFR_104 and OFR_105 mean too many connections'],
    source: PRACTICE,
    asOf: '2024',
  },
  {
    provider: '*',
    title: 'small domains',
    connections: [2, 5],
    notes: ['one slow server is quickly overrun: raise only while everything is accepted'],
    source: PRACTICE,
    asOf: '2024',
  },
];

/** Minutes to wait before each further attempt; the last entry repeats until `GIVE_UP_AFTER_HOURS`. */
export const RETRY_LADDER: readonly number[] = [15, 30, 60, 120, 240];
/** A message that is still deferred then is a soft failure. */
export const GIVE_UP_AFTER_HOURS = 72;
export const RETRY_SOURCE =
  'RFC 5321 section 4.5.4.1 asks for 30 minutes at least and 4 to 5 days at most, once the first attempts are over (2008); 72 h is the practice of sending platforms, and the default of the policy';

/** Of the provider; of small domains when it is not in the table. */
export function adviceFor(provider: string | undefined): SendingAdvice {
  const found = SENDING_ADVICE.find((one) => one.provider === provider) ?? SENDING_ADVICE.find((one) => one.provider === '*');
  return found as SendingAdvice;
}

/** How greylisting is recognised, in words: the signs, since servers do not always say it. */
export const GREYLISTING_SIGNS: readonly string[] = [
  'the first message to that server, or to that recipient from this sender',
  'a 4xx reply within the first seconds, most often 450 or 451 with 4.7.1 or 4.2.0',
  'the same message is accepted 5 to 15 minutes later',
];
