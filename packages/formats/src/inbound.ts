/**
 * Mail from outside that a provider hands on: has a person answered a message of the sender's, and is it who the mail claims? Anybody can
 * write any address into `From`. So an answer proves something only if the provider says that the mail was authenticated, for the domain of
 * that address (as DMARC asks); otherwise its event is not certain.
 */
import { bareAddress } from './draft.ts';
import type { Draft } from './draft.ts';
import { fieldsOf, isObject, listOf, textOf } from './json.ts';
import { isAutoReply } from './mail/report.ts';
import { allFields, firstField } from './mail/mime.ts';
import type { Field } from './mail/mime.ts';

export interface InboundMail {
  /** The address in `From`; with a display name or without. */
  readonly from: unknown;
  readonly fields: readonly Field[];
  /** What the provider found out about the sender. */
  readonly checks: {
    /** A signature of the domain in `From` is valid. */
    readonly authorSigned?: boolean;
    /** Some signature is valid. */
    readonly signed?: boolean;
    /** SPF passed, for this envelope sender. */
    readonly sentFor?: string | undefined;
  };
}

/** The part of a draft that is the same for all providers, or why the mail is no answer. */
export function answerOf(
  mail: InboundMail,
): Pick<Draft, 'type' | 'kind' | 'recipient' | 'messageId' | 'certain'> | { readonly ignored: string } {
  const { from, fields } = mail;
  const address = bareAddress(from);
  if (
    isAutoReply({ fields }) ||
    firstField(fields, 'return-path')?.trim() === '<>' ||
    /^(?:mailer-daemon|postmaster)@/i.test(address ?? '')
  ) {
    return { ignored: 'inbound: an automatic reply' };
  }
  const answered = messageIn(firstField(fields, 'in-reply-to')) ?? messageIn(firstField(fields, 'references'));
  if (answered === undefined) return { ignored: 'inbound: no answer to a message' };
  return {
    type: 'engaged',
    kind: 'reply',
    recipient: from,
    messageId: answered,
    certain: isAuthentic(mail, domainOf(address)) ? undefined : false,
  };
}

/** The last message id of such a field: of `References` the message that was answered. */
function messageIn(value: string | undefined): string | undefined {
  const text = value?.slice(-2_000) ?? '';
  const open = text.lastIndexOf('<');
  const close = text.indexOf('>', open);
  return open === -1 || close <= open + 1 ? undefined : text.slice(open + 1, close);
}

function isAuthentic({ fields, checks }: InboundMail, author: string | undefined): boolean {
  if (author === undefined) return false;
  if (checks.authorSigned === true) return true;
  if (checks.sentFor !== undefined && isAligned(domainOf(bareAddress(checks.sentFor)), author)) return true;
  // Which of several signatures is valid is not told.
  const signatures = allFields(fields, 'dkim-signature');
  return checks.signed === true && signatures.length > 0 && signatures.every((signature) => isAligned(signerOf(signature), author));
}

function signerOf(signature: string): string | undefined {
  return /(?:^|;)\s*d\s*=\s*([A-Za-z0-9.-]{1,253})/.exec(signature.slice(0, 4_000))?.[1]?.toLowerCase();
}

/** The same domain, or one below the other. */
function isAligned(one: string | undefined, author: string): boolean {
  return one !== undefined && one.includes('.') && (one === author || one.endsWith(`.${author}`) || author.endsWith(`.${one}`));
}

function domainOf(address: string | undefined): string | undefined {
  const at = address?.lastIndexOf('@') ?? -1;
  return at === -1 ? undefined : address?.slice(at + 1).toLowerCase();
}

/** Headers as providers write them: `[{"Name","Value"}]`, `[["name","value"]]` or an object of texts and lists. */
export function headerFields(headers: unknown): readonly Field[] {
  if (isObject(headers)) {
    return Object.entries(headers).flatMap(([name, value]) => listOf(value).flatMap((one) => fieldOf(name, one)));
  }
  return listOf(headers).flatMap((header) => {
    if (Array.isArray(header)) return fieldOf(header[0], header[1]);
    const { Name, Value } = fieldsOf(header);
    return fieldOf(Name, Value);
  });
}

function fieldOf(name: unknown, value: unknown): readonly Field[] {
  const [known, text] = [textOf(name), textOf(value)];
  return known === undefined || text === undefined ? [] : [{ name: known.toLowerCase(), value: text }];
}

/** Every field of this name matches, and there is one: what the sender wrote under the provider's name does not help. */
export function allSay(fields: readonly Field[], name: string, pattern: RegExp): boolean {
  const values = allFields(fields, name);
  return values.length > 0 && values.every((value) => pattern.test(value));
}
