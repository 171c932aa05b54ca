/** `desist migrate`: brings the database to this version, and makes the topics that are missing. */
import { openBackends, readSettings } from '@desist/runtime';
import type { Backends, Settings } from '@desist/runtime';
import { createLogger } from '@desist/runtime';
import { migrate, planMigration } from '@desist/store-postgres';
import type { PlannedStep, ReaderRoles } from '@desist/store-postgres';
import { defineCommand, flag, JSON_OPTION } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { Finding } from '../findings.ts';
import { findings, show } from '../findings.ts';
import { say, sayJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'migrate',
  section: 'Services and set-up',
  summary: 'migrate the database to this version and create missing topics',
  options: {
    check: flag('change nothing; say what is missing (exit code 1)'),
    plan: flag('change nothing; print what would be applied to the database, each step and what it is for; with --json its SQL, too'),
    ...JSON_OPTION,
  },
  examples: ['desist migrate', 'desist migrate --check --json', 'desist migrate --plan'],
  run: ({ options }) => runMigrate(options),
});

async function runMigrate(options: { readonly check: boolean; readonly plan: boolean; readonly json: boolean }): Promise<number> {
  const settings = readSettings(process.env);
  const logger = createLogger({ service: 'migrate', level: 'warn', stream: 2 });
  const backends = await openBackends({ settings, logger, name: 'desist-migrate', owner: 'migrate', connections: 2 });
  try {
    if (options.check) return show(await findings(backends), options.json);
    if (options.plan) return showPlan(await planMigration(backends.db), options.json);
    const { steps, readers } = await migrate(backends.db);
    await backends.journal?.ensure();
    const topics = await makeTopics(backends, settings);
    if (options.json) sayJson({ steps, reader: readers.desist_reader, readers, topics: topics.created });
    else {
      say(steps.length === 0 ? 'database: has this version already' : `database: applied ${steps.join(', ')}`);
      for (const [role, state] of Object.entries(readers) as [string, ReaderRoles[keyof ReaderRoles]][])
        if (state !== 'ready') say(`role ${role}: left out, ${whyLeftOut(role, state)}`);
      if (topics.created.length > 0) say(`topics: created ${topics.created.join(', ')}`);
    }
    return topics.problems.length === 0 ? EXIT.done : show(topics.problems, options.json);
  } finally {
    await backends.close();
  }
}

function showPlan(steps: readonly PlannedStep[], json: boolean): number {
  if (json) for (const step of steps) sayJson(step);
  else if (steps.length === 0) say('database: has this version already');
  else {
    for (const { name, about } of steps) say(`${name}: ${about}`);
    say(`${steps.length} steps, each in a transaction of its own; \`desist migrate\` applies them`);
  }
  return EXIT.done;
}

function whyLeftOut(role: string, state: Exclude<ReaderRoles[keyof ReaderRoles], 'ready'>): string {
  switch (state) {
    case 'may_not_create_roles':
      return `because this user may not create roles. For read-only access to the views, an administrator can run \`create role ${role} nologin\`; then run \`desist migrate\` again`;
    case 'may_not_grant':
      return 'because this user may not grant the views. Use a user that owns the schema `desist`; then run `desist migrate` again';
    case 'server_too_old':
      return 'because this server is older than Postgres 15';
    default:
      return state satisfies never;
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
