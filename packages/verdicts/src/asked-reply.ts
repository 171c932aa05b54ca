/** A reply as people and programs ask about it, and the answer that `classify --json` and HTTP give. */
import type { Classifier } from './classify.ts';
import { counts, isHardBounce } from './categories.ts';
import { isKnownProvider, providerOf } from './provider/index.ts';
import { hintsIn } from './retry-hints.ts';
import type { Hints } from './retry-hints.ts';
import { SMTP_PHASES } from './smtp.ts';
import type { SmtpPhase } from './smtp.ts';
import type { Reply, Verdict } from './types.ts';

export interface AskedReply {
  readonly reply: string;
  readonly code?: number;
  readonly enhanced?: string;
  /** `rcpt`, or the SMTP command as logs have it: `RCPT TO`. Any other text counts as not given. */
  readonly phase?: string;
  readonly remoteHost?: string;
  readonly recipient?: string;
  /** Wins over what follows from host, recipient and words. */
  readonly provider?: string;
}

export interface AnsweredReply extends Verdict {
  readonly reply: string;
  readonly provider: string | null;
  /** Whether it counts against the recipient whoever else gets mail. */
  readonly counts: boolean;
  /** Whether a bounce with it suppresses at once. */
  readonly hardBounce: boolean;
  readonly hints?: Hints;
}

/** What a reply means. Total, like the classifier. */
export function answerReply(classifier: Classifier, asked: AskedReply): AnsweredReply {
  const reply = replyOf(classifier, asked);
  const verdict = classifier.classify(reply);
  const counted = counts(verdict);
  const hints = hintsIn(asked.reply);
  return {
    reply: asked.reply,
    ...verdict,
    provider: reply.provider ?? null,
    counts: counted,
    hardBounce: counted && isHardBounce(verdict),
    ...(Object.keys(hints).length === 0 ? {} : { hints }),
  };
}

function replyOf(classifier: Classifier, { reply: text, code, enhanced, phase, remoteHost, recipient, provider }: AskedReply): Reply {
  const stage = phase === undefined ? undefined : phaseOf(phase);
  const operator = provider ?? operatorOf(classifier, text, remoteHost, recipient);
  return {
    text,
    ...(code === undefined ? {} : { code }),
    ...(enhanced === undefined ? {} : { enhanced }),
    ...(stage === undefined ? {} : { phase: stage }),
    ...(operator === undefined || operator === '' ? {} : { provider: operator }),
  };
}

/** From the host or the address if they identify one, otherwise from the words of the reply. */
function operatorOf({ providerIn }: Classifier, text: string, host: string | undefined, recipient: string | undefined): string | undefined {
  const domain = recipient?.slice(recipient.lastIndexOf('@') + 1) ?? '';
  const byTable = host === undefined && domain === '' ? '' : providerOf(domain, host);
  return isKnownProvider(byTable) ? byTable : (providerIn(text) ?? byTable);
}

function phaseOf(text: string): SmtpPhase | undefined {
  const word = text.trim().toLowerCase().replaceAll(' ', '_');
  return SMTP_PHASES.find((phase) => phase === word) ?? SMTP_PHASES.find((phase) => phase === word.split('_')[0]);
}
