/** `desist completion bash|zsh|fish`: what the shell proposes, made of the commands as they are. */
import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  readonly children: readonly string[];
}

export function runCompletion(program: Command, shell: string): void {
  const entries = entriesOf(program);
  if (shell === 'bash') console.log(bash(entries));
  else if (shell === 'zsh') console.log(zsh(entries));
  else if (shell === 'fish') console.log(fish(entries));
  else throw new CommandError(EXIT.usage, `${shell}: completion knows ${SHELLS.join(', ')}`);
}

function entriesOf(program: Command): readonly Entry[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options, ...command.commands.flatMap(({ options }) => options)].flatMap(({ long, description }) =>
      long == null ? [] : [{ flag: long, description }],
    ),
    children: command.commands.map((child) => child.name()),
  }));
}

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
