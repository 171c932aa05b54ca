/** The `desist` command: reads arguments, runs one command, ends with its exit code. `docs/cli.md` shows each at work. */
import { exitCodeOf, VERSION } from '@desist/assembly';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { createClient, DEFAULT_URL } from './client.ts';
import { runCheck } from './commands/check.ts';
import { runClassify } from './commands/classify.ts';
import { runCodes } from './commands/codes.ts';
import { runCompletion, SHELLS } from './commands/completion.ts';
import { runDoctor } from './commands/doctor.ts';
import { runExport } from './commands/export.ts';
import type { ExportOptions } from './commands/export.ts';
import { runImport } from './commands/import.ts';
import type { ImportOptions } from './commands/import.ts';
import { runIncidentCreate, runIncidentDecide, runIncidentList, runIncidentShow } from './commands/incident.ts';
import type { CreateOptions, DecideOptions, ListIncidentsOptions, ShowOptions, Verb } from './commands/incident.ts';
import { runKey } from './commands/key.ts';
import { runList } from './commands/list.ts';
import type { ListOptions } from './commands/list.ts';
import { runMigrate } from './commands/migrate.ts';
import { runOperate } from './commands/operate.ts';
import type { OperateOptions, Operation } from './commands/operate.ts';
import { policiesFrom, runPolicyCheck, runPolicyShow } from './commands/policy.ts';
import { runStatus } from './commands/status.ts';
import { runWhy } from './commands/why.ts';
import type { WhyOptions } from './commands/why.ts';
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
const withUrl = (one: Command): Command => one.option('--url <url>', `the running service (DESIST_URL; default ${DEFAULT_URL})`);
const toService = (text: string, description: string): Command => withUrl(command(text, description));

/** Examples under a command's help. */
const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

function seconds(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > 30) throw new InvalidArgumentError('must be a whole number from 0 to 30');
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on');
  return Number(text);
}

// ------------------------------------------------------------------------------------- services and set-up

// `bin/desist.js` runs these as services of their own; here they stand for the help.
program.command('start').description('everything in one process; `desist start --help` shows its flags');
program.command('engine').description('one engine of several, on real servers');
program.command('ingest').description('webhooks and provider topics; or follows a mail log or mailbox (`desist ingest --help`)');
program.command('query').description('HTTP that only answers, on real servers');

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
  .argument('[code...]', 'as in 450, 4.2.1, 450 4.2.1, or a category; without one, all of them')
  .option('--provider <provider>', 'as in gmail, microsoft, yahoo')
  .action((words: string[], options: Json & { provider?: string }) => {
    runCodes(words.length === 0 ? undefined : words.join(' '), options);
  });

// ------------------------------------------------------------------------------------- the list

toService('check', 'may I send? exit code 1 when an address is suppressed')
  .argument('[address...]')
  .option('--file <file>', 'addresses, one per line; - for standard input')
  .option('--tenant <tenant>', 'whose list')
  .option('--stream <stream>', 'what is to be sent, like transactional or marketing')
  .addHelpText(
    'after',
    examples('desist check alice@example.com bob@example.com --stream marketing', 'desist check --file addresses.txt --json'),
  )
  .action(async (addresses: string[], options: ToService & { file?: string; tenant?: string; stream?: string }) => {
    process.exitCode = await runCheck(createClient(options.url), addresses, options);
  });

toService('why', 'state, rule, evidence counted and not counted, what would change it')
  .argument('<address>')
  .option('--tenant <tenant>', 'whose list')
  .option('--policy <file>', 'what this policy file would alter; changes nothing')
  .option('--history', 'every published change, too', false)
  .addHelpText('after', examples('desist why alice@example.com', 'desist why alice@example.com --policy stricter.yaml --history'))
  .action(async (address: string, options: ToService & WhyOptions) => {
    await runWhy(createClient(options.url), address, options);
  });

