/** The sources file, for commands that read files without a service. */
import { readSourcesFile } from '@desist/contracts';
import { CONFIGURATION_LIMIT, readBounded, whyNotRead } from '@desist/contracts/read-bounded';
import type { SourceSpec } from '@desist/contracts';
import { formatOf } from '@desist/formats';
import type { Format } from '@desist/formats';
import { mappingFormat } from '@desist/formats/mapping';
import { CommandError, EXIT } from './exit.ts';

export interface NamedSource {
  readonly format: Format;
  readonly tenant: string;
  readonly stream: string;
  readonly timezone?: string;
}

interface Named {
  readonly format?: string;
  readonly source?: string;
  readonly sources?: string;
}

/**
 * What the sources file says of `--source`. Undefined: there is no such file, or `--format` is given and no file is, so that `--source` is
 * only a name. @throws CommandError if the file cannot be read or does not have the source
 */
export function sourceNamed({ format, source, sources }: Named): NamedSource | undefined {
  if (sources !== undefined && source === undefined) throw new CommandError(EXIT.usage, '--sources: say which one, with --source NAME');
  if (sources !== undefined && format !== undefined)
    throw new CommandError(EXIT.usage, '--format: the source has a format of its own in the sources file; leave one of the two out');
  const file = sources ?? (format === undefined ? process.env['DESIST_SOURCES'] : undefined);
  if (source === undefined || file === undefined || file === '') return undefined;
  const specs = specsOf(textOfSources(file), file);
  const spec = specs.find(({ name }) => name === source);
  if (spec === undefined)
    throw new CommandError(EXIT.usage, `--source: ${file} has no ${source}; it has ${specs.map(({ name }) => name).join(', ')}`);
  const { tenant, stream, timezone } = spec;
  return { format: formatOfSpec(spec), tenant, stream, ...(timezone === null ? {} : { timezone }) };
}

function formatOfSpec({ name, format, mapping }: SourceSpec): Format {
  const known = mapping === null ? formatOf(format) : mappingFormat(mapping);
  if (known === undefined) throw new CommandError(EXIT.usage, `--source: ${name} has the format ${format}, which is not known here`);
  return known;
}

/** @throws CommandError if the file cannot be read */
export function textOfSources(file: string): string {
  try {
    return readBounded(file, CONFIGURATION_LIMIT).toString('utf8');
  } catch (error) {
    throw new CommandError(EXIT.missing, `${file} ${whyNotRead(error)}`);
  }
}

function specsOf(text: string, file: string): readonly SourceSpec[] {
  const read = readSourcesFile(text);
  if (read.ok) return read.sources;
  throw new CommandError(EXIT.usage, `${file} has mistakes: see \`desist sources check ${file}\``);
}
