/** The `desist` command: finds the command, reads its arguments, runs it and exits with its code. */
import { readFileSync } from 'node:fs';
import { readArguments } from './arguments.ts';
import { CommandError, EXIT } from './exit.ts';
import { nearest } from './nearest.ts';
import { allCommands, findCommand } from './registry.ts';
import { say, warn } from './terminal.ts';
import { helpOf, helpOfAll } from './usage.ts';

// A reader that closes the pipe (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = await codeOf(error);
}

async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === '--version' || first === '-V') return done(versionOf());
  if (first === undefined) throw new CommandError(EXIT.usage, helpOfAll(await allCommands()));
  if (first === '--help' || first === '-h' || first === 'help') return done(helpOfAll(await allCommands()));
  const found = await findCommand(args);
  if (found === undefined) return unknown(first, args);
  const invocation = readArguments(found.command, found.args);
  if (invocation === 'help') return done(helpOf(found.command));
  return (await found.command.run(invocation)) ?? EXIT.done;
}

function done(text: string): number {
  say(...text.split('\n'));
  return EXIT.done;
}

/** Reports an unknown command, or the missing second word of a family such as `desist incident`. */
async function unknown(word: string, args: readonly string[]): Promise<number> {
  const commands = await allCommands();
  const family = commands.filter(({ name }) => name.startsWith(`${word} `));
  const help = helpOfFamily(family);
  if (family.length > 0 && (args[1] === '--help' || args[1] === '-h')) return done(help);
  throw new CommandError(
    EXIT.usage,
    family.length === 0
      ? `${word}: unknown command${suggestion(args, commands)}; \`desist --help\` lists the commands`
      : `${args.join(' ')}: needs a subcommand\n${help}`,
  );
}

/** What was probably meant: the nearest name, of one word or of two. */
function suggestion(args: readonly string[], commands: readonly { readonly name: string }[]): string {
  const names = [...commands.map(({ name }) => name), 'start', 'engine', 'ingest', 'query'];
  const near = nearest(args[0] ?? '', names) ?? nearest(args.slice(0, 2).join(' '), names);
  return near === undefined ? '' : `; did you mean \`desist ${near}\`?`;
}

function helpOfFamily(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  const width = Math.max(0, ...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
}

function versionOf(): string {
  return (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

/** An error that a person can fix is printed as a message with an exit code; anything else is a crash with a stack. */
async function codeOf(error: unknown): Promise<number> {
  if (error instanceof CommandError) {
    warn(...error.message.split('\n'));
    return error.code;
  }
  const { exitCodeOf } = await import('@desist/runtime');
  const code = exitCodeOf(error);
  if (code === undefined) throw error;
  warn(...(error as Error).message.split('\n'));
  return code;
}
