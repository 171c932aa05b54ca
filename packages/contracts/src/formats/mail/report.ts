/** What the reports by mail have in common (RFC 6522): the report's own header, and that of the mail which it is about. */
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
  /** Header of the mail that the report is about; empty when it is not returned. */
  readonly returned: readonly Field[];
  /** Its Message-ID, without brackets. */
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
  if (root === undefined) return problem('unreadable', 'no mail: it does not begin with the header fields of one', rawHead(payload));
  const parts = leaves(root);
  const part = parts.find(({ type }) => RETURNED.has(type));
  const returned = part === undefined ? [] : returnedFields(part);
  return { root, parts, returned, id: messageIdOf(root.fields), messageId: messageIdOf(returned) };
}

export function isMail(read: Mail | Normalised): read is Mail {
  return 'root' in read;
}

/** Brackets are forgotten by some. */
export function messageIdOf(fields: readonly Field[]): string | undefined {
  return bareMessageId(firstField(fields, 'message-id'));
}

export function bareMessageId(value: string | undefined): string | undefined {
  const text = value?.trim() ?? '';
  const id = /<\s*([^<>\s]{1,998})\s*>/.exec(text)?.[1] ?? /^[^\s<>]{1,998}/.exec(text)?.[0];
  return id === undefined || id === '' ? undefined : id;
}

/** The first of the dates that can be read. */
export function firstMoment(dates: readonly (string | undefined)[], context: NormaliseContext): Moment {
  for (const date of dates) {
    const moment = mailDate(date, context);
    if (moment !== undefined) return moment;
  }
  return { ok: false, problem: dates.some((date) => date !== undefined) ? 'no date in a form that is known' : 'missing' };
}

const RAW_LIMIT = 256 * 1024;

/** For dead letters; a report's meaning is at its beginning. */
export function rawHead(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, RAW_LIMIT)).toString('utf8');
}

/** Written by a machine to say that nobody reads: a vacation, a ticket's receipt. RFC 3834, and what was there before it. */
export function isAutoReply({ fields }: Part): boolean {
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

/** Sent by a mail system: it reads as a bounce, in whatever form. */
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
