import { readFileSync } from 'node:fs';
import { readSourcesFile } from '@desist/contracts';
import type { SecretRef } from '@desist/contracts';
import { configureSources, createCertificates, fetchSmall } from '@desist/ingest';
import type { Sources } from '@desist/ingest';
import type { Environment } from './environment.ts';

export const NO_SOURCES: Sources = { webhooks: [], topics: [] };

/** The sources in the text of a sources file. Every mistake is reported to `env`, together with those of the settings. */
export function sourcesOf(text: string, name: string, env: Environment): Sources {
  const read = readSourcesFile(text);
  if (!read.ok) {
    for (const { line, column, path, problem, hint } of read.problems) {
      env.problem(`${name}:${line}:${column}: ${path === '' ? '' : `${path}: `}${problem}${hint === undefined ? '' : ` (${hint})`}`);
    }
    return NO_SOURCES;
  }
  return configureSources(read.sources, {
    secret: (ref) => secretOf(ref, env),
    problem: (problem) => env.problem(`${name}: ${problem}`),
    fetch: fetchSmall,
    certificates: createCertificates(fetchSmall),
  });
}

function secretOf(ref: SecretRef, env: Environment): string | undefined {
  switch (ref.kind) {
    case 'literal':
      return ref.value;
    case 'env': {
      const value = env.text(ref.name);
      if (value === undefined) env.problem(`${ref.name}: is not set, but the sources file refers to it`);
      return value;
    }
    case 'file':
      try {
        return readFileSync(ref.path, 'utf8').replace(/\r?\n$/, '');
      } catch (error) {
        env.problem(
          `${ref.path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}), but the sources file refers to it`,
        );
        return undefined;
      }
    default:
      return ref satisfies never;
  }
}
