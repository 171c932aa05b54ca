/** `desist start`: everything in one process. */
import { configured, runMain, runService } from '@desist/runtime';
import { standaloneConfig, USAGE } from './config.ts';

await runMain(async () => {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(USAGE);
    return;
  }
  const config = configured(() => standaloneConfig(process.argv.slice(2), process.env), USAGE);
  if (config === undefined) return;
  await runService({
    ...config,
    onReady: ({ url }) => {
      if (!config.json) console.log(url === null ? 'Desist is running; HTTP is off.' : `Desist is running at ${url}`);
    },
  });
});
