/** Shared parsing of report mails (RFC 6522): the report's own header and the header of the original mail. */
import { problem } from '../draft.ts';
import type { NormaliseContext, Normalised } from '../format.ts';
import type { Moment } from '../time.ts';
import { mailDate } from './date.ts';
import { firstField, leaves, MAIL_LIMIT, parseMail, returnedFields } from './mime.ts';
import type { Field, Part } from './mime.ts';

export interface Mail {
  readonly root: Part;
  readonly parts: readonly Part[];
  /** Message-ID of the report itself, without brackets. */
  readonly id: string | undefined;
  /** Header of the original mail; empty if the report does not include it. */
  readonly returned: readonly Field[];
  /** Message-ID of the original mail, without brackets. */
  readonly messageId: string | undefined;
}

const RETURNED: ReadonlySet<string> = new Set([
  'message/rfc822',
  'text/rfc822-headers',
  'text/rfc822-header',
  'text/rfc822',
  'message/rfc822-headers',
  'message/global',
  'message/global-headers',
]);

export function readMail(payload: Uint8Array): Mail | Normalised {
  if (payload.length > MAIL_LIMIT) return problem('too_large', `${payload.length} bytes, at most ${MAIL_LIMIT}`, rawHead(payload));
  const root = parseMail(payload);
  if (root === undefined) return problem('unreadable', 'not a mail: it does not begin with header fields', rawHead(payload));
  const parts = leaves(root);
  const part = parts.find(({ type }) => RETURNED.has(type));
  const returned = part === undefined ? [] : returnedFields(part);
  return { root, parts, returned, id: messageIdOf(root.fields), messageId: messageIdOf(returned) };
}

export function isMail(read: Mail | Normalised): read is Mail {
  return 'root' in read;
}

/** The Message-ID without angle brackets. Some senders omit the brackets. */
export function messageIdOf(fields: readonly Field[]): string | undefined {
  return bareMessageId(firstField(fields, 'message-id'));
}

export function bareMessageId(value: string | undefined): string | undefined {
  const text = value?.trim() ?? '';
  const id = /<\s*([^<>\s]{1,998})\s*>/.exec(text)?.[1] ?? /^[^\s<>]{1,998}/.exec(text)?.[0];
  return id === undefined || id === '' ? undefined : id;
}

/** Returns the first date that can be parsed. */
export function firstMoment(dates: readonly (string | undefined)[], context: NormaliseContext): Moment {
  for (const date of dates) {
    const moment = mailDate(date, context);
    if (moment !== undefined) return moment;
  }
  return { ok: false, problem: dates.some((date) => date !== undefined) ? 'not a date in a known form' : 'missing' };
}

/** Maximum bytes of the mail attached to its first problem, and to each further problem. A report can have a thousand problems. */
const RAW_LIMIT = 256 * 1024;
const FURTHER_RAW_LIMIT = 4 * 1024;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Returns the start of the mail as text, for dead letters. The relevant parts are at the start. */
export function rawHead(payload: Uint8Array, limit = RAW_LIMIT): string {
  return utf8.decode(payload.subarray(0, limit));
}

/** `rawHead` for all problems of one mail. Only the first one carries the full head; reprocessing it reproduces the other problems too. */
export function rawHeads(payload: Uint8Array): () => string {
  let further: string | undefined;
  return () => {
    if (further !== undefined) return further;
    further = rawHead(payload, FURTHER_RAW_LIMIT);
    return rawHead(payload);
  };
}

/** True for automatic replies, such as vacation notices and ticket receipts: RFC 3834 and the older conventional headers. */
export function isAutoReply({ fields }: Pick<Part, 'fields'>): boolean {
  const submitted = firstField(fields, 'auto-submitted');
  if (submitted !== undefined && !/^no\b/i.test(submitted)) return true;
  if (/^(?:auto[_-]?reply|bulk|junk|list)/i.test(firstField(fields, 'precedence') ?? '')) return true;
  const named = fields.some(({ name }) =>
    /^x-auto-?(?:reply|respond|response|submitted)|^x-autorespond|^x-vacation|^x-auto-response/.test(name),
  );
  return named || AUTO_SUBJECT.test(firstField(fields, 'subject') ?? '');
}

const AUTO_SUBJECT =
  /^(?:re:\s*)?(?:auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer)|out of (?:the )?office|vacation|away from|abwesen|automatische antwort|réponse automatique|respuesta automática|risposta automatica|absence)/i;

/** True if the sender or the subject looks like a bounce, in any format. */
export function looksLikeBounce({ fields }: Part): boolean {
  const from = firstField(fields, 'from') ?? '';
  const subject = firstField(fields, 'subject') ?? '';
  return (
    fields.some(({ name }) => name === 'x-failed-recipients') ||
    /mailer-daemon|postmaster|mail delivery (?:sub)?system|mail administrator/i.test(from) ||
    /undeliver|deliver\w* (?:status|fail|problem|error|delay)|returned mail|mail delivery|failure notice|non[- ]?delivery|could not be delivered|bounce/i.test(
      subject,
    )
  );
}
