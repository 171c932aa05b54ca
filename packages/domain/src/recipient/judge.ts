/** From a failure event to its verdict and to the reply that may be kept of it. */
import type { DeliveryEvent, SmtpReply } from '../event.ts';
import type { Classifier, Reply } from '../verdict/index.ts';
import { classifierOf, NO_REPLY, NO_REPLY_PERMANENT } from '../verdict/index.ts';
import type { Judged } from './types.ts';

/** Characters of a reply that are kept. */
export const REPLY_LIMIT = 300;

/** Who operates the mailbox: from the recipient's domain and, if known, the host that answered. */
export type ProviderOf = (recipientDomain: string, remoteHost?: string) => string;

/** `classifier`: with the installation's own rules in front, if it has any. */
export function judge(event: DeliveryEvent, providerOf: ProviderOf, classifier: Classifier = classifierOf(undefined)): Judged {
  const domain = event.recipient.slice(event.recipient.lastIndexOf('@') + 1);
  const provider = providerOf(domain, event.remoteHost);
  const { smtp } = event;
  if (smtp === undefined || (smtp.code === undefined && smtp.enhanced === undefined && (smtp.text ?? '').trim() === '')) {
    return { verdict: event.permanent === true && event.type !== 'expired' ? NO_REPLY_PERMANENT : NO_REPLY, reply: null, provider };
  }
  const reply: Reply = {
    text: smtp.text ?? '',
    provider,
    ...(smtp.code === undefined ? {} : { code: smtp.code }),
    ...(smtp.enhanced === undefined ? {} : { enhanced: smtp.enhanced }),
    ...(event.phase === undefined ? {} : { phase: event.phase }),
  };
  return { verdict: classifier.classify(reply), reply: replyLine(smtp, event.recipient), provider };
}

/** Code, enhanced code and text on one line, bounded, with the recipient's and every other address cut out. */
export function replyLine(smtp: SmtpReply, recipient: string): string {
  const text = (smtp.text ?? '')
    .slice(0, 4 * REPLY_LIMIT)
    .replace(/\s+/gu, ' ')
    .trim();
  const codes = [smtp.code, smtp.enhanced].filter((part) => part !== undefined && !text.slice(0, 20).includes(String(part)));
  const line = [...codes, text].join(' ').trim();
  return withoutAddresses(line, recipient).slice(0, REPLY_LIMIT);
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
