/** `desist man`: the manual page, made of the commands as they are. */
import type { Command, Flag, Value } from '../command.ts';
import { defineCommand, SECTIONS } from '../command.ts';
import { allCommands } from '../registry.ts';
import { describe, operandsOf, usageOf, usageOfOption } from '../usage.ts';

export const command = defineCommand({
  name: 'man',
  section: 'Keys and shells',
  summary: 'print the manual page',
  options: {},
  examples: ['desist man | man -l -', 'desist man > /usr/local/share/man/man1/desist.1'],
  run: async () => void process.stdout.write(manualOf(await allCommands())),
});

/** In the macros of man(7). */
export function manualOf(commands: readonly Command[]): string {
  const lines = [
    '.TH DESIST 1 "" "" "User Commands"',
    '.SH NAME',
    String.raw`desist \- decides, per recipient of email, when to stop sending`,
    '.SH SYNOPSIS',
    '.B desist',
    String.raw`\fICOMMAND\fR [\fIARGUMENTS\fR]`,
    '.SH DESCRIPTION',
    roff(
      'Settings come from the environment: DATABASE_URL and KAFKA_BROKERS select real servers, otherwise everything is in ./desist-data.',
    ),
    roff('Commands that ask a running service find it with --url or DESIST_URL, and send the key of DESIST_API_KEY.'),
  ];
  for (const section of SECTIONS) {
    lines.push(`.SH ${roff(section.toUpperCase())}`);
    for (const command of commands.filter((one) => one.section === section)) lines.push(...commandLines(command));
  }
  lines.push(
    '.SH EXIT STATUS',
    ...['0', 'done', '1', 'it ran, and the answer is no', '2', 'wrong usage or bad input', '3', 'something that it needs is missing'].map(
      (text, index) => (index % 2 === 0 ? `.TP\n.B ${text}` : text),
    ),
    '.SH ENVIRONMENT',
    '.TP\n.B NO_COLOR\nnot empty: no colours',
  );
  return `${lines.join('\n')}\n`;
}

function commandLines(command: Command): readonly string[] {
  const { summary, operands, options, examples = [] } = command;
  const described: [string, string][] = operands === undefined ? [] : [[operandsOf(operands), operands.summary]];
  for (const [name, option] of Object.entries<Flag | Value>(options)) described.push([usageOfOption(name, option), describe(option)]);
  return [
    `.SS ${roff(usageOf(command, () => true))}`,
    roff(summary),
    ...described.flatMap(([what, meaning]) => ['.TP', `.B ${roff(what)}`, roff(meaning)]),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:', '.nf', ...examples.map((line) => `    ${roff(line)}`), '.fi']),
  ];
}

/** Text as it is: no escape, no macro, and hyphens that can be searched for and copied. */
function roff(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('…', '...')
    .replace(/^([.'])/, String.raw`\&$1`);
}
