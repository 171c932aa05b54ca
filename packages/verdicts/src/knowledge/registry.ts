/** What the standards say of reply codes: basic codes of SMTP, and the enhanced codes that IANA has registered. In words of our own. */

export interface RegisteredCode {
  readonly code: string;
  readonly meaning: string;
  readonly source: string;
}

const SMTP = 'RFC 5321 section 4.2.3';
const AUTH = 'RFC 4954 section 6';

const BASIC: Readonly<Record<string, readonly [meaning: string, source: string]>> = {
  421: ['The service is not available and the server closes the connection.', SMTP],
  432: ['The password must be changed to another mechanism first.', AUTH],
  450: ['The mailbox is not available now: it is busy, or policy blocks it for now.', SMTP],
  451: ['The server gave up because of an error of its own.', SMTP],
  452: ['The server is short of storage.', SMTP],
  454: ['Authentication, or TLS, is not possible for now.', `${AUTH}; RFC 3207 section 4`],
  455: ['The server cannot fulfil the parameters of the command now.', SMTP],
  500: ['The command is not recognised, or too long.', SMTP],
  501: ['The parameters or arguments of the command have an error.', SMTP],
  502: ['The server does not implement the command.', SMTP],
  503: ['The command came out of order.', SMTP],
  504: ['The server does not implement this parameter of the command.', SMTP],
  521: ['The host accepts no mail at all.', 'RFC 7504 section 3'],
  523: ['The connection must be encrypted first.', 'RFC 5248 section 3'],
  524: ['The password must be changed to another mechanism first.', 'RFC 5248 section 3'],
  525: ['The account that signed in is disabled.', 'RFC 5248 section 3'],
  530: ['The client must authenticate, or begin TLS, first.', `${AUTH}; RFC 3207 section 4`],
  534: ['The authentication mechanism is too weak.', AUTH],
  535: ['The credentials are not valid.', AUTH],
  538: ['This authentication mechanism requires encryption.', AUTH],
  550: ['The mailbox is not available: it does not exist, nobody may use it, or policy refuses the mail.', SMTP],
  551: ['The user is not here; the reply may say where.', SMTP],
  552: ['The mail exceeds the storage that it may use.', SMTP],
  553: ['The name of the mailbox is not allowed, for example its form is wrong.', SMTP],
  554: ['The transaction failed; as the first reply of a connection: there is no service here.', SMTP],
  555: ['The server does not know a parameter of MAIL FROM or RCPT TO.', SMTP],
  556: ['The domain of the recipient accepts no mail.', 'RFC 7504 section 3'],
};

const SUBJECTS: readonly string[] = [
  'other or undefined',
  'addressing',
  'mailbox',
  'mail system',
  'network and routing',
  'mail delivery protocol',
  'message content or media',
  'security or policy',
];

