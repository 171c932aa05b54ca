/** `desist classify`: what replies mean. */
import { providerOf } from '@desist/contracts';
import { classify, counts, isHardBounce, SMTP_PHASES } from '@desist/domain';
import type { Reply, SmtpPhase } from '@desist/domain';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf } from '../lines.ts';
import type { Line } from '../lines.ts';

interface Asked {
  readonly shown: string;
  readonly reply: Reply;
}

export async function runClassify(files: readonly string[], options: { readonly json: boolean }): Promise<void> {
  for await (const line of linesOf(files.length === 0 ? ['-'] : files)) {
    if (line.text.trim() === '') continue;
    const { shown, reply } = line.text.trimStart().startsWith('{')
      ? fromJson(line)
      : { shown: line.text.trim(), reply: { text: line.text } };
    const verdict = classify(reply);
    const { category, attribution, permanence, rule } = verdict;
    const provider = reply.provider ?? null;
    const counted = counts(verdict);
    const hardBounce = counted && isHardBounce(verdict);
    if (options.json) {
      console.log(JSON.stringify({ reply: shown, category, attribution, permanence, rule, provider, counts: counted, hardBounce }));
    } else {
      const effect = hardBounce ? 'hard bounce' : counted ? 'counts' : 'does not count';
      console.log(
        `${category.padEnd(22)} ${attribution.padEnd(11)} ${permanence.padEnd(9)} ${effect.padEnd(14)} ${rule.padEnd(28)} ${shown}`,
      );
    }
  }
}

function fromJson({ number, text }: Line): Asked {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new CommandError(EXIT.usage, `line ${number}: not JSON`);
  }
  const { reply, code, enhanced, phase, remoteHost, provider } = json;
  if (typeof reply !== 'string') throw new CommandError(EXIT.usage, `line ${number}: reply: must be a string`);
  const host = typeof remoteHost === 'string' ? remoteHost : undefined;
  const operator = typeof provider === 'string' ? provider : host === undefined ? undefined : providerOf('', host);
  const stage = SMTP_PHASES.find((known) => known === phase) as SmtpPhase | undefined;
  return {
    shown: reply,
    reply: {
      text: reply,
      ...(code === undefined || code === null ? {} : { code: Number(code) }),
      ...(typeof enhanced === 'string' ? { enhanced } : {}),
      ...(stage === undefined ? {} : { phase: stage }),
      ...(operator === undefined || operator === '' ? {} : { provider: operator }),
    },
  };
}
