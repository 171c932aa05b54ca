/** `desist classify`: what replies mean. */
import { isKnownProvider, providerOf } from '@desist/contracts';
import { classifierOf, counts, hintsIn, isHardBounce, providerIn, shapeOf, SMTP_PHASES } from '@desist/domain';
import type { Hints, PolicySet, Reply, SmtpPhase, Verdict } from '@desist/domain';
import { createUnmatched } from '@desist/pipeline';
import { hintLines, knowledgeFor, knowledgeLines } from '../advice.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf } from '../lines.ts';
import type { Line } from '../lines.ts';

interface Asked {
  readonly shown: string;
  readonly reply: Reply;
}

export interface ClassifyOptions {
  readonly json: boolean;
  /** List the wordings that no rule knows, instead of the verdicts. */
  readonly unknown: boolean;
  /** Say what each verdict means. */
  readonly explain: boolean;
  readonly policies: PolicySet;
}

/** Wordings that are counted at a time. */
const WORDINGS = 100_000;

export async function runClassify(files: readonly string[], options: ClassifyOptions): Promise<void> {
  const classifier = classifierOf(options.policies.rules);
  const unmatched = createUnmatched(WORDINGS);
  let read = 0;
  for await (const line of linesOf(files.length === 0 ? ['-'] : files)) {
    if (line.text.trim() === '') continue;
    const asked = line.text.trimStart().startsWith('{') ? fromJson(line) : plain(line.text);
    const verdict = classifier.classify(asked.reply);
    read += 1;
    if (options.unknown) {
      if (verdict.rule === 'unmatched') unmatched.note(shapeOf(asked.shown));
    } else print(asked, verdict, options);
  }
  if (options.unknown) printUnknown(unmatched.top(WORDINGS), read, options);
}

function print({ shown, reply }: Asked, verdict: Verdict, { json, explain }: ClassifyOptions): void {
  const { category, attribution, permanence, rule } = verdict;
  const provider = reply.provider ?? null;
  const counted = counts(verdict);
  const hardBounce = counted && isHardBounce(verdict);
  const hints = hintsIn(shown);
  if (json) {
    const base = { reply: shown, category, attribution, permanence, rule, provider, counts: counted, hardBounce };
    console.log(JSON.stringify(isEmpty(hints) ? base : { ...base, hints }));
    return;
  }
  const effect = hardBounce ? 'hard bounce' : counted ? 'counts' : 'does not count';
  console.log(`${category.padEnd(22)} ${attribution.padEnd(11)} ${permanence.padEnd(9)} ${effect.padEnd(14)} ${rule.padEnd(28)} ${shown}`);
  if (!explain) return;
  const code =
    [reply.code, reply.enhanced].filter((part) => part !== undefined).join(' ') ||
    /^\d{3}(?:[ -]\d\.\d+\.\d+)?/.exec(shown)?.[0].replace('-', ' ');
  for (const text of [...knowledgeLines(knowledgeFor(category, code, reply.provider)), ...hintLines(hints)]) console.log(text);
}

const isEmpty = (hints: Hints): boolean => Object.keys(hints).length === 0;

function printUnknown(found: ReturnType<ReturnType<typeof createUnmatched>['top']>, read: number, { json }: ClassifyOptions): void {
  for (const { text, count } of found) console.log(json ? JSON.stringify({ count, text }) : `${String(count).padStart(8)}  ${text}`);
  if (!json) {
    const total = found.reduce((sum, { count }) => sum + count, 0);
    console.error(`${total} of ${read} replies match no rule, in ${found.length} wordings`);
  }
}

function plain(text: string): Asked {
  const shown = text.trim();
  return { shown, reply: withProvider({ text }, undefined, undefined) };
}

/** By the host or address where the provider is known by it, otherwise by the words of the reply. */
function withProvider(reply: Reply, host: string | undefined, recipient: string | undefined): Reply {
  const domain = recipient?.slice(recipient.lastIndexOf('@') + 1) ?? '';
  const byTable = host === undefined && domain === '' ? '' : providerOf(domain, host);
  const provider = isKnownProvider(byTable) ? byTable : (providerIn(reply.text) ?? byTable);
  return provider === '' ? reply : { ...reply, provider };
}

function fromJson(line: Line): Asked {
  const { number, text } = line;
  const json = objectIn(text, number);
  const { reply, code, enhanced, phase, remoteHost, recipient, provider } = json;
  if (typeof reply !== 'string') throw new CommandError(EXIT.usage, `line ${number}: reply: must be a string`);
  const stage = typeof phase === 'string' ? phaseOf(phase) : undefined;
  const asked: Reply = {
    text: reply,
    ...(code === undefined || code === null ? {} : { code: Number(code) }),
    ...(typeof enhanced === 'string' ? { enhanced } : {}),
    ...(stage === undefined ? {} : { phase: stage }),
  };
  if (typeof provider === 'string' && provider !== '') return { shown: reply, reply: { ...asked, provider } };
  return { shown: reply, reply: withProvider(asked, stringOf(remoteHost), stringOf(recipient)) };
}

function objectIn(text: string, number: number): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new CommandError(EXIT.usage, `line ${number}: not JSON`);
  }
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** `rcpt`, and the SMTP command as logs have it: `RCPT TO`. */
function phaseOf(text: string): SmtpPhase | undefined {
  const word = text.trim().toLowerCase().replaceAll(' ', '_');
  return SMTP_PHASES.find((phase) => phase === word) ?? SMTP_PHASES.find((phase) => phase === word.split('_')[0]);
}
