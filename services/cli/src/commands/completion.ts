/** `desist completion bash|zsh|fish`: what the shell proposes, made of the commands as they are. */
import type { Command } from '../command.ts';
import { defineCommand, spelt } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { allCommands } from '../registry.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const command = defineCommand({
  name: 'completion',
  section: 'Keys and shells',
  summary: 'print a completion script for a shell',
  operands: { name: SHELLS.join('|'), summary: 'the shell', least: 1, most: 1 },
  options: {},
  examples: ['source <(desist completion bash)', 'desist completion fish > ~/.config/fish/completions/desist.fish'],
  run: async ({ operands: [shellName = ''] }) => {
    const shell = SHELLS.find((one) => one === shellName);
    if (shell === undefined) throw new CommandError(EXIT.usage, `${shellName}: completion knows ${SHELLS.join(', ')}`);
    process.stdout.write(`${completionOf(shell, await allCommands())}\n`);
  },
});

const SCRIPTS: Readonly<Record<Shell, (entries: readonly Entry[]) => string>> = { bash, zsh, fish };

/** The script for these commands. */
export function completionOf(shell: Shell, commands: readonly Command[]): string {
  return SCRIPTS[shell](entriesOf(commands));
}

/** A first word, with the options of all commands that begin with it. */
interface Entry {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  readonly children: readonly string[];
}

function entriesOf(commands: readonly Command[]): readonly Entry[] {
  const firstWords = [...new Set(commands.map(({ name }) => firstOf(name)))];
  return firstWords.map((first) => {
    const family = commands.filter(({ name }) => firstOf(name) === first);
    return {
      name: first,
      description: family.length === 1 ? (family[0]?.summary ?? '') : family.map(({ name }) => name.slice(first.length + 1)).join(', '),
      options: family.flatMap(({ options }) =>
        Object.entries(options).map(([name, option]) => ({ flag: spelt(name, option), description: option.summary })),
      ),
      children: family.flatMap(({ name }) => (name === first ? [] : [name.slice(first.length + 1)])),
    };
  });
}

const firstOf = (name: string): string => name.split(' ')[0] ?? name;

const words = ({ options, children }: Entry): string => [...children, ...new Set(options.map(({ flag }) => flag)), '--help'].join(' ');

function bash(entries: readonly Entry[]): string {
  const cases = entries.map((entry) => `    ${entry.name}) words='${words(entry)}' ;;`).join('\n');
  return `# desist completion bash > /etc/bash_completion.d/desist
_desist() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${entries.map(({ name }) => name).join(' ')} --help --version' -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _desist desist`;
}

/** A description within single quotes. */
const quoted = (text: string): string => text.replaceAll("'", '').replaceAll(':', '\\:').replaceAll('[', '(').replaceAll(']', ')');

function zsh(entries: readonly Entry[]): string {
  const commands = entries.map(({ name, description }) => `    '${name}:${quoted(description)}'`).join('\n');
  const cases = entries
    .map((entry) => {
      const flags = [...new Map(entry.options.map((option) => [option.flag, option])).values()];
      const specs = flags.map(({ flag, description }) => `'${flag}[${quoted(description)}]'`);
      const children = entry.children.length === 0 ? `'*:file:_files'` : `'1:command:(${entry.children.join(' ')})' '*:file:_files'`;
      return `    ${entry.name}) _arguments ${[...specs, `'--help[help]'`, children].join(' ')} ;;`;
    })
    .join('\n');
  return `#compdef desist
# desist completion zsh > "\${fpath[1]}/_desist"
_desist() {
  local -a commands
  commands=(
${commands}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local name="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$name" in
${cases}
  esac
}
compdef _desist desist`;
}

function fish(entries: readonly Entry[]): string {
  const plain = (text: string): string => text.replaceAll("'", '');
  const lines = ['# desist completion fish > ~/.config/fish/completions/desist.fish'];
  for (const { name, description, options, children } of entries) {
    lines.push(`complete -c desist -n __fish_use_subcommand -a ${name} -d '${plain(description)}'`);
    for (const child of children) lines.push(`complete -c desist -n '__fish_seen_subcommand_from ${name}' -a ${child}`);
    for (const { flag, description: what } of new Map(options.map((option) => [option.flag, option])).values()) {
      lines.push(`complete -c desist -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d '${plain(what)}'`);
    }
  }
  return lines.join('\n');
}