const RFC_3463 = 'RFC 3463';
/** By subject and detail; without a source of its own: RFC 3463. */
const ENHANCED: Readonly<Record<string, string | readonly [meaning: string, source: string]>> = {
  '0.0': 'Nothing more is known than whether it may be tried again.',
  '1.0': 'Something about the address.',
  '1.1': 'The mailbox does not exist.',
  '1.2': 'The system of the recipient does not exist, or accepts no mail.',
  '1.3': 'The address of the recipient has a wrong syntax.',
  '1.4': 'The address matches more than one recipient.',
  '1.5': 'The address is valid (for positive replies).',
  '1.6': 'The mailbox has moved, and mail is not forwarded.',
  '1.7': 'The address of the sender has a wrong syntax.',
  '1.8': 'The system of the sender does not exist, or accepts no mail.',
  '1.9': ['The message was passed on to a system that reports nothing back.', 'RFC 3886'],
  '1.10': ['The domain of the recipient declares that it accepts no mail (null MX).', 'RFC 7505'],
  '2.0': 'Something about the mailbox.',
  '2.1': 'The mailbox exists and accepts no mail.',
  '2.2': 'The mailbox is full.',
  '2.3': 'The message is longer than the mailbox accepts.',
  '2.4': 'The mailing list could not be expanded.',
  '3.0': 'Something about the receiving system.',
  '3.1': 'The storage of the system is full.',
  '3.2': 'The system accepts no mail from the network now.',
  '3.3': 'The system lacks a feature that the message needs.',
  '3.4': 'The message is larger than the system accepts.',
  '3.5': 'The system is configured wrongly.',
  '3.6': ['The requested priority was changed.', 'RFC 6710'],
  '4.0': 'Something about the network or the route.',
  '4.1': 'The next host does not answer.',
  '4.2': 'The connection broke.',
  '4.3': 'A directory server, such as DNS, failed.',
  '4.4': 'No route to the recipient is known.',
  '4.5': 'The system is congested.',
  '4.6': 'The message runs in a loop.',
  '4.7': 'The message was not delivered in the time that it had.',
  '5.0': 'Something about the SMTP dialogue.',
  '5.1': 'The command is unknown, or out of order.',
  '5.2': 'The command has a wrong syntax.',
  '5.3': 'There are more recipients than one transaction may have.',
  '5.4': 'The arguments of the command are not valid.',
  '5.5': 'The two sides speak different versions of the protocol.',
  '5.6': ['A line of the authentication is too long.', 'RFC 4954'],
  '6.0': 'Something about the content.',
  '6.1': 'The type of the content is not supported.',
  '6.2': 'The content would have to be converted, which is forbidden.',
  '6.3': 'The content would have to be converted, which is not supported.',
  '6.4': 'The content was converted, and something was lost.',
  '6.5': 'The content could not be converted.',
  '6.6': ['The content cannot be fetched.', 'RFC 4468'],
  '6.7': ['Addresses beyond ASCII are not accepted here.', 'RFC 6531'],
  '6.8': ['The reply needs UTF-8, which the client does not allow.', 'RFC 6531'],
  '6.9': ['The headers are UTF-8, which the next system does not take.', 'RFC 6531'],
  '7.0': 'Something about security or policy.',
  '7.1': 'The sender is not authorised to send to this recipient.',
  '7.2': 'The sender may not send to this mailing list.',
  '7.3': 'A conversion for security is needed and not possible.',
  '7.4': 'The security features of the message are not supported.',
  '7.5': 'A cryptographic operation failed.',
  '7.6': 'The cryptographic algorithm is not supported.',
  '7.7': 'The message was changed on its way.',
  '7.8': ['The credentials are not valid.', 'RFC 4954'],
  '7.9': ['The authentication mechanism is too weak.', 'RFC 4954'],
  '7.10': ['The connection must be encrypted first.', 'RFC 5248'],
  '7.11': ['This authentication mechanism requires encryption.', 'RFC 4954'],
  '7.12': ['The password must be changed to another mechanism first.', 'RFC 4954'],
  '7.13': ['The account is disabled.', 'RFC 5248'],
  '7.14': ['The two systems do not trust each other.', 'RFC 5248'],
  '7.15': ['The priority is too low for this server now.', 'RFC 6710'],
  '7.16': ['The message is too large for its priority.', 'RFC 6710'],
  '7.17': ['The mailbox has another owner than the sender knew.', 'RFC 7293'],
  '7.18': ['The domain has another owner than the sender knew.', 'RFC 7293'],
  '7.19': ['Whether the owner is still the same cannot be tested.', 'RFC 7293'],
  '7.20': ['No DKIM signature is valid.', 'RFC 7372'],
  '7.21': ['No DKIM signature is acceptable to this server.', 'RFC 7372'],
  '7.22': ['No valid DKIM signature is of the domain of the author.', 'RFC 7372'],
  '7.23': ['SPF does not allow the sending address.', 'RFC 7372'],
  '7.24': ['SPF could not be evaluated.', 'RFC 7372'],
  '7.25': ['The sending address has no name, or the name does not lead back to it.', 'RFC 7372'],
  '7.26': ['Several checks of authentication failed.', 'RFC 7372'],
  '7.27': ['The domain of the sender declares that it accepts no mail (null MX).', 'RFC 7505'],
  '7.28': ['There is too much mail at once.', 'IANA SMTP Enhanced Status Codes'],
  '7.29': ['The ARC signatures are not valid.', 'RFC 8617'],
  '7.30': ['The message demands TLS all the way, and the next server does not promise it.', 'RFC 8689'],
};

export interface EnhancedCode extends RegisteredCode {
  readonly class: 'temporary' | 'permanent';
  readonly subject: string;
}

/** What a code says by the standards. A part is null when it is not given, or not registered. */
export interface CodeByStandard {
  /** As it is written: `550 5.1.1`. */
  readonly code: string;
  readonly basic: RegisteredCode | null;
  readonly enhanced: EnhancedCode | null;
}

const CODE = /^([45]\d\d)?(?:(?:^|[\s-]+)([45])\.(\d{1,3})\.(\d{1,3}))?$/;
const LONGEST = 32;

/** A code in any common notation (`550`, `5.1.1`, `550 5.1.1`, `550-5.1.1`). Undefined: the text is no code of 4xx or 5xx. */
export function codeByStandard(text: string): CodeByStandard | undefined {
  const match = text.length > LONGEST || text.trim() === '' ? null : CODE.exec(text.trim());
  if (match === null) return undefined;
  const [, basic, digit, subject = '', detail = ''] = match;
  const enhanced = digit === undefined ? undefined : `${digit}.${Number(subject)}.${Number(detail)}`;
  return {
    code: [basic, enhanced].filter((part) => part !== undefined).join(' '),
    basic: basic === undefined ? null : basicCode(basic),
    enhanced: enhanced === undefined ? null : enhancedCode(enhanced),
  };
}

function basicCode(code: string): RegisteredCode | null {
  const found = BASIC[code];
  return found === undefined ? null : { code, meaning: found[0], source: found[1] };
}

function enhancedCode(code: string): EnhancedCode | null {
  const own = ENHANCED[code.slice(2)];
  if (own === undefined) return null;
  const [meaning, source] = typeof own === 'string' ? [own, RFC_3463] : own;
  return { code, class: code.startsWith('4') ? 'temporary' : 'permanent', subject: SUBJECTS[Number(code[2])] ?? '', meaning, source };
}
