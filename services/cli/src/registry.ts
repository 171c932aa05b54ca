/**
 * Finds the commands: every module in `commands/` exports one as `command`, and its path is its name. A module is loaded when its command
 * is run; help and completion load all of them.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from './command.ts';

const FOLDER = new URL('commands/', import.meta.url);
/** Matches modules, as sources or built, but no declarations and tests. */
const MODULE = /^(?!.*\.(?:test|d)\.ts$)(.+)\.[jt]s$/;

/** Paths of the modules by the names of their commands, in alphabetical order. */
function modules(): ReadonlyMap<string, string> {
  const files = readdirSync(fileURLToPath(FOLDER), { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  return new Map(
    files
      .flatMap((path) => MODULE.exec(path)?.[1] ?? [])
      .map((stem) => [stem.replace('/', ' '), new URL(`${stem}${import.meta.url.slice(-3)}`, FOLDER).href] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function load(href: string): Promise<Command | undefined> {
  return ((await import(href)) as { readonly command?: Command }).command;
}

export interface FoundCommand {
  readonly command: Command;
  /** What follows the command's name. */
  readonly args: readonly string[];
}

/** The command that these arguments begin with: of one word or of two. */
export async function findCommand([first = '', second = '', ...rest]: readonly string[]): Promise<FoundCommand | undefined> {
  const known = modules();
  for (const [name, args] of [
    [`${first} ${second}`, rest],
    [first, second === '' && rest.length === 0 ? [] : [second, ...rest]],
  ] as const) {
    const href = known.get(name);
    const command = href === undefined ? undefined : await load(href);
    if (command !== undefined) return { command, args };
  }
  return undefined;
}

/** All commands, by name. Leftover modules of an older build are ignored. */
export async function allCommands(): Promise<readonly Command[]> {
  const loaded = await Promise.all([...modules().values()].map(load));
  return loaded.filter((command) => command !== undefined);
}
