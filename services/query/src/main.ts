/** `desist query`: read-only HTTP. Any number may run. */
import { configured, runMain, runQuery } from '@desist/runtime';
import { queryConfig, USAGE } from './config.ts';

await runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return;
  }
  const config = configured(() => queryConfig(args, process.env), USAGE);
  if (config !== undefined) await runQuery(config);
});
