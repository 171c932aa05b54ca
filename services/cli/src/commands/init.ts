/** `desist init`: the two files that an installation edits, with every value explained. */
import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineCommand } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { say } from '../terminal.ts';

export const command = defineCommand({
  name: 'init',
  section: 'Services and set-up',
  summary: 'write a policy file and a sources file with comments; existing files are left alone',
  operands: { name: 'FOLDER', summary: 'where; default: this folder', least: 0, most: 1 },
  options: {},
  examples: ['desist init', 'desist init /etc/desist'],
  run: ({ operands: [folder = '.'] }) => runInit(folder),
});

const FILES = ['policy', 'sources'] as const;

/** Exit code: 1 when both files were there already. */
function runInit(folder: string): number {
  const written = FILES.filter((name) => write(name, folder));
  if (written.length === 0) return EXIT.no;
  say(
    '',
    'Next: edit them, then',
    ...(written.includes('policy') ? [`  desist policy check ${join(folder, 'policy.yaml')}`] : []),
    `  DESIST_POLICY=${join(folder, 'policy.yaml')} DESIST_SOURCES=${join(folder, 'sources.yaml')} desist start`,
  );
  return EXIT.done;
}

/** False when there is such a file already. */
function write(name: (typeof FILES)[number], folder: string): boolean {
  const file = join(folder, `${name}.yaml`);
  try {
    mkdirSync(folder, { recursive: true });
    copyFileSync(fileURLToPath(new URL(`../../../../${name}.example.yaml`, import.meta.url)), file, constants.COPYFILE_EXCL);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      say(`${file} is there already, and was left alone`);
      return false;
    }
    throw new CommandError(EXIT.missing, `${file} cannot be written (${code ?? String(error)}): give another folder`);
  }
  say(`${file} was written`);
  return true;
}
