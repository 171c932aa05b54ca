/** `desist ingest`: copies webhooks, provider topics, mail logs and mailboxes into the log. */
import { configured, runAgent, runIngest, runMain } from '@desist/runtime';
import { ingestConfig, USAGE } from './config.ts';

await runMain(async () => {
  const config = configured(() => {
    const read = ingestConfig(process.argv.slice(2), process.env);
    if (read === undefined) console.log(USAGE);
    return read;
  }, USAGE);
  if (config === undefined) return;
  if (config.mode === 'service') {
    await runIngest({
      ...config.options,
      onReady: ({ url }) => console.error(`Desist accepts events${url === null ? '' : `, at ${url}`}`),
    });
    return;
  }
  const { lines, events, ignored, deadLetters } = await runAgent(config.options);
  if (config.json) console.log(JSON.stringify({ type: 'summary', lines, events, ignored, deadLetters }));
  else
    console.error(
      `${lines} ${config.options.kind === 'maildir' ? 'mails' : 'lines'}: ${events} events, ${ignored} irrelevant, ${deadLetters} dead letters`,
    );
});
