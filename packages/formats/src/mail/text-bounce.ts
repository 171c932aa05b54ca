/**
 * Bounces that no delivery-status part describes (RFC 3464), from systems that write a fixed text: qmail, Exim before 4.86, Sendmail and
 * Postfix whose report lost its parts, Smail (T-Online), Exchange, Domino, MDaemon, Courier, CommuniGate, IMail, Gmail. A text is read only
 * where the system's own marks stand, and a recipient only with the reason that stands beside it; anything else stays a problem.
 */
import { bareAddress } from '../draft.ts';
import { gaveUp } from '../exim/line.ts';
import { IN_REPLY, phaseOf } from '../postfix/line.ts';
import { classOf, replyCodes } from '../reply.ts';
import type { SmtpPhase } from '@desist/verdicts';
import { bodyText, firstField } from './mime.ts';
import type { Part } from './mime.ts';
import { bareMessageId } from './report.ts';
import type { Mail } from './report.ts';

export interface TextBounce {
  readonly type: 'bounced' | 'deferred' | 'expired';
  readonly recipient: string;
  /** The reply, or the reason in the words of the reporting system. */
  readonly text: string;
  readonly phase?: SmtpPhase | undefined;
}

/** Characters that are read of the text. */
const TEXT_LIMIT = 64 * 1024;
const MOST_RECIPIENTS = 1_000;
/** Recipients whose replies are looked up in the session that the text quotes. More are not read. */
const MOST_IN_SESSION = 100;

/** Empty if the text is of none of these systems, or if a recipient or its reason is missing. */
export function textBounces(mail: Mail): readonly TextBounce[] {
  if (!isFromSystem(mail.root)) return [];
  const text = textOf(mail);
  for (const { mark, read } of SYSTEMS) {
    const match = mark.exec(text);
    if (match === null) continue;
    const found = read({ text, after: text.slice(match.index + match[0].length), mail }).slice(0, MOST_RECIPIENTS);
    if (found.length > 0) return withoutRepeats(found);
  }
  return [];
}

/** Message-ID of the returned mail, if it stands in the text instead of a part. */
export function returnedIdInText(mail: Mail): string | undefined {
  const text = textOf(mail);
  const end = END.exec(text);
  return end === null ? undefined : bareMessageId(/^[> ]{0,4}Message-I[Dd]:\s*(<[^<>\s]{1,998}>)/m.exec(text.slice(end.index))?.[1]);
}

/** The null sender, or a sender that only mail systems use. A person who forwards a bounce is neither. */
function isFromSystem({ fields }: Part): boolean {
  if (firstField(fields, 'return-path')?.trim() === '<>' || firstField(fields, 'x-failed-recipients') !== undefined) return true;
  return /mailer-daemon|postmaster|mail delivery (?:sub)?system|mail administrator|system administrator|mdaemon/i.test(
    firstField(fields, 'from') ?? '',
  );
}