const filtered = (one: Command): Command =>
  one
    .option('--tenant <tenant>', 'of this tenant; default all')
    .option('--scope <scope>', '* or a stream')
    .option('--reason <reason>', 'persistent_deferral, hard_bounce, complaint, unsubscribe, operator')
    .option('--domain <domain>', 'the part after the @')
    .option('--prefix <text>', 'what the address begins with')
    .option('--since <time>', 'suppressed at or after (RFC 3339)');

filtered(toService('list', 'the suppression list'))
  .option('--limit <rows>', 'at most', wholeNumber)
  .addHelpText(
    'after',
    examples('desist list --reason hard_bounce --domain example.com', 'desist list --since 2026-03-01T00:00:00Z --json'),
  )
  .action(async (options: ToService & ListOptions) => {
    await runList(createClient(options.url), options);
  });

const OPERATIONS: Readonly<Record<Operation, string>> = {
  suppress: 'stop sending to these addresses',
  release: 'lift suppressions and void earlier evidence',
  allow: 'send in spite of persistent_deferral and hard_bounce',
  disallow: 'end what `allow` began',
  forget: 'erase these addresses: nothing readable remains; who was suppressed stays blocked by a keyed hash',
};

for (const [name, description] of Object.entries(OPERATIONS) as [Operation, string][]) {
  const operation = toService(name, description)
    .argument('[address...]')
    .option('--file <file>', 'addresses, one per line; - for standard input')
    .option('--tenant <tenant>', 'whose list')
    .option('--note <text>', 'why; shown by `desist why`')
    .option('--by <who>', 'default: the user of this machine')
    .option('--wait <seconds>', 'for the engine to fold it; 0 for not at all', seconds, 10)
    .option('--idempotency-key <key>', 'a repeat with the same key and addresses is applied once');
  if (name !== 'forget') operation.option('--scope <scope>', '* or a stream; default *');
  if (name === 'suppress' || name === 'allow') operation.option('--expires <when>', 'a duration (30d) or a time (RFC 3339)');
  if (name === 'release') operation.option('--force', 'complaint and unsubscribe, too', false);
  if (name === 'forget') operation.option('--yes', 'do not ask', false);
  operation.addHelpText('after', examples(`desist ${name} alice@example.com --note 'ticket 4711'`, `desist ${name} --file addresses.txt`));
  operation.action(async (addresses: string[], options: ToService & OperateOptions) => {
    await runOperate(createClient(options.url), name, addresses, options);
  });
}

const incident = program.command('incident').description('many recipients failed together: what counts against nobody, and undoing it');
const ofIncident = (text: string, description: string): Command =>
  withUrl(incident.command(text).description(description).option('--json', 'NDJSON on standard output', false));
const signed = (one: Command): Command =>
  one.option('--note <text>', 'why; shown with the incident').option('--by <who>', 'default: the user of this machine');

signed(ofIncident('create', "name failures that may not have been the recipients'; shows what is inside, changes nothing"))
  .option('--provider <provider>', 'who operates the mailboxes, as in gmail, microsoft, yahoo')
  .option('--domain <domain>', 'the part after the @')
  .option('--from <time>', 'from this moment on (RFC 3339), or so long ago (6h)')
  .option('--until <time>', 'before this moment, or so long ago; without it, it goes on')
  .option('--code <code>', 'of the reply: 550, 5.1.1 or "550 5.1.1"')
  .option('--text <text>', 'part of the reply, whatever its case')
  .option('--tenant <tenant>', 'of this tenant; default all')
  .addHelpText(
    'after',
    examples(
      "desist incident create --provider gmail --from 2020-12-14T13:00:00Z --until 2020-12-14T19:00:00Z --code '550 5.1.1'",
      "desist incident create --domain example.com --from 6h --text 'does not exist' --note 'ticket 4711'",
    ),
  )
  .action(async (options: ToService & CreateOptions) => {
    await runIncidentCreate(createClient(options.url), options);
  });

