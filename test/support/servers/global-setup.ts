/** Servers for the tests of this run: given by environment, otherwise started here. Never skipped silently. */
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';
import type { Template } from './template.ts';
import { makeTemplate } from './template.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's URL of a Postgres server; undefined when there is none on this machine. */
    readonly databaseUrl: string | undefined;
    readonly template: Template;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await serverOfThisRun();
  const { template, remove } = await makeTemplate(server?.url);
  project.provide('databaseUrl', server?.url);
  project.provide('template', template);
  return async () => {
    await remove();
    await server?.stop();
  };
}

async function serverOfThisRun(): Promise<{ readonly url: string; stop(): Promise<void> } | undefined> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  try {
    return await startPostgres();
  } catch (error) {
    if (process.env['DESIST_REQUIRE_SERVERS'] === '1') throw error;
    console.warn(
      `\n*** No Postgres for the tests (${String(error)}): what needs it is SKIPPED. Set TEST_DATABASE_URL or install one. ***\n`,
    );
    return undefined;
  }
}
