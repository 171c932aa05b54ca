/** `desist start`: everything in one process. */
import { EXIT, runMain, runService } from '@desist/assembly';
import { standaloneConfig, USAGE } from './config.ts';
import type { StandaloneConfig } from './config.ts';

function configured(): StandaloneConfig | undefined {
  try {
    return standaloneConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = EXIT.usage;
    return undefined;
  }
}

await runMain(async () => {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(USAGE);
    return;
  }
  const config = configured();
  if (config === undefined) return;
  await runService({
    ...config,
    onReady: ({ url }) => {
      if (!config.json) console.log(url === null ? 'Desist works; no HTTP is served.' : `Desist works, at ${url}`);
    },
  });
});
