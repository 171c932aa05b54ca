/**
 * `npm run bench:mails -- [MEBIBYTES [KIND…]]`: hostile mails, read by the format `dsn` and by libraries that read mails: processor time and memory per
 * mebibyte, each in a process of its own. A library that is not installed is left out (`npm install --no-save @zone-eu/mailsplit@5.4.30`).
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatOf } from '@desist/formats';
import PostalMime from 'postal-mime';
import { HOSTILE_MAILS } from '../formats/hostile-mails.ts';

type Read = (mail: Buffer) => unknown;

const CONTEXT = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-11-25T00:00:00Z') };
const LIMIT_MS = 180_000;

const READERS: Readonly<Record<string, Read>> = {
  desist: (mail) => formatOf('dsn')?.normalise(mail, CONTEXT),
  'postal-mime': (mail) => PostalMime.parse(mail, { forceRfc822Attachments: true }),
  mailsplit: async (mail) => {
    const { Splitter } = createRequire(import.meta.url)('@zone-eu/mailsplit') as {
      Splitter: new (options: object) => NodeJS.ReadWriteStream;
    };
    const splitter = new Splitter({ ignoreEmbedded: true });
    splitter.end(mail);
    await pipeline(splitter, new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() }));
  },
};

interface Measured {
  readonly ms: number;
  readonly mebibytes: number;
  /** How it ended, if not well. */
  readonly failed: string;
}

async function measure(reader: string, kind: string, mebibytes: number): Promise<Measured> {
  const mail = Buffer.from(HOSTILE_MAILS.find(({ name }) => name === kind)?.of(mebibytes * 2 ** 20) ?? '', 'latin1');
  const memory = process.memoryUsage.rss();
  const before = process.cpuUsage();
  let failed = '';
  try {
    await READERS[reader]?.(mail);
  } catch (error) {
    failed = error instanceof Error ? error.message : String(error);
  }
  const { user, system } = process.cpuUsage(before);
  const size = mail.length / 2 ** 20;
  return {
    ms: (user + system) / 1_000 / size,
    mebibytes: (process.resourceUsage().maxRSS / 1_024 - memory / 2 ** 20) / size,
    failed,
  };
}

/** In a process of its own, which may run out of memory or time. */
function measureApart(reader: string, kind: string, mebibytes: number): Measured | undefined {
  const options = ['--conditions=source', '--disable-warning=ExperimentalWarning', import.meta.filename, reader, kind, String(mebibytes)];
  try {
    return JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8', timeout: LIMIT_MS, stdio: 'pipe' })) as Measured;
  } catch {
    return undefined;
  }
}

const cell = (measured: Measured | undefined): string => {
  if (measured === undefined) return 'no end';
  if (measured.failed.startsWith('Cannot find module')) return '-';
  return `${Math.round(measured.ms)} ${Math.round(measured.mebibytes)}${measured.failed === '' ? '' : ' throws'}`;
};

const [first = '4', ...others] = process.argv.slice(2);
if (first in READERS) {
  const [kind = '', size] = others;
  console.log(JSON.stringify(await measure(first, kind, Number(size))));
} else {
  console.log('each: processor ms per MiB, and MiB of memory per MiB');
  const columns = (cells: readonly string[]): string => cells.map((one) => one.padStart(15)).join(' ');
  console.log(`${''.padEnd(55)} ${columns(Object.keys(READERS))}`);
  for (const { name } of HOSTILE_MAILS.filter((mail) => others.length === 0 || others.includes(mail.name))) {
    console.log(`${name.padEnd(55)} ${columns(Object.keys(READERS).map((reader) => cell(measureApart(reader, name, Number(first)))))}`);
  }
}
