/** From a failure event to its verdict and to the reply that may be kept of it. */
import type { DeliveryEvent } from '../event.ts';
import type { SmtpReply } from '@desist/verdicts';
import { domainOf } from '../keys.ts';
import { leadingCodes } from '../incident/incident.ts';
import type { Classifier, Reply } from '@desist/verdicts';
import { classifierOf, NO_REPLY, NO_REPLY_PERMANENT } from '@desist/verdicts';
import type { ClassifiedReply } from './types.ts';

/** Characters of a reply that are kept. */
export const REPLY_LIMIT = 300;

/** Who operates the mailbox: from the recipient's domain and, if known, the host that answered. */
export type ProviderOf = (recipientDomain: string, remoteHost?: string) => string;

/** `classifier`: with the installation's own rules in front, if it has any. */
export function classifyFailure(
  event: Pick<DeliveryEvent, 'recipient' | 'type' | 'smtp' | 'phase' | 'permanent' | 'remoteHost' | 'source'>,
  providerOf: ProviderOf,
  classifier: Classifier = classifierOf(undefined),
): ClassifiedReply {
  const provider = providerOf(domainOf(event.recipient), event.remoteHost);
  const source = sourceOf(event);
  const { smtp } = event;
  if (smtp === undefined || (smtp.code === undefined && smtp.enhanced === undefined && (smtp.text ?? '').trim() === '')) {
    return {
      verdict: event.permanent === true && event.type !== 'expired' ? NO_REPLY_PERMANENT : NO_REPLY,
      reply: null,
      provider,
      ...source,
    };
  }
  const reply: Reply = {
    text: smtp.text ?? '',
    provider,
    ...(smtp.code === undefined ? {} : { code: smtp.code }),
    ...(smtp.enhanced === undefined ? {} : { enhanced: smtp.enhanced }),
    ...(event.phase === undefined ? {} : { phase: event.phase }),
  };
  return { verdict: classifier.classify(reply), reply: replyLine(smtp, event.recipient), provider, ...source };
}

/** Characters of the name of a source that are kept. */
const SOURCE_LIMIT = 128;

/** The source of an event or command, as it is kept; nothing when it names none. */
export function sourceOf({ source }: { readonly source?: string }): { readonly source?: string } {
  return source === undefined || source === '' ? {} : { source: source.slice(0, SOURCE_LIMIT) };
}

/** Code, enhanced code and text on one line, bounded, with the recipient's and every other address cut out. */
export function replyLine(smtp: SmtpReply, recipient: string): string {
  const text = (smtp.text ?? '')
    .slice(0, 4 * REPLY_LIMIT)
    .replace(/\s+/gu, ' ')
    .trim();
  return withoutAddresses(withCodes(smtp, text), recipient).slice(0, REPLY_LIMIT);
}

/** The text, with the event's codes in front, where code terms are looked for. A code is not repeated if the text begins with it. */
function withCodes(smtp: SmtpReply, text: string): string {
  const said = leadingCodes(text);
  const code = smtp.code === undefined ? said.code : String(smtp.code);
  const enhanced = smtp.enhanced ?? said.enhanced;
  if (code === said.code && enhanced === said.enhanced) return text;
  const agrees = (said.code ?? code) === code && (said.enhanced ?? enhanced) === enhanced;
  return [code, enhanced, agrees ? said.rest.trimStart() : text]
    .filter((part) => part !== undefined)
    .join(' ')
    .trim();
}

const ADDRESS = /[^\s<>()[\]",;:'=]{1,64}@[^\s<>()[\]",;:']{1,255}/gu;
const PLACE = '<recipient>';

function withoutAddresses(line: string, recipient: string): string {
  const cut = line.replace(ADDRESS, PLACE);
  const local = recipient.slice(0, recipient.lastIndexOf('@'));
  // The bare local part names the mailbox too ("user alice unknown"); one or two letters would cut words apart.
  return local.length < 3 ? cut : replaceWord(cut, local);
}

/** Every occurrence that is not part of a longer word, whatever its case. */
function replaceWord(text: string, word: string): string {
  const lower = text.toLowerCase();
  let out = '';
  let from = 0;
  for (;;) {
    const at = lower.indexOf(word, from);
    // Lower-casing may change lengths in rare scripts: then positions do not agree, and the text is dropped rather than shown.
    if (at === -1) return out + text.slice(from);
    if (lower.length !== text.length) return PLACE;
    const end = at + word.length;
    const inside = isWordCharacter(text[at - 1]) || isWordCharacter(text[end]);
    out += text.slice(from, at) + (inside ? text.slice(at, end) : PLACE);
    from = end;
  }
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}
