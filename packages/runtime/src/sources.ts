import { readSourcesFile } from '@desist/contracts';
import { readBounded, SECRET_LIMIT, whyNotRead } from '@desist/contracts/read-bounded';
import type { SecretRef, SourceSpec } from '@desist/contracts';
import { configureSources, createCertificates, fetchSmall } from '@desist/ingest';
import type { Sources } from '@desist/ingest';
import { readEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';

/** A source as `desist sources check` shows it. */
export interface ShownSource {
  readonly name: string;
  readonly format: string;
  readonly tenant: string;
  readonly stream: string;
  /** How its requests are authenticated; null: it reads a topic. */
  readonly check: string | null;
  /** The path of its webhook, or its topic. */
  readonly at: string;
}

/**
 * Everything that can be said of a sources file without a service. `unset`: secrets that are not there, which may be there where the
 * service runs. @throws ConfigError with every mistake of the file
 */
export function examineSources(
  text: string,
  name: string,
  variables: Readonly<Record<string, string | undefined>>,
): { readonly sources: readonly ShownSource[]; readonly unset: readonly string[] } {
  const env = readEnvironment(variables);
  const specs = specsOf(text, name, env);
  const unset: string[] = [];
  const none: Environment = { ...env, problem: (problem) => void unset.push(problem) };
  configure(specs, { name, problem: (problem) => env.problem(problem), secret: (ref) => secretOf(ref, none) });
  env.done([]);
  const sources = specs.map(({ name: source, format, tenant, stream, webhook, topic }) => ({
    ...{ name: source, format, tenant, stream, check: webhook?.check ?? null },
    at: topic === null ? `/v1/webhooks/${format}/${source}` : `topic ${topic}`,
  }));
  return { sources, unset };
}

export const NO_SOURCES: Sources = { webhooks: [], topics: [] };

/** The sources in the text of a sources file. Every mistake is reported to `env`, together with those of the settings. */
export function sourcesOf(text: string, name: string, env: Environment): Sources {
  return configure(specsOf(text, name, env), { name, problem: (problem) => env.problem(problem), secret: (ref) => secretOf(ref, env) });
}

function specsOf(text: string, name: string, env: Environment): readonly SourceSpec[] {
  const read = readSourcesFile(text);
  if (read.ok) return read.sources;
  for (const { line, column, path, problem, hint } of read.problems) {
    env.problem(`${name}:${line}:${column}: ${path === '' ? '' : `${path}: `}${problem}${hint === undefined ? '' : ` (${hint})`}`);
  }
  return [];
}

interface Configure {
  /** Of the file. */
  readonly name: string;
  readonly problem: (text: string) => void;
  readonly secret: (ref: SecretRef) => string | undefined;
}

function configure(specs: readonly SourceSpec[], { name, problem, secret }: Configure): Sources {
  return configureSources(specs, {
    secret,
    problem: (text) => problem(`${name}: ${text}`),
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
        return readBounded(ref.path, SECRET_LIMIT)
          .toString('utf8')
          .replace(/\r?\n$/, '');
      } catch (error) {
        env.problem(`${ref.path}: ${whyNotRead(error)}, but the sources file refers to it`);
        return undefined;
      }
    default:
      return ref satisfies never;
  }
}
