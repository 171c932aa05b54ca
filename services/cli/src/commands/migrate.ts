/** `desist migrate`: brings the database to this version, and makes the topics that are missing. */
import { openBackends, readSettings } from '@desist/assembly';
import type { Backends, Settings } from '@desist/assembly';
import { createLogger } from '@desist/shell';
import { boundInput, checkSchema, migrate } from '@desist/store-postgres';
import { EXIT } from '../exit.ts';

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly fix: string;
}

export async function runMigrate(options: { readonly check: boolean; readonly json: boolean }): Promise<number> {
  const settings = readSettings(process.env);
  const logger = createLogger({ service: 'migrate', level: 'warn', stream: 2 });
  const backends = await openBackends({ settings, logger, name: 'desist-migrate', owner: 'migrate', connections: 2 });
  try {
    if (options.check) return show(await findings(backends), options.json);
    const steps = await migrate(backends.db);
    await backends.journal?.ensure();
    const topics = await makeTopics(backends, settings);
    if (options.json) console.log(JSON.stringify({ steps, topics: topics.created }));
    else {
      console.log(steps.length === 0 ? 'database: is of this version' : `database: applied ${steps.join(', ')}`);
      if (topics.created.length > 0) console.log(`topics: made ${topics.created.join(', ')}`);
    }
    return topics.problems.length === 0 ? EXIT.done : show(topics.problems, options.json);
  } finally {
    await backends.close();
  }
}

async function makeTopics(
  { kafka }: Backends,
  { partitions, replicationFactor }: Settings,
): Promise<{ readonly created: readonly string[]; readonly problems: readonly Finding[] }> {
  if (kafka === null) return { created: [], problems: [] };
  const { created, problems } = await kafka.ensureTopics({ partitions, ...(replicationFactor === undefined ? {} : { replicationFactor }) });
  return { created, problems: problems.map(({ severity, topic, what, fix }) => ({ severity, what: `topic ${topic}: ${what}`, fix })) };
}

/** What keeps a service from working on this database and log. */
export async function findings({ db, kafka, log }: Backends): Promise<readonly Finding[]> {
  const schema = await checkSchema(db);
  if (schema.state !== 'ok') {
    const what = `the database is at version ${schema.current}, this program needs ${schema.wanted}`;
    const fix = schema.state === 'newer' ? 'run the newer program' : 'run `desist migrate`';
    return [{ severity: 'error', what, fix }];
  }
  const found: Finding[] = [];
  const bound = await boundInput(db);
  if (kafka !== null) {
    for (const { severity, topic, what, fix } of await kafka.checkTopics()) found.push({ severity, what: `topic ${topic}: ${what}`, fix });
  }
  if (bound !== undefined && !found.some(({ severity }) => severity === 'error')) {
    const partitions = await log.partitions();
    if (partitions !== bound.partitions) {
      const what = `the input has ${partitions} partitions, the recipients in the database are spread over ${bound.partitions}`;
      found.push({ severity: 'error', what, fix: 'give the topic that the database was filled from, or begin with an empty database' });
    }
  }
  return found;
}

/** Prints; answers the exit code. */
export function show(found: readonly Finding[], json: boolean): number {
  for (const { severity, what, fix } of found)
    console.log(json ? JSON.stringify({ severity, what, fix }) : `${severity}: ${what}\n  ${fix}`);
  if (found.length === 0 && !json) console.log('nothing is wrong');
  return found.some(({ severity }) => severity === 'error') ? EXIT.no : EXIT.done;
}
