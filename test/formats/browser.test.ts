/**
 * Verdicts, providers and formats run in a browser: bundled for one, in a context that has what the web has and nothing of Node, they
 * say of every reply and every payload what they say here.
 */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { providerOf } from '@desist/verdicts';
import { detectFormat, formatOf } from '@desist/formats';
import type { NormaliseContext } from '@desist/formats';
import { classify, hintsIn } from '@desist/verdicts';
import type { Reply } from '@desist/verdicts';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { shippedSet } from '../verdicts/corpus.ts';
import { bytesOf } from './cases.ts';
import { HOSTILE_MAILS } from './hostile-mails.ts';
import { CASES } from './payloads/index.ts';

const PACKAGES = path.join(import.meta.dirname, '../../packages');
const SOURCES = {
  verdicts: path.join(PACKAGES, 'verdicts/src/index.ts'),
  providers: path.join(PACKAGES, 'verdicts/src/provider/index.ts'),
  formats: path.join(PACKAGES, 'formats/src/index.ts'),
};
const GOLDEN = path.join(import.meta.dirname, '../golden');

/** What every browser has, besides the language itself. */
const WEB = { TextDecoder, TextEncoder, URL, URLSearchParams, atob, btoa };

const ENTRY = 'the-entry';

/** One script that gives `library` what the entry exports. A module of Node is an error: no browser has it. */
async function bundled(entry: string): Promise<string> {
  const build = await rolldown({
    input: ENTRY,
    platform: 'browser',
    resolve: { conditionNames: ['source', 'browser', 'import', 'default'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? { id: path.join(PACKAGES, ENTRY) } : undefined),
        load: (id) => (path.basename(id) === ENTRY ? entry : undefined),
      },
      {
        name: 'no-node',
        resolveId(id, importer) {
          if (id.startsWith('node:') || builtinModules.includes(id)) throw new Error(`${importer ?? ENTRY} imports ${id}`);
        },
      },
    ],
  });
  const { output } = await build.generate({ format: 'iife', name: 'library' });
  await build.close();
  const [chunk, ...others] = output;
  expect(others).toEqual([]);
  expect([...chunk.imports, ...chunk.dynamicImports]).toEqual([]);
  return chunk.code;
}

function browser(code: string): vm.Context {
  const context = vm.createContext({ ...WEB });
  vm.runInContext(code, context);
  return context;
}

/** What the expression is in the context, asked about `given`, as JSON. Only text goes in and out, so that both sides use their own objects. */
function ask(context: vm.Context, expression: string, given: unknown): string {
  return vm.runInContext(`JSON.stringify(((given) => ${expression})(${JSON.stringify(given)}))`, context) as string;
}

function linesOf(file: string): readonly string[] {
  return readFileSync(path.join(GOLDEN, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const REPLIES: readonly Reply[] = [
  ...['documented.tsv', 'wordings.tsv'].flatMap(linesOf).map((line) => ({ text: line.split('\t')[2] as string })),
  ...linesOf('not-the-recipient.txt').map((text) => ({ text })),
  ...shippedSet().map(({ reply }) => reply),
];

const HOSTS: readonly (readonly [domain: string, host?: string])[] = [
  ['gmail.com'],
  ['example.com', 'ASPMX.L.GOOGLE.COM.'],
  ['example.com', 'example-com.mail.protection.outlook.com'],
  ['example.co.uk', 'mx1.mail.other.co.uk'],
  ['example.com', '192.0.2.1'],
  ['example.com', 'localhost'],
];

const CONTEXT: NormaliseContext = {
  tenant: 'default',
  stream: 'default',
  referenceTime: Date.parse('2026-11-25T00:00:00Z'),
  timezone: 'Europe/Berlin',
};

const PAYLOADS = [
  ...CASES.flatMap(({ format, cases }) =>
    cases.map((one) => ({ format, name: one.name, bytes: bytesOf(one), context: { ...CONTEXT, ...one.context } })),
  ),
  ...HOSTILE_MAILS.map(({ name, of }) => ({ format: 'dsn', name, bytes: Buffer.from(of(1_024), 'latin1'), context: CONTEXT })),
].map(({ context, ...payload }) => {
  // A function does not go into the context; there is a test of its own for what it answers.
  const { recipientOf: _, ...rest } = context;
  return { ...payload, context: rest };
});

describe('the packages in a browser', () => {
  let context: vm.Context;

  beforeAll(async () => {
    const exports = Object.entries(SOURCES).map(([name, file]) => `export * as ${name} from ${JSON.stringify(file)};`);
    context = browser(await bundled(exports.join('\n')));
  });

  it("find none of Node's globals", () => {
    const names = ['Buffer', 'process', 'require', 'module', 'global', 'setImmediate', 'crypto', 'fetch'];
    expect(ask(context, 'given.filter((name) => name in globalThis)', names)).toBe('[]');
  });

  it('classify replies the same', () => {
    expect(REPLIES.length).toBeGreaterThan(1_000);
    const found = JSON.parse(
      ask(context, 'given.map((reply) => [library.verdicts.classify(reply), library.verdicts.hintsIn(reply.text)])', REPLIES),
    ) as readonly unknown[];
    expect(found).toEqual(REPLIES.map((reply) => JSON.parse(JSON.stringify([classify(reply), hintsIn(reply.text)])) as unknown));
  });

  it('find the same provider of a mailbox', () => {
    expect(ask(context, 'given.map(([domain, host]) => library.providers.providerOf(domain, host))', HOSTS)).toBe(
      JSON.stringify(HOSTS.map(([domain, host]) => providerOf(domain, host))),
    );
  });

  it.each(PAYLOADS)('$format: $name', ({ format, bytes, context: given }) => {
    const found = ask(
      context,
      `(() => {
        const bytes = Uint8Array.from(atob(given.payload), (letter) => letter.charCodeAt(0));
        const format = library.formats.formatOf(given.format);
        return [library.formats.detectFormat(bytes)?.name, format.normalise(bytes, given.context)];
      })()`,
      { format, payload: Buffer.from(bytes).toString('base64'), context: given },
    );
    expect(found).toBe(JSON.stringify([detectFormat(bytes)?.name, formatOf(format)?.normalise(bytes, given)]));
  });
});

describe('code that needs Node', () => {
  it.each([
    "import { readFileSync } from 'node:fs'; export const x = readFileSync;",
    "export * as x from 'crypto';",
    "export const x = () => require('fs');",
  ])('is not bundled: %s', async (entry) => {
    await expect(bundled(entry)).rejects.toThrow(/imports (?:node:fs|crypto|fs)/);
  });

  it.each(["Buffer.from('a').length", 'process.pid', 'setImmediate(() => 1)'])('does not run: %s', async (expression) => {
    const context = browser(await bundled(`export const f = () => ${expression};`));
    expect(() => ask(context, 'library.f()', null)).toThrow(/is not defined/);
  });
});
