import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defaultPolicies, readPolicyFile } from '@desist/contracts';
import { CONFIGURATION_LIMIT, readBounded, whyNotRead } from '@desist/contracts/read-bounded';
import type { PolicyFile } from '@desist/contracts';
import type { Policy, PolicySet, TenantPolicy } from '@desist/domain';
import { ConfigError } from './environment.ts';

/**
 * The policies in the text of a policy file, with the shadow policy that it names; the defaults when there is no file. `name`: its path, which
 * the shadow's is relative to. @throws ConfigError with every mistake of the file.
 */
export function policiesOf(text: string | undefined, name?: string): PolicySet {
  if (text === undefined) return defaultPolicies();
  const { policies, shadow } = readOf(text, name ?? 'policy file');
  if (shadow === undefined) return policies;
  const place = `${name ?? 'policy file'}:${shadow.line}:${shadow.column}: shadow`;
  const path = resolve(name === undefined ? '.' : dirname(name), shadow.name);
  const second = readOf(textOf(path, place), path);
  if (second.shadow !== undefined) throw new ConfigError([`${place}: ${shadow.name} names a shadow policy itself: there is only one`]);
  const mistakes = differencesIn(policies, second.policies).map((problem) => `${place}: ${shadow.name}: ${problem}`);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return { ...policies, shadow: { ...second.policies, name: shadow.name } };
}

function readOf(text: string, name: string): Extract<PolicyFile, { readonly ok: true }> {
  const read = readPolicyFile(text);
  if (read.ok) return read;
  throw new ConfigError(
    read.problems.map(({ line, column, path, problem, hint }) => {
      return `${name}:${line}:${column}: ${path === '' ? '' : `${path}: `}${problem}${hint === undefined ? '' : ` (${hint})`}`;
    }),
  );
}

function textOf(path: string, place: string): string {
  try {
    return readBounded(path, CONFIGURATION_LIMIT).toString('utf8');
  } catch (error) {
    throw new ConfigError([`${place}: ${path} ${whyNotRead(error)}`]);
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
