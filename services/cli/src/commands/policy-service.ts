/** `desist policy-service`: the check where mail leaves, for Postfix. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createChecker, createReplica } from '@desist/client';
import { defineCommand, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { createPolicyServer } from '../policy-protocol.ts';
import type { PolicyAnswer } from '../policy-protocol.ts';
import { say, warn } from '../terminal.ts';

export const command = defineCommand({
  name: 'policy-service',
  section: 'Services and set-up',
  summary: 'answer Postfix (check_policy_service): REJECT for suppressed recipients, otherwise DUNNO, also while nobody can say',
  options: {
    listen: value('HOST:PORT', 'default 127.0.0.1:8426'),
    tenant: value('TENANT', 'whose mail it is; default `default`'),
    stream: value('STREAM', 'of the mail; default `default`'),
    file: value('FILE', 'with KAFKA_BROKERS: where the copy of the list is kept, for a fast start'),
    topic: value('TOPIC', 'with KAFKA_BROKERS: default suppressions (DESIST_TOPIC_SUPPRESSIONS)'),
    url: value('URL', 'without KAFKA_BROKERS: the running service (DESIST_URL; default http://127.0.0.1:8425)'),
  },
  examples: [
    'desist policy-service --stream marketing',
    'KAFKA_BROKERS=kafka:9092 desist policy-service --file /var/lib/desist/list.ndjson',
  ],
  run: ({ options }) => runPolicyService(options),
});

interface PolicyServiceOptions {
  readonly listen?: string;
  readonly tenant?: string;
  readonly stream?: string;
  readonly file?: string;
  readonly topic?: string;
  readonly url?: string;
}

/** ms: between two lines about failures. */
const WARN_EVERY = 60_000;

interface Source {
  readonly described: string;
  readonly ask: (recipient: string) => Promise<PolicyAnswer>;
  readonly stop: () => Promise<void>;
}

async function runPolicyService(options: PolicyServiceOptions): Promise<void> {
  const { host, port } = addressOf(options.listen ?? '127.0.0.1:8426');
  const { described, ask, stop } = await sourceOf(options);
  let warnedAt = Number.NEGATIVE_INFINITY;
  const failed = (error: unknown): void => {
    if (Date.now() - warnedAt < WARN_EVERY) return;
    warnedAt = Date.now();
    warn(`mail passes unchecked: ${(error as Error).message}`);
  };
  const server = createPolicyServer({ ask, failed });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    await stop();
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(EXIT.missing, `--listen: ${host}:${port} cannot be used (${String(code)}): give another HOST:PORT`);
  }
  say(`answering Postfix at ${host}:${(server.address() as AddressInfo).port}, from ${described}`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  server.close();
  await stop();
  process.exit(EXIT.done);
}

async function sourceOf({ tenant, stream, file, topic, url }: PolicyServiceOptions): Promise<Source> {
  const terms = { ...(tenant === undefined ? {} : { tenant }), ...(stream === undefined ? {} : { stream }) };
  const brokers = process.env['KAFKA_BROKERS']?.split(',').map((broker) => broker.trim());
  if (brokers === undefined) {
    const key = process.env['DESIST_API_KEY'];
    const service = url ?? process.env['DESIST_URL'] ?? 'http://127.0.0.1:8425';
    const checker = createChecker({ url: service, ...(key === undefined ? {} : { key }), ...terms, whenAway: 'reject' });
    return { described: service, ask: (recipient) => checker.check(recipient), stop: async () => undefined };
  }
  const from = topic ?? process.env['DESIST_TOPIC_SUPPRESSIONS'] ?? 'suppressions';
  const replica = await createReplica({
    kafka: { brokers, clientId: 'desist-policy-service' },
    topic: from,
    ...(file === undefined ? {} : { file }),
    whenIncomplete: 'reject',
  });
  // Incomplete: the check throws, and mail passes.
  return {
    described: `a copy of the topic ${from}`,
    ask: async (recipient) => replica.check(recipient, terms),
    stop: () => replica.stop(),
  };
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) throw new CommandError(EXIT.usage, `--listen: ${text} is not HOST:PORT`);
  return { host: found[1] ?? found[2] ?? '', port };
}
