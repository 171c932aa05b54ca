/** Generates `--help` and the table of docs/cli.md from the definitions of the commands. */
import type { Command, Flag, Operands, Value } from './command.ts';
import { SECTIONS, spelt } from './command.ts';

/** Options of every command of a kind, which are explained once. */
const COMMON: ReadonlySet<string> = new Set(['json', 'url']);
/** Commands that use a running service only if there is one. */
const WITHOUT_SERVICE: ReadonlySet<string> = new Set(['advise', 'doctor', 'ingest']);
const NARROW = 24;

export function helpOfAll(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const sections = SECTIONS.map((section) => {
    const lines = commands
      .filter((command) => command.section === section)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
    return [section, ...lines].join('\n');
  });
  return [
    'Decides, per recipient, when to stop sending',
    ...sections,
    '`desist COMMAND --help` shows the help of a command, `desist --version` the version.',
  ].join('\n\n');
}

export function helpOf(command: Command): string {
  const { summary, operands, options, examples = [] } = command;
  const lines: [string, string][] = operands === undefined ? [] : [[operandsOf(operands), operands.summary]];
  for (const [name, option] of Object.entries(options)) lines.push([usageOfOption(name, option), describe(option)]);
  lines.push(['--help', 'this text']);
  const parts = [
    [usageOf(command, () => true), `  ${summary}`].join('\n'),
    lines.map(([what, meaning]) => `  ${what.padEnd(NARROW)}  ${meaning}`).join('\n'),
  ];
  if (examples.length > 0) parts.push(['Examples:', ...examples.map((line) => `  $ ${line}`)].join('\n'));
  return parts.join('\n\n');
}

export function describe(option: Flag | Value): string {
  if (option.kind === 'flag' || option.otherwise === undefined) return option.summary;
  return `${option.summary}; default ${option.otherwise}`;
}

export function usageOf({ name, operands, options }: Command, shown: (option: string) => boolean): string {
  const words = Object.entries(options)
    .filter(([option]) => shown(option))
    .map(([option, definition]) => {
      const isRequired =
        definition.kind === 'value' && definition.presence === 'given' && definition.otherwise === undefined && definition.repeats !== true;
      return isRequired ? usageOfOption(option, definition) : `[${usageOfOption(option, definition)}]`;
    });
  return ['desist', name, ...(operands === undefined ? [] : [operandsOf(operands)]), ...words].join(' ');
}

export function usageOfOption(name: string, option: Flag | Value): string {
  return option.kind === 'flag' ? spelt(name, option) : `${spelt(name, option)} ${option.placeholder}`;
}

export function operandsOf({ name, least, most }: Operands): string {
  const text = most > 1 ? `${name}…` : name;
  return least === 0 ? `[${text}]` : text;
}

/** The table of docs/cli.md. `--json` and `--url` are explained above it. */
export function tableOf(commands: readonly Command[]): string {
  const rows = SECTIONS.flatMap((section) => commands.filter((command) => command.section === section)).map((command) => {
    const usage = usageOf(command, (option) => !COMMON.has(option)).replaceAll('|', String.raw`\|`);
    const service = 'url' in command.options && !WITHOUT_SERVICE.has(command.name) ? '*service*: ' : '';
    return `| \`${usage}\` | ${service}${command.summary.replaceAll('|', String.raw`\|`)} |`;
  });
  return ['| command | |', '|---|---|', ...rows].join('\n');
}
