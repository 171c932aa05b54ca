/** A command's arguments, read by its definition. Every mistake ends with exit code 2 and a pointer to the help. */
import { parseArgs } from 'node:util';
import type { Command, Invocation, Options } from './command.ts';
import { kebab, spelt } from './command.ts';
import { CommandError, EXIT } from './exit.ts';

/** The parsed arguments; `help` when help was requested. @throws CommandError */
export function readArguments(command: Command, args: readonly string[]): Invocation | 'help' {
  const { values, positionals } = parsed(command, args);
  if (values['help'] === true) return 'help';
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(command.options)) {
    const given = values[kebab(name)];
    if (option.kind === 'flag') options[name] = given ?? option.on;
    else if (option.repeats === true) {
      const texts = (given ?? []) as readonly string[];
      options[name] = texts.flatMap((text) => readValue(command, spelt(name, option), () => option.read(text) as readonly unknown[]));
    } else {
      const text = (given as string | undefined) ?? option.otherwise;
      if (text !== undefined) options[name] = readValue(command, spelt(name, option), () => option.read(text));
      else if (option.presence === 'given') throw mistake(command, `${spelt(name, option)}: is required`);
    }
  }
  checkOperands(command, positionals);
  return { operands: positionals, options } as Invocation;
}

function parsed(command: Command, args: readonly string[]): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...args], options: declared(command.options), allowPositionals: true, allowNegative: true });
  } catch (error) {
    throw mistake(command, (error as Error).message.replace(/\. To specify.*$/, ''));
  }
}

function declared(options: Options): Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }> {
  const kinds = Object.entries(options).map(([name, option]) => {
    const multiple = option.kind === 'value' && option.repeats === true;
    return [kebab(name), { type: option.kind === 'flag' ? 'boolean' : 'string', multiple }] as const;
  });
  return { ...Object.fromEntries(kinds), help: { type: 'boolean', short: 'h' } };
}

function readValue<T>(command: Command, flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw mistake(command, `${flag}: ${(error as Error).message}`);
  }
}

function checkOperands(command: Command, given: readonly string[]): void {
  const { least, most, name } = command.operands ?? { least: 0, most: 0, name: '' };
  if (given.length < least) throw mistake(command, `${name} is missing`);
  const extra = given[most];
  if (extra !== undefined) throw mistake(command, `${extra}: unexpected argument`);
}

function mistake({ name }: Command, what: string): CommandError {
  return new CommandError(EXIT.usage, `${what}\n\`desist ${name} --help\` shows its usage`);
}
