/** Sending practices by which a provider keeps accepting mail. No provider publishes all figures, so each one names its source. */

export interface SendingAdvice {
  readonly provider: string;
  readonly title: string;
  /** Range of concurrent connections from one IP address, minimum and maximum. */
  readonly connections: readonly [number, number];
  /** Further advice for this provider. */
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
    notes: [
      'use one recipient domain per transaction',
      'SPF, DKIM, DMARC and TLS for bulk mail; spam rate under 0.3 % in Postmaster Tools',
    ],
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
    notes: ['after [TSS04], leave hours between attempts, not minutes', 'join the complaint feedback loop'],
    source: `${PRACTICE}; senders.yahooinc.com/best-practices`,
    asOf: '2024',
  },
  {
    provider: 'comcast',
    title: 'Comcast',
    connections: [5, 10],
    notes: ['above the limit it answers "Too many sessions opened" (421)'],
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
    notes: ['a slow server is easily overloaded: raise the number only while everything is accepted'],
    source: PRACTICE,
    asOf: '2024',
  },
];

/** Minutes to wait before each further attempt; the last entry repeats until `GIVE_UP_AFTER_HOURS`. */
export const RETRY_LADDER: readonly number[] = [15, 30, 60, 120, 240];
/** Hours after which a message that is still deferred counts as a soft bounce. */
export const GIVE_UP_AFTER_HOURS = 72;
export const RETRY_SOURCE =
  'RFC 5321 section 4.5.4.1 (2008) asks for at least 30 minutes between attempts and a give-up time of at least 4 to 5 days; 72 h is the practice of sending platforms, and the default of the policy';

/** Advice for a provider; for small domains if the provider is not in the table. */
export function adviceFor(provider: string | undefined): SendingAdvice {
  const found = SENDING_ADVICE.find((one) => one.provider === provider) ?? SENDING_ADVICE.find((one) => one.provider === '*');
  return found as SendingAdvice;
}

/** Signs of greylisting. Servers do not always name it. */
export const GREYLISTING_SIGNS: readonly string[] = [
  'it is the first message to that server, or to that recipient from this sender',
  'a 4xx reply comes within the first seconds, usually 450 or 451 with 4.7.1 or 4.2.0',
  'the same message is accepted 5 to 15 minutes later',
];
