/** Opens files of any provider's payloads, as the options of a command say. */
import { NAME, parseTime } from '@desist/formats/event';
import { ANOTHER_PROGRAM, FORMAT_NAMES, formatOf, zoneOf } from '@desist/formats';
import type { Format, NormaliseContext, Normalised } from '@desist/formats';
import { openPayload } from '@desist/formats/read-payload';
import type { OpenedPayload } from '@desist/formats/read-payload';
import { CommandError, EXIT } from './exit.ts';
import { sourceNamed } from './sources.ts';
import { chunksOf, nameOf } from './read-lines.ts';

export interface FormatOptions {
  readonly format?: string;
  readonly tenant?: string;
  readonly stream?: string;
  readonly source?: string;
  readonly sources?: string;
  readonly timezone?: string;
  readonly referenceTime?: string;
}

export interface Reading {
  readonly context: NormaliseContext;
  /** Undefined for `auto`: the format of each file is detected. */
  readonly given: Format | undefined;
}

/**
 * How the options say that files are to be read: what a source of the sources file says, where an option does not say something else.
 * @throws CommandError for a mistake, before anything is read
 */
export function readingOf(options: FormatOptions): Reading {
  const named = sourceNamed(options);
  if (named === undefined) return { context: contextOf(options), given: formatFor(options) };
  const { format, tenant, stream, timezone } = named;
  const context = contextOf({ tenant, stream, ...(timezone === undefined ? {} : { timezone }), ...options });
  return { context, given: format };
}

/** The context from the options. @throws CommandError for a mistake, before anything is read */
function contextOf(options: FormatOptions): NormaliseContext {
  const { tenant = 'default', stream = 'default', source, timezone, referenceTime } = options;
  for (const [flag, name] of [
    ['--tenant', tenant],
    ['--stream', stream],
  ] as const) {
    if (!NAME.test(name)) throw new CommandError(EXIT.usage, `${flag}: ${name} is not a name like ${NAME.source}`);
  }
  if (timezone !== undefined && zoneOf(timezone) === undefined)
    throw new CommandError(EXIT.usage, `--timezone: ${timezone} is neither a time zone (Europe/Paris) nor an offset (+02:00)`);
  const at = referenceTime === undefined ? Date.now() : parseTime(referenceTime);
  if (at === undefined) throw new CommandError(EXIT.usage, `--reference-time: ${String(referenceTime)} is not an RFC 3339 time`);
  return {
    tenant,
    stream,
    referenceTime: at,
    ...(source === undefined ? {} : { source }),
    ...(timezone === undefined ? {} : { timezone }),
  };
}

function formatFor({ format = 'auto' }: FormatOptions): Format | undefined {
  if (format === 'auto') return undefined;
  const known = formatOf(format);
  if (known === undefined)
    throw new CommandError(
      EXIT.usage,
      `--format: ${format} is not known; known: auto, ${FORMAT_NAMES.filter((name) => formatOf(name) !== undefined).join(', ')}`,
    );
  return known;
}

/** Advises --timezone when times could not be read because they have no zone. The formats do not know the flags of this command. */
export function createZoneAdvice(): { note(problem: string): void; advice(): readonly string[] } {
  let count = 0;
  return {
    note(problem) {
      if (problem.includes('no time zone is configured')) count += 1;
    },
    advice: () =>
      count === 0 ? [] : [`${count} of them have times without a zone: give it with --timezone, for example --timezone Europe/Paris`],
  };
}

/** Tells files in which nothing is of their format: a log of another program would be ignored line by line, with success. */
export interface ForeignFiles {
  /** Notes every result of one file. */
  of(file: string, format: Format): (one: Normalised) => void;
  /** One line for each file of nothing but lines of other programs. */
  problems(): readonly string[];
}

export function createForeignFiles(): ForeignFiles {
  const files: { readonly file: string; readonly format: string; others: number; known: boolean }[] = [];
  return {
    of(file, { name: format }) {
      const own = { file, format, others: 0, known: false };
      files.push(own);
      return (one) => {
        if (one.kind === 'ignored' && one.what === ANOTHER_PROGRAM) own.others += 1;
        else own.known = true;
      };
    },
    problems: () =>
      files
        .filter(({ others, known }) => others > 0 && !known)
        .map(
          ({ file, format, others }) =>
            `${nameOf(file)}: all of ${others} lines are of programs other than ${format}; is the format right?`,
        ),
  };
}

/**
 * Opens a file and detects its format, unless one is given. @throws CommandError if it is not recognised, or if it is the log of another
 * program than the one that is given
 */
export async function openPayloads(file: string, given: Format | undefined): Promise<OpenedPayload> {
  const opening = await openPayload(chunksOf(file), given);
  if (opening.kind === 'opened') return opening;
  const problem =
    opening.kind === 'unknown'
      ? `${nameOf(file)}: the format was not recognised; give it with --format`
      : `--format: ${nameOf(file)} looks like ${opening.format.name}, not like ${given?.name ?? 'that'}`;
  throw new CommandError(EXIT.usage, problem);
}
