/** `desist engine`: reads delivery events, decides, keeps the state, publishes the changes. Any number may run. */
import { configured, runMain, runService } from '@desist/runtime';
import { createLifecycle, createLogger } from '@desist/runtime';
import type { EngineConfig } from './config.ts';
import { engineConfig, environmentOf, USAGE } from './config.ts';
import { supervise } from './supervise.ts';

async function runSeveral(config: EngineConfig): Promise<void> {
  const logger = createLogger({ service: 'engines', level: config.settings.logLevel });
  const life = createLifecycle(logger);
  const args = [...process.execArgv, process.argv[1] ?? ''];
  const command = (index: number): { args: string[]; env: Record<string, string> } => ({ args, env: environmentOf(index, config) });
  logger.info({ processes: config.processes }, 'starting engines');
  // Each of them reads the same file: the first one puts it in force, and the others find that done.
  const signals = (send: (signal: NodeJS.Signals) => void): void => life.onReload(() => send('SIGHUP'));
  process.exitCode = await supervise({ count: config.processes, command, logger, signal: life.signal, signals });
  await life.close();
}

await runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return;
  }
  const config = configured(() => engineConfig(args, process.env), USAGE);
  if (config === undefined) return;
  await (config.processes > 1 ? runSeveral(config) : runService(config));
});
