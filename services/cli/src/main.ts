/** The `desist` command: reads arguments, runs one command, ends with its exit code. `docs/cli.md` shows each at work. */
import { exitCodeOf, VERSION } from '@desist/assembly';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { createClient, DEFAULT_URL } from './client.ts';
import { runCheck } from './commands/check.ts';
import { runClassify } from './commands/classify.ts';
import { runCodes } from './commands/codes.ts';
import { runDoctor } from './commands/doctor.ts';
import { runList } from './commands/list.ts';
import type { ListOptions } from './commands/list.ts';
import { runMigrate } from './commands/migrate.ts';
import { runOperate } from './commands/operate.ts';
import type { OperateOptions } from './commands/operate.ts';
import { policiesFrom, runPolicyCheck, runPolicyShow } from './commands/policy.ts';
import { runStatus } from './commands/status.ts';
import { runWhy } from './commands/why.ts';
import { CommandError, EXIT } from './exit.ts';
import type { FormatOptions } from './payloads.ts';

interface Json {
  readonly json: boolean;
}
interface ToService extends Json {
  readonly url?: string;
}

const program = new Command('desist')
  .description('Decides, per recipient, when to stop sending')
  .version(VERSION)
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

const command = (text: string, description: string): Command =>
  program.command(text).description(description).option('--json', 'NDJSON on standard output', false);
const toService = (text: string, description: string): Command =>
  command(text, description).option('--url <url>', `the running service (DESIST_URL; default ${DEFAULT_URL})`);

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on');
  return Number(text);
}

// ------------------------------------------------------------------------------------- services and set-up

// `bin/desist.js` runs these as services of their own; here they stand for the help.
program.command('start').description('everything in one process; `desist start --help` shows its flags');
program.command('engine').description('one engine of several, on real servers');
program.command('ingest').description('webhooks and provider topics; or follows a mail log or mailbox (`desist ingest --help`)');

command('migrate', 'bring the database to this version, make the topics that are missing')
  .option('--check', 'change nothing, say what is missing (exit code 1)', false)
  .action(async (options: Json & { check: boolean }) => {
    process.exitCode = await runMigrate(options);
  });

toService('doctor', 'what is wrong and how to fix it')
  .option('--resume <partition>', 'let a stopped partition go on')
  .option('--accept-gap', 'with --resume: give up the records that the log has lost', false)
  .action(async (options: ToService & { resume?: string; acceptGap: boolean }) => {
    process.exitCode = await runDoctor(createClient(options.url), options);
  });

toService('status', 'lag, clock, dead letters').action(async (options: ToService) => {
  await runStatus(createClient(options.url), options);
});

const policy = program.command('policy').description('policy files');
policy
  .command('check')
  .argument('[file]', 'default: DESIST_POLICY')
  .description('every mistake of a policy file')
  .option('--json', 'NDJSON on standard output', false)
  .action((file: string | undefined, options: Json) => {
    runPolicyCheck(file, options);
  });
policy
  .command('show')
  .argument('[file]', 'default: DESIST_POLICY, otherwise the built-in defaults')
  .description('what a policy file comes to, every value written out')
  .action((file: string | undefined) => {
    runPolicyShow(file);
  });

// ------------------------------------------------------------------------------------- files, no service needed

/** What a provider's payloads do not say of themselves. */
const ofFormats = (text: string, description: string): Command =>
  command(text, description)
    .option('--format <name>', 'a provider, `canonical`, or `auto`: each file shows it', 'auto')
    .option('--tenant <tenant>', 'of the events; default `default`')
    .option('--stream <stream>', 'of the events; default `default`')
    .option('--source <name>', 'of the events; default the name of the format')
    .option('--timezone <zone>', 'for times without a zone: Europe/Paris, +02:00')
    .option('--reference-time <time>', 'the present as the file knows it (RFC 3339), for years that it leaves out; default now');

