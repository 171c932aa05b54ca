/** What a command is. Reading its arguments, help, completion and the table of docs/cli.md all come from its definition. */
import { CommandError, EXIT } from './exit.ts';

export interface Flag {
  readonly kind: 'flag';
  readonly summary: string;
  /** A flag that is on unless it is given as `--no-NAME`. */
  readonly on: boolean;
}

export interface Value<T = unknown, Presence extends 'optional' | 'given' = 'optional' | 'given'> {
  readonly kind: 'value';
  readonly placeholder: string;
  readonly summary: string;
  /** @throws Error that says what the value must be. */
  readonly read: (text: string) => T;
  readonly presence: Presence;
  /** Default of a value with `presence: 'given'`. Without a default the option is required. */
  readonly otherwise?: string;
  /** All accepted values, for completion. */
  readonly choices?: readonly string[];
  /** It may be given several times: `read` returns a list, and the lists are joined. */
  readonly repeats?: true;
}

/** By name in camel case: `dryRun` is `--dry-run`. */
export type Options = Readonly<Record<string, Flag | Value>>;

type Given<O extends Options> = {
  readonly [K in keyof O as O[K] extends Value<unknown, 'optional'> ? never : K]: O[K] extends Value<infer T> ? T : boolean;
} & {
  readonly [K in keyof O as O[K] extends Value<unknown, 'optional'> ? K : never]?: O[K] extends Value<infer T> ? T : never;
};

export interface Operands {
  readonly name: string;
  readonly summary: string;
  readonly least: number;
  readonly most: number;
}

/** Headlines of `desist --help`, in this order. */
export const SECTIONS = [
  'Services and set-up',
  'Files, without a service',
  'The list',
  'Incidents',
  'Webhooks',
  'Dead letters',
  'Keys and shells',
] as const;

export interface Invocation<O extends Options = Options> {
  readonly operands: readonly string[];
  readonly options: Given<O>;
}

export interface Command<O extends Options = Options> {
  /** As it is typed: `check`, `incident create`. Its module is `commands/check.ts`, `commands/incident/create.ts`. */
  readonly name: string;
  readonly section: (typeof SECTIONS)[number];
  readonly summary: string;
  readonly operands?: Operands;
  readonly options: O;
  readonly examples?: readonly string[];
  /** Returns the exit code; nothing means 0. */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a command that only prints returns nothing
  readonly run: (invocation: Invocation<O>) => Promise<number | undefined> | Promise<void> | number | undefined | void;
}

/** Defines a command. The types of its options are visible only to `run`. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command as unknown as Command;
}

// ------------------------------------------------------------------------------------------------ kinds of options

export function flag(summary: string, { on = false }: { readonly on?: boolean } = {}): Flag {
  return { kind: 'flag', summary, on };
}

export function value(placeholder: string, summary: string): Value<string, 'optional'> {
  return { kind: 'value', placeholder, summary, read: (text) => text, presence: 'optional' };
}

export function required(placeholder: string, summary: string): Value<string, 'given'> {
  return { ...value(placeholder, summary), presence: 'given' };
}

/** May be given several times, or not at all. */
export function repeated(placeholder: string, summary: string): Value<readonly string[], 'given'> {
  return { kind: 'value', placeholder, summary, read: (text) => [text], presence: 'given', repeats: true };
}

/** One of these words; the first one is the default. */
export function choice<const T extends string>(words: readonly [T, ...T[]], summary: string): Value<T, 'given'> {
  const read = (text: string): T => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`);
    return word;
  };
  return { kind: 'value', placeholder: words.join('|'), summary, read, presence: 'given', otherwise: words[0], choices: words };
}

/** A largest number of rows: a whole number from 1 on. */
export function limit(summary: string): Value<number, 'optional'> {
  const read = (text: string): number => {
    if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error('must be a whole number from 1 on');
    return Number(text);
  };
  return { kind: 'value', placeholder: 'ROWS', summary, read, presence: 'optional' };
}

export function seconds(summary: string, most: number, otherwise: number): Value<number, 'given'> {
  const read = (text: string): number => {
    if (!/^\d{1,4}$/.test(text) || Number(text) > most) throw new Error(`must be a whole number from 0 to ${most}`);
    return Number(text);
  };
  return { kind: 'value', placeholder: 'SECONDS', summary, read, presence: 'given', otherwise: String(otherwise) };
}

// ---------------------------------------------------------------------------------------------- options of several

export const JSON_OPTION = { json: flag('print NDJSON, and nothing else, on standard output') };

/** Of the commands that talk to a running service. */
export const SERVICE_OPTIONS = { url: value('URL', 'the running service (DESIST_URL; default http://127.0.0.1:8425)'), ...JSON_OPTION };

/** What a provider's payloads do not say of themselves. */
export const FORMAT_OPTIONS = {
  format: value('FORMAT', 'a provider, `canonical`, or `auto` (the default): detected for each file'),
  tenant: value('TENANT', 'for the events; default `default`'),
  stream: value('STREAM', 'for the events; default `default`'),
  source: value('NAME', 'for the events; a source of the sources file gives its format, tenant, stream and time zone, too'),
  sources: value('FILE', 'the sources file of --source (DESIST_SOURCES)'),
  timezone: value('ZONE', 'for times without a zone: Europe/Paris, +02:00'),
  referenceTime: value('TIME', 'the time at which the file was written (RFC 3339), for times without a year; default now'),
};

/** For services that `bin/desist.js` starts. Their definitions exist only for help and completion. */
export function startedByItself(name: string): never {
  throw new CommandError(EXIT.usage, `${name} is a service of its own: start it with the command \`desist ${name}\``);
}

/** The option as it is typed: `--dry-run` for `dryRun`; for a flag that is on by default, the form that turns it off. */
export function spelt(name: string, option: Flag | Value): string {
  const flagName = kebab(name);
  return option.kind === 'flag' && option.on ? `--no-${flagName}` : `--${flagName}`;
}

export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