function textOf({ parts }: Mail): string {
  const before = parts.findIndex(({ type }) => type.startsWith('message/'));
  const own = (before === -1 ? parts : parts.slice(0, before)).filter(({ type }) => type.startsWith('text/'));
  const plain = own.filter(({ type }) => type === 'text/plain');
  const texts = (plain.length > 0 ? plain : own).map((part) =>
    part.type === 'text/html' ? withoutTags(bodyText(part, TEXT_LIMIT)) : bodyText(part, TEXT_LIMIT),
  );
  return texts.join('\n').slice(0, TEXT_LIMIT).replaceAll('\r\n', '\n');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ', '#39': "'" };

function withoutTags(html: string): string {
  return html
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|tr|li|pre|h\d)>/gi, '\n')
    .replaceAll(/<[^<>]{0,2000}>/g, '')
    .replaceAll(/&([a-z]{2,4}|#39);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole);
}

/** Where the returned mail begins, in the words of these systems. */
const END =
  /^[ \t]*(?:-{3,} ?(?:Below this line is a copy|Below the next line is a copy|Enclosed (?:are|is)|This is a copy of|Original message|Returned message|Undelivered message|Unsent message|The header of the original|Message header follows|The original message)\b|={3,} ?Original message|\|-+ Message text follows|Original message (?:headers|follows)|:?\s?Message contents follow)/im;

function beforeCopy(text: string): string {
  const end = END.exec(text);
  return end === null ? text : text.slice(0, end.index);
}

interface Input {
  /** The whole text, and what stands behind the system's mark. */
  readonly text: string;
  readonly after: string;
  readonly mail: Mail;
}

interface System {
  readonly mark: RegExp;
  readonly read: (input: Input) => readonly TextBounce[];
}

function withoutRepeats(found: readonly TextBounce[]): readonly TextBounce[] {
  const seen = new Set<string>();
  return found.filter(({ recipient }) => {
    const name = recipient.toLowerCase();
    return !seen.has(name) && seen.add(name);
  });
}

function joined(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

interface Entry<T> {
  readonly head: T;
  readonly own: readonly string[];
}

/** Lines in which `headOf` finds something, each with those directly below that belong to it. */
function entriesOf<T>(
  lines: readonly string[],
  headOf: (line: string) => T | undefined,
  belongs: (line: string) => boolean,
): readonly Entry<T>[] {
  const entries: Entry<T>[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const head = headOf(lines[at] as string);
    if (head === undefined) continue;
    const own: string[] = [];
    while (at + 1 < lines.length && belongs(lines[at + 1] as string)) own.push(lines[(at += 1)] as string);
    entries.push({ head, own });
  }
  return entries;
}

/** The address that a line consists of. */
function addressLine(line: string): string | undefined {
  return addressIn(/^\s*<?([^\s<>]{1,255}@[^\s<>]{1,255})>?\s*$/.exec(line)?.[1]);
}

function addressIn(text: string | undefined): string | undefined {
  const address = bareAddress(text);
  return address !== undefined && /^[^\s@]{1,255}@[^\s@]{1,255}$/.test(address) ? address : undefined;
}

/** What became of the mail: a report of a failure whose reply is temporary means that the system gave up. */
function typeOf(text: string, delayed: boolean): TextBounce['type'] {
  if (delayed) return 'deferred';
  return classOf(replyCodes(text)) === '4' || gaveUp(text) || GAVE_UP.test(text) ? 'expired' : 'bounced';
}

const GAVE_UP =
  /in the queue too long|not going to try again; this message|Delivery failed \d{1,4} attempts|^Message (?:timed out|expired)|unable to deliver .{0,40} for \d{1,3} (?:hours|days)/i;

function bounce(recipient: string, text: string, delayed: boolean, more: Partial<TextBounce> = {}): readonly TextBounce[] {
  return text === '' ? [] : [{ type: typeOf(text, delayed), recipient, text, ...more }];
}

// ------------------------------------------------------------------------------------------------------------ qmail and its kin

const BLOCK = /^<([^<>\s]{1,320})>:[ \t]*(.*)$/;

/** `<address>:` on a line of its own, and its reason below it. */
function blocks({ after }: Input): readonly TextBounce[] {
  const found: TextBounce[] = [];
  let recipient: string | undefined;
  let lines: string[] = [];
  const finish = (): void => {
    const address = addressIn(recipient);
    if (address !== undefined) found.push(...fromBlock(address, lines));
  };
  for (const line of beforeCopy(after).split('\n')) {
    const begin = BLOCK.exec(line);
    if (begin === null) {
      lines.push(line);
      continue;
    }
    finish();
    recipient = begin[1];
    lines = [begin[2] as string];
  }
  finish();
  return found;
}

function fromBlock(recipient: string, lines: readonly string[]): readonly TextBounce[] {
  // The block of the last recipient ends at the first paragraph that is not about it.
  const end = lines.findIndex((line, index) => index > 0 && line.trim() === '' && joined(lines.slice(0, index)) !== '');
  const own = (end === -1 ? lines : lines.slice(0, end)).filter((line) => !/^\s*Giving up on /.test(line));
  const text = joined(own);
  const said =
    /\b(?:Remote host said|The remote server said|Server said|said):\s*(.+)$/is.exec(text)?.[1] ?? /<<<\s*(\d{3}.*)$/s.exec(text)?.[1];
  const enhanced = /\(#([245]\.\d{1,3}\.\d{1,3})\)/.exec(text);
  const reply = said ?? (enhanced === null ? text : `${enhanced[1]} ${text.replace(enhanced[0], '').trim()}`);
  return bounce(recipient, reply, false);
}

// ------------------------------------------------------------------------------------------------------------ Exim

/** An address or a delivery with an indent of two, and its reason with a deeper one. */
function exim({ after, text }: Input): readonly TextBounce[] {
  const delayed = /has not (?:yet )?been delivered to|has been delayed|No action is required on your part/i.test(text);
  const entries = entriesOf(
    beforeCopy(after).split('\n'),
    (line) => /^ {2}(\S.*)$/.exec(line)?.[1],
    (line) => /^ {3,}\S/.test(line),
  );
  return entries.flatMap(({ head, own }) =>
    fromExim(
      head,
      own.map((line) => line.trim()),
      delayed,
    ),
  );
}

const GENERATED = /^\(?(?:generated (?:from|by)|ultimately generated from) ([^\s()]{3,320})\)?$/;

function fromExim(first: string, own: readonly string[], delayed: boolean): readonly TextBounce[] {
  const generated = own.map((line) => GENERATED.exec(line)?.[1]).find((one) => one !== undefined);
  // The reason of old versions stands on the line of the address.
  const inline = /^(\S+@[^\s:]+): ?(.*)$/.exec(first);
  const recipient = addressIn(generated ?? inline?.[1] ?? first);
  if (recipient === undefined) return [];
  const rest = own.filter(
    (line) =>
      !GENERATED.test(line) && !/^host \S{1,255} \[[\dA-Fa-f.:]{2,45}\](?::\d{1,5})?:?$/.test(line) && !/^Delay reason:$/.test(line),
  );
  const text = joined([inline?.[2] ?? '', ...rest]).replace(/^Delay reason: /, '');
  // Before 4.85 the host stands in the text, as in the log.
  return bounce(recipient, text.replace(/: host \S{1,255} \[[\dA-Fa-f.:]{2,45}\]: /, ': '), delayed);
}

// ------------------------------------------------------------------------------------------------------------ Sendmail

const TRANSCRIPT = /^ {0,4}-{3,} ?Transcript of session follows ?-{3,}$/m;

function sendmail({ after, text }: Input): readonly TextBounce[] {
  const session = TRANSCRIPT.exec(text);
  const transcript = session === null ? '' : beforeCopy(text.slice(session.index + session[0].length));
  const delayed = /^ {0,4}-{3,} ?The following addresses had transient non-fatal errors/m.test(text);
  const lines = after.split('\n');
  const recipients: { address: string; reason: string | undefined }[] = [];
  for (const line of lines.slice(1)) {
    if (/^ {0,4}-{3,}/.test(line)) break;
    const address = addressIn(/^[ \t]{0,4}<?([^\s<>()]{1,255}@[^\s<>()]{1,255})>?\s*(?:$|\.\.\.)/.exec(line)?.[1]);
    if (address !== undefined) recipients.push({ address, reason: undefined });
    const last = recipients.at(-1);
    const reason = /^\s+\(reason: (.+)\)\s*$/.exec(line)?.[1];
    const from = /^\s+\(expanded from: <?([^<>()]{3,320})>?\)\s*$/.exec(line)?.[1];
    if (last !== undefined && reason !== undefined) last.reason = reason;
    if (last !== undefined && from?.includes('@') === true) last.address = from;
  }
  if (recipients.length > MOST_IN_SESSION) return [];
  const found = recipients.map(({ address, reason }) => ({
    address,
    reply: reason ?? inTranscript(transcript, address, recipients.length === 1),
  }));
  // One recipient without a reason: the text is not understood as a whole.
  if (found.some(({ reply }) => reply === undefined)) return [];
  return found.flatMap(({ address, reply }) => bounce(address, reply as string, delayed));
}

function inTranscript(transcript: string, address: string, isOnly: boolean): string | undefined {
  let asked = false;
  let only: string | undefined;
  for (const line of transcript.split('\n')) {
    if (line.startsWith('>>> ')) asked = /^>>> RCPT TO:/i.test(line) && line.toLowerCase().includes(`<${address.toLowerCase()}>`);
    const said = /^<<< ([45]\d\d[ -].*)$/.exec(line)?.[1];
    if (said !== undefined && asked) return said;
    if (said !== undefined) only ??= said;
    const own = /^([45]\d\d (?:[45]\.\d{1,3}\.\d{1,3} )?<?([^\s<>]{1,320}?)>?\.\.\. .+)$/.exec(line);
    if (own?.[2]?.toLowerCase() === address.toLowerCase()) return only !== undefined && isOnly ? only : own[1];
  }
  return isOnly ? only : undefined;
}

// ------------------------------------------------------------------------------------------------------------ Postfix

/** `<address>: reason`, continued with an indent. */
function postfix({ after, text }: Input): readonly TextBounce[] {
  const delayed = /could not be delivered for more than|It will be retried until|delayed delivery/i.test(text);
  const found: TextBounce[] = [];
  for (const paragraph of beforeCopy(after).split(/\n[ \t]*\n/)) {
    const match = /^\s*<([^<>\s]{1,320})>(?: \(expanded from\s+<([^<>\s]{1,320})>\))?:\s+([^]+)$/.exec(paragraph);
    if (match === null) continue;
    const recipient = addressIn(match[2]?.includes('@') === true ? match[2] : match[1]);
    if (recipient === undefined) continue;
    const reason = joined((match[3] as string).split('\n'));
    found.push(...bounce(recipient, reason.replace(IN_REPLY, ''), delayed, { phase: phaseOf(reason) }));
  }
  return found;
}

// ------------------------------------------------------------------------------------------------------------ Smail (T-Online)

function smail({ after }: Input): readonly TextBounce[] {
  const entries = entriesOf(
    beforeCopy(after).split('\n').slice(1),
    (line) => {
      const match = /^\s*<?([^\s<>]{1,255}@[^\s<>]{1,255})>?\s*(?:\.\.\.\s*(.*))?$/.exec(line);
      const recipient = addressIn(match?.[1]);
      return recipient === undefined ? undefined : { recipient, reason: match?.[2] ?? '' };
    },
    (line) => /^\s{2,}\S/.test(line) && !/^\s*<[^<>\s]{1,320}>/.test(line),
  );
  return entries.flatMap(({ head: { recipient, reason }, own }) =>
    bounce(recipient, joined([reason, ...own]).replace(/^transport \w{1,20}:\s*/, ''), false),
  );
}

// ------------------------------------------------------------------------------------------------------------ Exchange, Domino

/** Up to 2003: `address on DATE`, and the reason with an indent. */
function oldExchange({ after }: Input): readonly TextBounce[] {
  const entries = entriesOf(
    beforeCopy(after).split('\n'),
    (line) => addressIn(/^\s{0,6}(?:'|")?([^\s'"]{1,255}@[^\s'"]{1,255}?)(?:'|")? on \S+/.exec(line)?.[1]),
    (line) => /^\s+\S/.test(line) && !/@\S+ on \S+ \d/.test(line),
  );
  return entries.flatMap(({ head: recipient, own }) => {
    const text = joined(own.filter((line) => !/The MTS-ID of the original message/i.test(line)));
    const reply = /<\S{1,255} #[245]\.\d{1,3}\.\d{1,3} smtp;\s?([^]*?)>$/.exec(text);
    return bounce(recipient, reply?.[1] ?? text, false);
  });
}

/** From 2007 on: a line with the address alone, then the reply, in the part for administrators. */
function exchange({ after }: Input): readonly TextBounce[] {
  const entries = entriesOf(beforeCopy(after).split('\n'), addressLine, (line) => line.trim() !== '' && addressIn(line) === undefined);
  return entries.flatMap(({ head: recipient, own }) => {
    const text = joined(own);
    const reply = /^(?:\S{1,255} )?#?<?#?(?=[245]\d\d[ -])(.+?)\s?(?:##)?>?$/s.exec(text);
    const returned = /^(?:\S{1,255} )?Remote Server returned '<?(?:\S{1,255} )?(?:#[\d.]{5,11} smtp;)?\s?([^]+?)>?'?$/i.exec(text);
    const match = returned ?? reply;
    return match === null ? [] : bounce(recipient, match[1] as string, false);
  });
}

/** Lines of reasons, each before its address. */
function oldDomino({ after }: Input): readonly TextBounce[] {
  const found: TextBounce[] = [];
  let reason: string[] = [];
  for (const line of beforeCopy(after).split('\n').slice(1)) {
    const recipient = addressLine(line);
    if (recipient === undefined) {
      reason.push(line);
      continue;
    }
    found.push(...bounce(recipient, joined(reason), false));
    reason = [];
  }
  return found;
}

const DOMINO_NOT =
  /^was not delivered to:\s*\n\s*\n?\s*<?([^\s<>]{1,255}@[^\s<>]{1,255})>?\s*\n\s*\n?\s*because:\s*\n([^]{1,4000}?)(?:\n\s*\n|$)/im;

function domino({ text }: Input): readonly TextBounce[] {
  const match = DOMINO_NOT.exec(text);
  const recipient = addressIn(match?.[1]);
  return match === null || recipient === undefined ? [] : bounce(recipient, joined((match[2] as string).split('\n')), false);
}

// ------------------------------------------------------------------------------------------------------------ MDaemon and others

/** `Failed address:` and the session with the other server. */
function mdaemon({ text, after }: Input): readonly TextBounce[] {
  const recipients = [...text.matchAll(/^[ \t]*Failed address(?:es)?:[ \t]*<?([^\s<>]{1,255}@[^\s<>]{1,255})>?[ \t]*$/gim)].map(
    (match) => match[1] as string,
  );
  if (recipients.length > MOST_IN_SESSION) return [];
  const session = /Session Transcript/i.exec(after);
  if (session === null) return [];
  const lines = after
    .slice(session.index)
    .split('\n')
    .map((line) => /(-->|<--) ?(.*)$/.exec(line))
    .filter((match) => match !== null);
  const found = recipients.map((address) => {
    let asked: string | undefined;
    let reply: string | undefined;
    for (const [, direction, said] of lines as unknown as readonly [string, string, string][]) {
      if (direction === '-->') {
        if (/^(?:RCPT|MAIL|DATA|EHLO|HELO|QUIT|RSET)/i.test(said)) asked = said;
      } else if (/^[45]\d\d[ -]/.test(said)) {
        const isOwn = /^RCPT/i.test(asked ?? '')
          ? (asked as string).toLowerCase().includes(`<${address.toLowerCase()}>`)
          : recipients.length === 1;
        if (isOwn) reply = reply === undefined ? said : `${reply} ${said}`;
      }
    }
    return { address, reply };
  });
  return found.some(({ reply }) => reply === undefined)
    ? []
    : found.flatMap(({ address, reply }) => bounce(address, reply as string, false));
}

function gmail({ text, after }: Input): readonly TextBounce[] {
  const delayed = /has been delayed/i.test(text.slice(0, text.length - after.length));
  const recipients = [...after.slice(0, 2_000).matchAll(/^[ \t]{2,}<?([^\s<>]{1,255}@[^\s<>]{1,255})>?[ \t]*$/gm)].map(
    (match) => match[1] as string,
  );
  const [recipient, ...others] = recipients;
  if (recipient === undefined || others.length > 0) return [];
  const details = /Technical details of \w{1,20} failure:\s*\n([^]{1,4000}?)(?:\n\s*-{3,}|$)/i.exec(after)?.[1] ?? '';
  const returned =
    /(?:error that the other server returned was|error was|The other server returned):\s*\n?\s*(\d{3}[^]{1,2000}?)(?:\s\(state \d{1,3}\)\.?|\n\s*\n|$)/i.exec(
      details,
    )?.[1];
  // A repeated code: "550 550 5.1.1 ...".
  const reply = joined((returned ?? details.split(/\n\s*\n/, 1)[0] ?? '').split('\n')).replace(/^(\d{3}) (?=\1[ -])/, '');
  return bounce(recipient, reply, delayed);
}

function communigate({ text }: Input): readonly TextBounce[] {
  return [...text.matchAll(/^Failed to deliver to '<?([^\s<>']{1,320})>?'\s*\n((?:[ \t]*\S.*\n?){1,20})/gm)].flatMap(
    ([, address, reason]) => {
      const recipient = addressIn(address);
      if (recipient === undefined) return [];
      const reply = /says:\s*([^]+)$/.exec(reason as string)?.[1] ?? (reason as string);
      return bounce(recipient, joined(reply.split('\n')), false);
    },
  );
}

function imail({ text }: Input): readonly TextBounce[] {
  const line =
    /^((?:unknown user|user mailbox exceeds allowed size|unknown host|invalid final delivery userid|delivery failed \d{1,4} attempts)): ?<?([^\s<>]{1,255}@[^\s<>]{1,255})>?\s*$/gim;
  return [...beforeCopy(text).matchAll(line)].flatMap(([, reason, address]) => bounce(address as string, reason as string, false));
}

/** In the order in which they are tried. A mark is a sentence or a line that only this system writes. */
const SYSTEMS: readonly System[] = [
  {
    mark: /^(?:Hi[.!] )?This is the (?:qmail-send|ezmlm|\S{0,30}qmail\S{0,30}) program at \S+|^Message from \S{3,255}\.\n+Unable to deliver message to the following address/m,
    read: blocks,
  },
  { mark: /^This message was created automatically by mail delivery software/m, read: exim },
  {
    mark: /^ {0,4}-{3,} ?The following addresses had (?:permanent fatal errors|transient non-fatal errors|delivery (?:problems|errors)) ?-{3,}/m,
    read: sendmail,
  },
  { mark: /^\|?-{3,} ?Failed addresses follow: ?-{3,}\|?/m, read: smail },
  { mark: /^This is the (?:mail system|Postfix program) at host \S+/m, read: postfix },
  { mark: /^This is a delivery status notification from \S+/m, read: blocks },
  { mark: /^did not reach the following recipient\(s\):/im, read: oldExchange },
  { mark: /^Diagnostic information for administrators:/im, read: exchange },
  { mark: /^-{3,} ?Failure Reasons {0,3}-{3,}/m, read: oldDomino },
  { mark: /^was not delivered to:/im, read: domino },
  { mark: /The attached message had (?:PERMANENT|TRANSIENT) (?:non-)?fatal delivery errors|^[ \t]*Failed address(?:es)?:/m, read: mdaemon },
  { mark: /^Delivery to the following recipients? (?:failed permanently|has been delayed)[:.]/m, read: gmail },
  { mark: /^Failed to deliver to '<?[^\s<>']{1,320}>?'/m, read: communigate },
  {
    mark: /^(?:unknown user|user mailbox exceeds allowed size|unknown host|invalid final delivery userid|delivery failed \d{1,4} attempts): ?<?\S+@\S+>?\s*$/im,
    read: imail,
  },
];
