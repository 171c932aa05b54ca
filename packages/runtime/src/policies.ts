import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defaultPolicies, readPolicyFile } from '@desist/contracts';
import { CONFIGURATION_LIMIT, readBounded, whyNotRead } from '@desist/contracts/read-bounded';
import type { PolicyFile, ShadowFile } from '@desist/contracts';
import type { Policy, PolicySet, TenantPolicy } from '@desist/domain';
import { ConfigError } from './environment.ts';

/** One mistake of a policy file, or of the file of its shadow policy. */
export interface PolicyMistake {
  readonly file: string;
  /** From 1; undefined: the file could not be read. */
  readonly line?: number;
  readonly column?: number;
  readonly problem: string;
}

/** Every mistake of a policy file. */
export class PolicyError extends ConfigError {
  readonly mistakes: readonly PolicyMistake[];

  constructor(mistakes: readonly PolicyMistake[]) {
    super(mistakes.map(({ file, line, column, problem }) => `${file}${line === undefined ? '' : `:${line}:${column ?? 1}`}: ${problem}`));
    this.mistakes = mistakes;
  }
}

/** Policies, and the texts that they were read from. */
export interface ReadPolicies {
  readonly policies: PolicySet;
  /** Null: there is no policy file, and the defaults hold. */
  readonly file: string | null;
  /** Null: there is no shadow policy. */
  readonly shadowFile: string | null;
}

/**
 * The policies in the text of a policy file, with the shadow policy that it names; the defaults when there is no file. `name`: its path, which
 * the shadow's is relative to. @throws PolicyError
 */
export function policiesOf(text: string | undefined, name?: string): PolicySet {
  return readPolicies(text, name).policies;
}

/** The same, with the texts. */
export function readPolicies(text: string | undefined, name = 'policy file'): ReadPolicies {
  if (text === undefined) return { policies: defaultPolicies(), file: null, shadowFile: null };
  const { policies, shadow } = readOf(text, name);
  if (shadow === undefined) return { policies, file: text, shadowFile: null };
  const path = resolve(dirname(name), shadow.name);
  const shadowFile = textOf(path, { file: name, shadow });
  return { policies: withShadow(policies, { text: shadowFile, path, file: name, shadow }), file: text, shadowFile };
}

/** Reads a policy file, and what it names, as it is now. Undefined: there is none. @throws PolicyError */
export function readPolicyFileAt(path: string | undefined): ReadPolicies {
  if (path === undefined) return readPolicies(undefined);
  try {
    return readPolicies(readBounded(path, CONFIGURATION_LIMIT).toString('utf8'), path);
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    throw new PolicyError([{ file: path, problem: whyNotRead(error) }]);
  }
}

/** The policy file of a process: where it is, and what it said when the process started. */
export interface PolicyFileOf {
  /** Undefined: there is none, and the defaults hold while nothing else is in force. */
  readonly path: string | undefined;
  readonly read: ReadPolicies;
}

/** `text`: of the file that DESIST_POLICY names in these variables. @throws PolicyError */
export function policyFileOf(text: string | undefined, variables: NodeJS.ProcessEnv): PolicyFileOf {
  const path = text === undefined ? undefined : variables['DESIST_POLICY']?.trim();
  return { path, read: readPolicies(text, path) };
}

/** The policies of texts that were read before. @throws PolicyError when this version does not read them */
export function policiesOfTexts({ file, shadowFile }: Pick<ReadPolicies, 'file' | 'shadowFile'>): PolicySet {
  if (file === null) return defaultPolicies();
  const name = 'policy in force';
  const { policies, shadow } = readOf(file, name);
  if (shadow === undefined || shadowFile === null) return policies;
  return withShadow(policies, { text: shadowFile, path: `shadow of the ${name}`, file: name, shadow });
}

interface NamedShadow {
  /** The policy file. */
  readonly file: string;
  readonly shadow: ShadowFile;
}

function withShadow(
  policies: PolicySet,
  { text, path, ...named }: NamedShadow & { readonly text: string; readonly path: string },
): PolicySet {
  const { name } = named.shadow;
  const second = readOf(text, path);
  if (second.shadow !== undefined) throw new PolicyError([mistakeAt(named, `${name} names a shadow policy itself: there is only one`)]);
  const mistakes = differencesIn(policies, second.policies).map((problem) => mistakeAt(named, `${name}: ${problem}`));
  if (mistakes.length > 0) throw new PolicyError(mistakes);
  return { ...policies, shadow: { ...second.policies, name } };
}

function mistakeAt({ file, shadow: { line, column } }: NamedShadow, problem: string): PolicyMistake {
  return { file, line, column, problem: `shadow: ${problem}` };
}

function readOf(text: string, name: string): Extract<PolicyFile, { readonly ok: true }> {
  const read = readPolicyFile(text);
  if (read.ok) return read;
  throw new PolicyError(
    read.problems.map(({ line, column, path, problem, hint }) => {
      return { file: name, line, column, problem: `${path === '' ? '' : `${path}: `}${problem}${hint === undefined ? '' : ` (${hint})`}` };
    }),
  );
}

function textOf(path: string, named: NamedShadow): string {
  try {
    return readBounded(path, CONFIGURATION_LIMIT).toString('utf8');
  } catch (error) {
    throw new PolicyError([mistakeAt(named, `${path} ${whyNotRead(error)}`)]);
  }
}

const NO_STREAMS: ReadonlyMap<string, Policy> = new Map();

/** Both policies fold the same replies and the same counts: what these are made by must be the same. */
function differencesIn(real: PolicySet, shadow: PolicySet): readonly string[] {
  const problems: string[] = [];
  if (!isDeepStrictEqual(real.rules ?? [], shadow.rules ?? [])) {
    problems.push(
      'rules must be those of the policy in force, because each reply is read once; try other rules with `desist why --policy`',
    );
  }
  const tenantIn = (set: PolicySet, name: string | null): TenantPolicy => {
    const own = name === null ? undefined : set.tenants.get(name);
    return own ?? { base: set.base, streams: NO_STREAMS };
  };
  for (const name of [null, ...new Set([...real.tenants.keys(), ...shadow.tenants.keys()])]) {
    const [mine, its] = [tenantIn(real, name), tenantIn(shadow, name)];
    const of = name === null ? '' : `tenants.${name}.`;
    if (mine.base.contrast.window !== its.base.contrast.window) {
      problems.push(`${of}contrast.window must be that of the policy in force, because deliveries are counted once`);
    }
    const streams = [null, ...new Set([...mine.streams.keys(), ...its.streams.keys()])];
    const policyIn = ({ base, streams: named }: TenantPolicy, stream: string | null): Policy =>
      (stream === null ? undefined : named.get(stream)) ?? base;
    if (streams.some((stream) => !isDeepStrictEqual(policyIn(mine, stream).attribution, policyIn(its, stream).attribution))) {
      problems.push(`${of}attribution must be that of the policy in force, because failing recipients are counted once`);
    }
  }
  return problems;
}
