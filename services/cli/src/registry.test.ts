/** The registered commands, and everything that is generated from their definitions. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Command } from './command.ts';
import { spelt } from './command.ts';
import { completionOf } from './commands/completion.ts';
import { manualOf } from './commands/man.ts';
import { allCommands, findCommand } from './registry.ts';
import { helpOf, helpOfAll, tableOf } from './usage.ts';

const FOLDER = path.join(import.meta.dirname, 'commands');
const PAGE = path.join(import.meta.dirname, '../../../docs/cli.md');

let commands: readonly Command[];
beforeAll(async () => {
  commands = await allCommands();
  // Everything is loaded from its sources.
}, 60_000);

const optionsOf = ({ options }: Command): readonly string[] => Object.entries(options).map(([name, option]) => spelt(name, option));

describe('the registry', () => {
  it('has every module of the folder, named after its path', () => {
    const modules = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file));
    expect(commands.map(({ name }) => name)).toEqual(modules.map((file) => file.slice(0, -3).replace(path.sep, ' ')).sort());
    expect(commands.length).toBeGreaterThan(25);
  });

  it('finds commands of one and of two words, and passes them the remaining arguments', async () => {
    const found = async (...args: string[]): Promise<unknown> => {
      const { command, args: rest } = (await findCommand(args)) ?? {};
      return command === undefined ? undefined : [command.name, rest];
    };
    expect(await found('incident', 'show', 'op-1')).toEqual(['incident show', ['op-1']]);
    expect(await found('check', 'a@example.com', '--json')).toEqual(['check', ['a@example.com', '--json']]);
    expect(await found('status')).toEqual(['status', []]);
    expect(await found('status', '')).toEqual(['status', []]);
    expect(await found('incident')).toBeUndefined();
    expect(await found('../main')).toBeUndefined();
  });

  it('loads neither other commands nor unneeded adapters', () => {
    expect(loadedBy('--version')).toEqual([]);
    const classify = loadedBy('classify', path.join(import.meta.dirname, '../../../LICENSE'));
    expect(classify.filter((file) => file.includes('/cli/src/commands/'))).toEqual([expect.stringMatching(/classify\.ts$/)]);
    expect(classify.filter((file) => /packages\/(?:assembly|runtime|api|store-postgres|log-kafka)\//.test(file))).toEqual([]);
    // Neither schemas, nor formats, nor the engine: each file costs about as much as ten replies. Of the formats it needs what splits lines.
    expect(classify.filter((file) => /packages\/(?:contracts|pipeline|formats\/src\/(?!chunks\.ts))/.test(file))).toEqual([
      expect.stringMatching(/contracts\/src\/policy-file\/version\.ts$/),
      // A file is measured before it is read.
      expect.stringMatching(/contracts\/src\/read-bounded\.ts$/),
      expect.stringMatching(/pipeline\/src\/traffic\/unmatched-replies\.ts$/),
    ]);
  });

  it('answers --version before anything else is loaded', () => {
    const bin = path.join(import.meta.dirname, '../../../bin/desist.js');
    const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string };
    for (const flag of ['--version', '-V']) {
      expect(runCovered([bin, flag])).toEqual({ stdout: `${version}\n`, urls: [expect.stringMatching(/bin\/desist\.js$/)] });
    }
  });
});

/** Modules of ours that a command loads besides what `main.ts` itself imports. */
function loadedBy(...args: readonly string[]): readonly string[] {
  const { urls } = runCovered([
    ...['--conditions=source', '--disable-warning=ExperimentalWarning'],
    path.join(import.meta.dirname, 'main.ts'),
    ...args,
  ]);
  return urls.filter((url) => /\/(?:packages|cli\/src\/commands)\//.test(url) && !url.includes('/node_modules/')).sort();
}

/** Runs Node with these arguments. `urls`: files that it ran, as V8 writes them down. */
function runCovered(args: readonly string[]): { readonly stdout: string; readonly urls: readonly string[] } {
  const folder = mkdtempSync(path.join(tmpdir(), 'desist-loaded-'));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    const reports = readdirSync(folder).map(
      (file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { result: { url: string }[] },
    );
    return { stdout, urls: reports.flatMap(({ result }) => result.map(({ url }) => url)).filter((url) => url.startsWith('file:')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('generated from the definitions', () => {
  it('docs/cli.md has the table of all commands and their options (`npm run docs:cli` writes it)', async () => {
    const page = readFileSync(PAGE, 'utf8');
    expect(page).toContain('\n| command | |\n');
    const written = page.replace(/\n\| command \| \|\n(?:\|.*\n)*/, () => `\n${tableOf(commands)}\n`);
    await expect(written).toMatchFileSnapshot(PAGE);
  });

  it("the table and a command's help name all its options", () => {
    const table = tableOf(commands).split('\n');
    for (const command of commands) {
      const row = table.find((line) => new RegExp(`^\\| \`desist ${command.name}[ \`]`).test(line));
      for (const option of optionsOf(command)) {
        expect(helpOf(command), command.name).toContain(`\n  ${option}`);
        if (option !== '--json' && option !== '--url') expect(row, command.name).toContain(option);
      }
      expect(helpOfAll(commands)).toContain(`\n  ${command.name} `);
    }
  });

  it.each([
    ['start', 'standalone'],
    ['engine', 'engine'],
    ['ingest', 'ingest'],
    ['query', 'query'],
  ])('%s has the options that its service reads', (name, service) => {
    const config = readFileSync(path.join(import.meta.dirname, `../../${service}/src/config.ts`), 'utf8');
    const usage = /USAGE = `([^`]*)`/.exec(config)?.[1] ?? '';
    const read = new Set([...usage.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option));
    expect(optionsOf(commands.find((one) => one.name === name)!).toSorted()).toEqual([...read].sort());
  });

  it('the manual page has every command with its options, and no line that is a macro by accident', () => {
    const manual = manualOf(commands);
    for (const command of commands) {
      expect(manual).toContain(`\n.SS desist ${command.name.replaceAll('-', String.raw`\-`)}`);
      for (const option of optionsOf(command)) expect(manual, command.name).toContain(option.replaceAll('-', String.raw`\-`));
    }
    const requests = manual.split('\n').flatMap((line) => /^[.'](\S*)/.exec(line)?.[1] ?? []);
    expect(new Set(requests)).toEqual(new Set(['TH', 'SH', 'SS', 'TP', 'B', 'PP', 'nf', 'fi']));
  });

  it.each(['bash', 'zsh', 'fish'] as const)('%s proposes every command and every option', (shell) => {
    const script = completionOf(shell, commands).split('\n');
    for (const command of commands) {
      const [first = '', second] = command.name.split(' ');
      const about = script.filter((line) => new RegExp(`\\b${first}\\b`).test(line)).join('\n');
      if (second !== undefined) expect(about, command.name).toMatch(new RegExp(`\\b${second}\\b`));
      for (const option of optionsOf(command))
        expect(about, `${command.name} ${option}`).toContain(shell === 'fish' ? `-l ${option.slice(2)}` : option);
    }
  });
});
