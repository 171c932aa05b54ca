/** Servers for the tests of this run: given by environment, otherwise started here. Never skipped silently. */
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's URL of a Postgres server; undefined when there is none on this machine. */
    readonly databaseUrl: string | undefined;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') {
    project.provide('databaseUrl', given);
    return undefined;
  }
  try {
    const server = await startPostgres();
    project.provide('databaseUrl', server.url);
    return () => server.stop();
  } catch (error) {
    if (process.env['DESIST_REQUIRE_SERVERS'] === '1') throw error;
    console.warn(
      `\n*** No Postgres for the tests (${String(error)}): what needs it is SKIPPED. Set TEST_DATABASE_URL or install one. ***\n`,
    );
    project.provide('databaseUrl', undefined);
    return undefined;
  }
}
