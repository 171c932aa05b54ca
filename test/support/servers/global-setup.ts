/**
 * Servers for the tests of this run: given by environment, otherwise started here, once for all projects. Never skipped silently. And the
 * programs that tests start.
 */
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';
import providePrograms from './programs.ts';
import type { Template } from './template.ts';
import { makeTemplate } from './template.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's URL of a Postgres server; undefined when there is none on this machine. */
    readonly databaseUrl: string | undefined;
    readonly template: Template;
  }
}

interface Prepared {
  readonly databaseUrl: string | undefined;
  readonly template: Template;
  remove(): Promise<void>;
}

/** The projects of one run load this module once each. */
const shared = globalThis as { desistServers?: Promise<Prepared>; desistProjects?: number };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.desistProjects = (shared.desistProjects ?? 0) + 1;
  const { databaseUrl, template, remove } = await (shared.desistServers ??= prepare());
  project.provide('databaseUrl', databaseUrl);
  project.provide('template', template);
  return async () => {
    shared.desistProjects = (shared.desistProjects ?? 0) - 1;
    if (shared.desistProjects > 0) return;
    delete shared.desistServers;
    await remove();
  };
}

async function prepare(): Promise<Prepared> {
  const [server] = await Promise.all([serverOfThisRun(), providePrograms()]);
  const { template, remove } = await makeTemplate(server?.url);
  return {
    databaseUrl: server?.url,
    template,
    async remove() {
      await remove();
      await server?.stop();
    },
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
