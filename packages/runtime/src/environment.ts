/** Configuration from the environment. Every variable is declared, and all mistakes are reported together. */
import { CONFIGURATION_LIMIT, readBounded, SECRET_LIMIT, whyNotRead } from '@desist/contracts/read-bounded';

/** Mistakes in the configuration, one line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n  ${problems.join('\n  ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Reads declared variables and collects the problems. An empty variable counts as not set. */
export interface Environment {
  text(name: string): string | undefined;
  list(name: string): readonly string[] | undefined;
  integer(name: string, low: number, high: number): number | undefined;
  flag(name: string): boolean | undefined;
  choice<T extends string>(name: string, known: readonly T[]): T | undefined;
  /** `parse` returns undefined for invalid text; `wanted` completes "must be …". */
  parsed<T>(name: string, parse: (text: string) => T | undefined, wanted: string): T | undefined;
  /** Content of the file whose path is the variable's value, 512 KiB at most. */
  file(name: string): string | undefined;
  /** The variable itself, or the content of the file that `<name>_FILE` names, 64 KiB at most: for secrets. */
  secret(name: string): string | undefined;
  problem(text: string): void;
  /** @throws ConfigError when there was any problem, or an undeclared variable with one of these prefixes is set. */
  done(prefixes: readonly string[]): void;
}

export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const declared = new Set<string>();
  const problems: string[] = [];

  function text(name: string): string | undefined {
    declared.add(name);
    const value = variables[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  function parsed<T>(name: string, parse: (value: string) => T | undefined, wanted: string): T | undefined {
    const value = text(name);
    if (value === undefined) return undefined;
    const result = parse(value);
    if (result === undefined) problems.push(`${name}: must be ${wanted}`);
    return result;
  }

  function file(name: string, limit = CONFIGURATION_LIMIT): string | undefined {
    const path = text(name);
    if (path === undefined) return undefined;
    try {
      return readBounded(path, limit).toString('utf8');
    } catch (error) {
      problems.push(`${name}: ${path} ${whyNotRead(error)}`);
      return undefined;
    }
  }

  return {
    text,
    parsed,
    file: (name) => file(name),
    list: (name) =>
      parsed(
        name,
        (value) => {
          const items = value.split(',').map((item) => item.trim());
          return items.includes('') ? undefined : items;
        },
        'a list separated by commas',
      ),
    integer: (name, low, high) =>
      parsed(
        name,
        (value) => (/^\d{1,15}$/.test(value) && Number(value) >= low && Number(value) <= high ? Number(value) : undefined),
        `a whole number from ${low} to ${high}`,
      ),
    flag: (name) => parsed(name, (value) => FLAGS.get(value.toLowerCase()), 'true or false'),
    choice: (name, known) => parsed(name, (value) => known.find((item) => item === value), `one of ${known.join(', ')}`),
    secret(name) {
      const direct = text(name);
      const fromFile = file(`${name}_FILE`, SECRET_LIMIT)?.replace(/\r?\n$/, '');
      if (direct !== undefined && fromFile !== undefined) problems.push(`${name}: given twice, also by ${name}_FILE`);
      return direct ?? fromFile;
    },
    problem: (problem) => void problems.push(problem),
    done(prefixes) {
      for (const [name, value] of Object.entries(variables)) {
        if (value === undefined || declared.has(name) || !prefixes.some((prefix) => name.startsWith(prefix))) continue;
        const near = nearest(name, declared);
        problems.push(`${name}: there is no such setting${near === undefined ? '' : `; did you mean ${near}?`}`);
      }
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

/** The declared name with the smallest edit distance, if it is below 4. */
function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = 4;
  for (const candidate of known) {
    const edits = distance(name, candidate);
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