ofFormats('replay', 'fold files of events (- for standard input) in virtual time; writes nothing')
  .argument('<file...>')
  .option('--policy <file>', 'policy file (DESIST_POLICY)')
  .option('--until <time>', 'end the clock here (RFC 3339); later events are left out')
  .option('--why <address>', 'explain this recipient at the end')
  .action(async (files: string[], options: Json & FormatOptions & { policy?: string; until?: string; why?: string }) => {
    // With them come the libraries of the formats.
    const { runReplay } = await import('./commands/replay.ts');
    await runReplay(files, { ...options, policies: policiesFrom(options.policy) });
  });

ofFormats('normalise', "a provider's payloads as canonical events, NDJSON")
  .argument('[file]', 'default: standard input', '-')
  .action(async (file: string, options: Json & FormatOptions) => {
    const { runNormalise } = await import('./commands/normalise.ts');
    process.exitCode = await runNormalise(file, options);
  });

command('classify', 'what SMTP replies mean: one per line, or NDJSON')
  .argument('[file...]')
  .option('--unknown', 'count the wordings that no rule knows, most frequent first', false)
  .option('--explain', 'say what each verdict means and what to do', false)
  .option('--policy <file>', 'policy file with rules of your own (DESIST_POLICY)')
  .action(async (files: string[], options: Json & { unknown: boolean; explain: boolean; policy?: string }) => {
    await runClassify(files, { ...options, policies: policiesFrom(options.policy) });
  });

command('codes', 'what reply codes and categories mean, why they come, what to do')
  .argument('[code]', 'as in 450, 4.2.1, "450 4.2.1", or a category; without one, all of them')
  .option('--provider <provider>', 'as in gmail, microsoft, yahoo')
  .action((code: string | undefined, options: Json & { provider?: string }) => {
    runCodes(code, options);
  });

// ------------------------------------------------------------------------------------- the list

toService('check', 'may I send? exit code 1 when an address is suppressed')
  .argument('[address...]')
  .option('--file <file>', 'addresses, one per line; - for standard input')
  .option('--tenant <tenant>')
  .option('--stream <stream>')
  .action(async (addresses: string[], options: ToService & { file?: string; tenant?: string; stream?: string }) => {
    process.exitCode = await runCheck(createClient(options.url), addresses, options);
  });

toService('why', 'state, rule, evidence counted and not counted, what would change it')
  .argument('<address>')
  .option('--tenant <tenant>')
  .action(async (address: string, options: ToService & { tenant?: string }) => {
    await runWhy(createClient(options.url), address, options);
  });

toService('list', 'the suppression list')
  .option('--tenant <tenant>')
  .option('--scope <scope>', '* or a stream')
  .option('--reason <reason>')
  .option('--domain <domain>')
  .option('--since <time>', 'suppressed at or after (RFC 3339)')
  .option('--limit <rows>', 'at most', wholeNumber)
  .action(async (options: ToService & ListOptions) => {
    await runList(createClient(options.url), options);
  });

const OPERATIONS = {
  suppress: 'stop sending to these addresses',
  release: 'lift suppressions and void earlier evidence',
  allow: 'send in spite of persistent_deferral and hard_bounce',
  disallow: 'end what `allow` began',
} as const;

for (const [name, description] of Object.entries(OPERATIONS) as [keyof typeof OPERATIONS, string][]) {
  const operation = toService(name, description)
    .argument('<address...>')
    .option('--tenant <tenant>')
    .option('--scope <scope>', '* or a stream; default *')
    .option('--note <text>')
    .option('--by <who>', 'default: the user of this machine');
  if (name === 'suppress' || name === 'allow') operation.option('--expires <when>', 'a duration (30d) or a time (RFC 3339)');
  if (name === 'release') operation.option('--force', 'complaint and unsubscribe, too', false);
  operation.action(async (addresses: string[], options: ToService & OperateOptions) => {
    await runOperate(createClient(options.url), name, addresses, options);
  });
}

// A reader that goes away (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else if (error instanceof CommandError) {
    console.error(error.message);
    process.exitCode = error.code;
  } else {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    console.error((error as Error).message);
    process.exitCode = code;
  }
}