ofIncident('list', 'incidents that were noticed or named, newest first')
  .option('--tenant <tenant>', 'of this tenant; default all')
  .option('--limit <rows>', 'at most', wholeNumber)
  .action(async (options: ToService & ListIncidentsOptions) => {
    await runIncidentList(createClient(options.url), options);
  });

ofIncident('show', 'one of them: terms, counts, how far it is carried out')
  .argument('<id>')
  .option('--preview', 'what is inside now, and what voiding or restoring would alter', false)
  .action(async (id: string, options: ToService & ShowOptions) => {
    await runIncidentShow(createClient(options.url), id, options);
  });

const DECISIONS: Readonly<Record<Verb, string>> = {
  void: 'what failed inside counts for nothing; suppressions that rest on it end',
  restore: 'what failed inside counts again, as if it had never been voided',
};

for (const [verb, description] of Object.entries(DECISIONS) as [Verb, string][]) {
  signed(ofIncident(verb, description))
    .argument('<id>')
    .option('--no-wait', 'come back when it is accepted, not when every partition has done it')
    .addHelpText('after', examples(`desist incident ${verb} gmail-12bdk --note 'ticket 4711'`))
    .action(async (id: string, options: ToService & DecideOptions) => {
      process.exitCode = await runIncidentDecide(createClient(options.url), verb, id, options);
    });
}

toService('import', "somebody else's suppression list: CSV or JSON, recognised by its columns; goes on after an interruption")
  .argument('<file>', 'or - for standard input (CSV)')
  .option('--dry-run', 'send nothing; say what it would come to', false)
  .option('--tenant <tenant>', 'whose list')
  .option('--stream <stream>', 'of unsubscribes and complaints whose list does not say it')
  .option('--format <name>', 'instead of recognising it by the columns')
  .option('--by <who>', 'default: import:FORMAT')
  .option('--progress <file>', 'where it notes how far it came; default FILE.desist-import')
  .addHelpText('after', examples('desist import bounces.csv --dry-run', 'desist import suppressions.json --tenant acme --stream marketing'))
  .action(async (file: string, options: ToService & ImportOptions) => {
    process.exitCode = await runImport(createClient(options.url), file, options);
  });

filtered(
  program
    .command('export')
    .description('the list as it is at one moment')
    .option('--url <url>', `the running service (DESIST_URL; default ${DEFAULT_URL})`)
    .addOption(new Option('--format <format>', 'how').choices(['ndjson', 'csv']).default('ndjson'))
    .option('--json', 'NDJSON, which is the default', false)
    .option('--out <file>', 'default: standard output')
    .option('--hashed', 'a keyed hash in place of each address, for comparing lists', false)
    .option('--key-file <file>', 'with --hashed: the key that both sides have'),
)
  .addHelpText('after', examples('desist export --format csv --out list.csv', 'desist export --hashed --key-file shared.key'))
  .action(async (options: ToService & ExportOptions) => {
    await runExport(createClient(options.url), options);
  });

// ------------------------------------------------------------------------------------- set-up of people and shells

command('key', 'a new API key, and the line of configuration that admits it')
  .argument('<name>', 'for people and the audit log')
  .requiredOption('--role <roles>', 'reader, ingester, operator; several separated by commas')
  .requiredOption('--tenant <tenants>', 'names separated by commas, or * for all')
  .addHelpText('after', examples('desist key support --role reader,operator --tenant acme', "desist key mta --role ingester --tenant '*'"))
  .action((name: string, options: Json & { role: string; tenant: string }) => {
    runKey(name, options);
  });

program
  .command('completion')
  .argument('<shell>', SHELLS.join(', '))
  .description('a completion script for a shell')
  .addHelpText('after', examples('source <(desist completion bash)', 'desist completion fish > ~/.config/fish/completions/desist.fish'))
  .action((shell: string) => {
    runCompletion(program, shell);
  });

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
