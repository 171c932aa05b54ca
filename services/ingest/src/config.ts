import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { agentFormat, policyFileOf, readSettings } from '@desist/runtime';
import type { AgentOptions, IngestOptions } from '@desist/runtime';

export const USAGE = `desist ingest
desist ingest --follow FILE|FOLDER --format FORMAT [options]
desist ingest --maildir FOLDER [--format dsn|arf|auto] [options]

Without a flag: the service that receives webhooks and reads provider topics of the sources file (DESIST_SOURCES), on real servers.
With a flag: an agent that forwards a mail log, or a mailbox of bounces and complaints, to a running service, or with KAFKA_BROKERS to Kafka.

  --follow PATH      a log with its rotations, or a folder of segments (KumoMTA, PowerMTA)
  --maildir FOLDER   a Maildir; mails that were read are moved to cur with the flag S
  --format FORMAT    postfix, exim, haraka, kumomta, powermta, canonical…; of mails auto (default), dsn, arf
  --source NAME      name of the source in its events (default: the format)
  --tenant NAME, --stream NAME   of its events (default: default)
  --timezone ZONE    of times without a zone: Europe/Berlin, +02:00
  --header LINE      header line for CSV without one
  --from start|end   where to begin a log that was never followed (default: start)
  --once             stop at the end of the log
  --url URL          the running service (DESIST_URL, default http://127.0.0.1:8425); DESIST_API_KEY is sent with it
  --state FOLDER     where positions are kept (default: ingest in the data folder)
  --json             counts as NDJSON on standard output`;

export type IngestConfig =
  | { readonly mode: 'service'; readonly options: IngestOptions }
  | { readonly mode: 'agent'; readonly json: boolean; readonly options: AgentOptions };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Undefined when only help was requested. @throws TypeError for wrong flags, ConfigError for wrong settings. */
export function ingestConfig(args: readonly string[], variables: NodeJS.ProcessEnv): IngestConfig | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      follow: { type: 'string' },
      maildir: { type: 'string' },
      format: { type: 'string' },
      source: { type: 'string' },
      tenant: { type: 'string', default: 'default' },
      stream: { type: 'string', default: 'default' },
      timezone: { type: 'string' },
      header: { type: 'string' },
      from: { type: 'string', default: 'start' },
      once: { type: 'boolean', default: false },
      url: { type: 'string' },
      state: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { follow, maildir, tenant, stream, from } = values;
  if (follow === undefined && maildir === undefined) return { mode: 'service', options: serviceOptions(variables) };
  if (follow !== undefined && maildir !== undefined) throw new TypeError('--follow and --maildir: give only one of them');
  if (follow !== undefined && values.format === undefined) throw new TypeError('--format: needed with --follow');
  const format = agentFormat(values.format ?? 'auto', maildir !== undefined);
  if (typeof format === 'string') throw new TypeError(`--format: ${format}`);
  const source = values.source ?? format.name;
  for (const [flag, name] of Object.entries({ source, tenant, stream }))
    if (!NAME.test(name)) throw new TypeError(`--${flag}: must be a name like ${NAME.source}`);
  if (from !== 'start' && from !== 'end') throw new TypeError('--from: start or end');
  const path = follow ?? maildir ?? '';
  if (maildir !== undefined && !isFolder(join(path, 'new')))
    throw new TypeError(`--maildir: ${path} is not a Maildir: it has no folder new`);
  if (values.once && statSync(path, { throwIfNoEntry: false }) === undefined) throw new TypeError(`--follow: there is no ${path}`);
  const settings = readSettings(variables, { logOnly: true });
  return {
    mode: 'agent',
    json: values.json,
    options: {
      settings,
      kind: maildir === undefined ? 'follow' : 'maildir',
      path,
      isFolder: isFolder(path),
      format,
      source,
      tenant,
      stream,
      timezone: values.timezone,
      header: values.header,
      from,
      once: values.once,
      url: values.url ?? variables['DESIST_URL'] ?? 'http://127.0.0.1:8425',
      key: settings.apiKey ?? undefined,
      stateFolder: values.state ?? join(settings.dataFolder, 'ingest'),
    },
  };
}

function serviceOptions(variables: NodeJS.ProcessEnv): IngestOptions {
  const settings = readSettings(variables, { servers: true, sources: true });
  return { settings, policyFile: policyFileOf(settings.policy, variables) };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
