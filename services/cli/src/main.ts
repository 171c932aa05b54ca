/** The `desist` command: reads arguments, runs one command, ends with its exit code. */
import { Command, CommanderError } from 'commander';
import { DEFAULT_POLICY } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { runClassify } from './commands/classify.ts';
import { runReplay } from './commands/replay.ts';
import { CommandError, EXIT } from './exit.ts';

const DEFAULTS: PolicySet = { version: 'default', base: DEFAULT_POLICY, tenants: new Map() };

const program = new Command('desist')
  .description('Decides, per recipient, when to stop sending')
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

program
  .command('replay')
  .description('fold files of delivery events (NDJSON, or - for standard input) in virtual time; writes nothing')
  .argument('<file...>')
  .option('--until <time>', 'end the clock here (RFC 3339); later events are left out')
  .option('--why <address>', 'explain this recipient at the end')
  .option('--json', 'NDJSON on standard output', false)
  .action(async (files: string[], options: { until?: string; why?: string; json: boolean }) => {
    await runReplay(files, { ...options, policies: DEFAULTS });
  });

program
  .command('classify')
  .description('what SMTP replies mean: one per line, or NDJSON')
  .argument('[file...]')
  .option('--json', 'NDJSON on standard output', false)
  .action(async (files: string[], options: { json: boolean }) => {
    await runClassify(files, options);
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
  } else throw error;
}
