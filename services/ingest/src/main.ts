/** `desist ingest`: what comes from elsewhere into the log: webhooks, provider topics, mail logs, mailboxes. */
import { EXIT, runAgent, runIngest, runMain } from '@desist/assembly';
import { ingestConfig, USAGE } from './config.ts';
import type { IngestConfig } from './config.ts';

function configured(): IngestConfig | undefined {
  try {
    const config = ingestConfig(process.argv.slice(2), process.env);
    if (config === undefined) console.log(USAGE);
    return config;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = EXIT.usage;
    return undefined;
  }
}

await runMain(async () => {
  const config = configured();
  if (config === undefined) return;
  if (config.mode === 'service') {
    await runIngest({
      ...config.options,
      onReady: ({ url }) => console.error(`Desist takes events in${url === null ? '' : `, at ${url}`}`),
    });
    return;
  }
  const { lines, events, ignored, deadLetters } = await runAgent(config.options);
  if (config.json) console.log(JSON.stringify({ type: 'summary', lines, events, ignored, deadLetters }));
  else
    console.error(
      `${lines} ${config.options.kind === 'maildir' ? 'mails' : 'lines'}: ${events} events, ${ignored} of no meaning here, ${deadLetters} dead letters`,
    );
});
