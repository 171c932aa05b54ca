import { parseArgs } from 'node:util';
import { policyFileOf, readSettings } from '@desist/runtime';
import type { ServiceOptions } from '@desist/runtime';

export const USAGE = `desist start [--data FOLDER] [--http HOST:PORT] [--policy FILE] [--json]

Everything in one process: accepts events over HTTP, decides, keeps the state, answers queries. The state is in an embedded
database in ./desist-data, or with DATABASE_URL in that server; with KAFKA_BROKERS too, events come from Kafka.

  --data FOLDER      folder of the embedded database (DESIST_DATA)
  --http HOST:PORT   where to listen, default 127.0.0.1:8425; off for none (DESIST_HTTP)
  --policy FILE      policy file (DESIST_POLICY)
  --json             log lines on standard output, nothing for people`;

export interface StandaloneConfig extends ServiceOptions {
  readonly json: boolean;
}

/** Flags override the environment. Returns undefined when only help was requested. @throws TypeError for unknown flags. */
export function standaloneConfig(args: readonly string[], variables: NodeJS.ProcessEnv): StandaloneConfig | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      http: { type: 'string' },
      policy: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const given = Object.entries({ DESIST_DATA: values.data, DESIST_HTTP: values.http, DESIST_POLICY: values.policy });
  const merged = { ...variables, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
  const settings = readSettings(merged, { sources: true });
  return {
    name: 'standalone',
    settings,
    policyFile: policyFileOf(settings.policy, merged),
    ingest: true,
    logStream: values.json ? 1 : 2,
    json: values.json,
  };
}
