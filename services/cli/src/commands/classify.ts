/** `desist classify`: what replies mean. */
import { existsSync } from 'node:fs';
import type { Line } from '@desist/formats/chunks';
import { answerReply, classifierOf, knowledgeOfReply, shapeOf } from '@desist/verdicts';
import type { AnsweredReply, AskedReply } from '@desist/verdicts';
import type { PolicySet } from '@desist/domain';
import { createUnmatchedReplies } from '@desist/pipeline/unmatched-replies';
import { hintLines, knowledgeLines } from '../advice.ts';
import { defineCommand, flag, JSON_OPTION, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Output } from '../output.ts';
import { createOutput } from '../output.ts';
import { policiesFrom } from '../policies.ts';
import { createProgress } from '../progress.ts';
import { linesOf } from '../read-lines.ts';
import { warn } from '../terminal.ts';

export const command = defineCommand({
  name: 'classify',
  section: 'Files, without a service',
  summary: 'classify SMTP replies: one per line, or NDJSON',
  operands: {
    name: 'FILE|REPLY',
    summary: 'files of replies; - (the default) for standard input; or a reply itself: what begins with 4xx or 5xx and is no file',
    least: 0,
    most: Number.POSITIVE_INFINITY,
  },
  options: {
    unknown: flag('count the wordings that match no rule, the most frequent first'),
    explain: flag('explain each verdict and what to do'),
    policy: value('FILE', 'policy file with your own rules (DESIST_POLICY)'),
    ...JSON_OPTION,
  },
  examples: ['desist classify "550 5.1.1 no such user" --explain', 'desist classify --unknown replies.txt'],
  run: async ({ operands, options }) => runClassify(operands, { ...options, policies: await policiesFrom(options.policy) }),
});

interface ClassifyOptions {
  readonly json: boolean;
  /** List the wordings that no rule knows, instead of the verdicts. */
  readonly unknown: boolean;
  /** Say what each verdict means. */
  readonly explain: boolean;
  readonly policies: PolicySet;
}

/** Wordings that are counted at a time. */
const WORDINGS = 100_000;

/** Lines of files, and replies that were given as arguments; in their order. */
async function* linesFrom(operands: readonly string[]): AsyncGenerator<Line> {
  for (const operand of operands.length === 0 ? ['-'] : operands) {
    // A file wins, so that what worked before a reply could be given still does.
    if (/^[45]\d\d(?!\d)/.test(operand) && !existsSync(operand))
      yield { number: 1, text: operand.replaceAll('\n', ' '), bytes: operand.length };
    else yield* linesOf([operand]);
  }
}

async function runClassify(operands: readonly string[], options: ClassifyOptions): Promise<void> {
  const classifier = classifierOf(options.policies.rules);
  const unmatched = createUnmatchedReplies(WORDINGS);
  const output = createOutput();
  const progress = createProgress('replies');
  let read = 0;
  for await (const line of linesFrom(operands)) {
    progress.at(read);
    if (line.text.trim() === '') continue;
    const asked = line.text.trimStart().startsWith('{') ? fromJson(line) : { reply: line.text.trim() };
    const answer = answerReply(classifier, asked);
    read += 1;
    if (options.unknown) {
      if (answer.rule === 'unmatched') unmatched.note(shapeOf(asked.reply));
    } else print(asked, answer, options, output);
    await output.caughtUp();
  }
  progress.end();
  if (options.unknown) printUnknown(unmatched.top(WORDINGS), read, options, output);
  await output.end();
}

function print(asked: AskedReply, answer: AnsweredReply, { json, explain }: ClassifyOptions, output: Output): void {
  if (json) {
    output.json(JSON.stringify(answer));
    return;
  }
  const { reply, category, attribution, permanence, rule, counts, hardBounce, hints = {} } = answer;
  const effect = hardBounce ? 'hard bounce' : counts ? 'counts' : 'does not count';
  output.line(`${category.padEnd(22)} ${attribution.padEnd(11)} ${permanence.padEnd(9)} ${effect.padEnd(14)} ${rule.padEnd(28)} ${reply}`);
  if (!explain) return;
  for (const text of [...knowledgeLines(knowledgeOfReply(asked, answer)), ...hintLines(hints)]) output.line(text);
}

type Wordings = ReturnType<ReturnType<typeof createUnmatchedReplies>['top']>;

function printUnknown(found: Wordings, read: number, { json }: ClassifyOptions, output: Output): void {
  for (const { text, count } of found) {
    if (json) output.json(JSON.stringify({ count, text }));
    else output.line(`${String(count).padStart(8)}  ${text}`);
  }
  if (json) return;
  const total = found.reduce((sum, { count }) => sum + count, 0);
  warn(`${total} of ${read} replies match no rule, in ${found.length} wordings`);
}

function fromJson({ number, text }: Line): AskedReply {
  const { reply, code, enhanced, phase, remoteHost, recipient, provider } = objectIn(text, number);
  if (typeof reply !== 'string') throw new CommandError(EXIT.usage, `line ${number}: reply: must be a string`);
  return {
    reply,
    ...(code === undefined || code === null ? {} : { code: Number(code) }),
    ...stringsOf({ enhanced, phase, remoteHost, recipient, provider }),
  };
}

/** Those that are text and not empty. */
function stringsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== ''),
  );
}

function objectIn(text: string, number: number): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new CommandError(EXIT.usage, `line ${number}: not JSON`);
  }
}
