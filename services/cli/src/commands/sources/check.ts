/** `desist sources check`: the mistakes of a sources file, and what each source is. */
import { defineCommand, JSON_OPTION } from '../../command.ts';
import { CommandError, EXIT } from '../../exit.ts';
import { textOfSources } from '../../sources.ts';
import { say, sayJson, table, warn } from '../../terminal.ts';

export const command = defineCommand({
  name: 'sources check',
  section: 'Services and set-up',
  summary: 'check a sources file: print every mistake, and where each source receives its events',
  operands: { name: 'FILE', summary: 'default DESIST_SOURCES', least: 0, most: 1 },
  options: JSON_OPTION,
  examples: ['desist sources check sources.yaml'],
  run: ({ operands: [file], options: { json } }) => checkSources(file, json),
});

/** A secret that is not set here may be set where the service runs, so that is no mistake of the file. */
async function checkSources(operand: string | undefined, json: boolean): Promise<void> {
  const file = operand ?? process.env['DESIST_SOURCES'];
  if (file === undefined || file === '') throw new CommandError(EXIT.usage, 'name the sources file, or set DESIST_SOURCES');
  const text = textOfSources(file);
  // Imported on demand, because it loads all adapters.
  const { examineSources } = await import('@desist/runtime');
  const { sources, unset } = examineSources(text, file, process.env);
  if (json) {
    sayJson({ sources, unset });
    return;
  }
  say(`no mistakes; ${sources.length} ${sources.length === 1 ? 'source' : 'sources'}`);
  const rows = sources.map(({ name, format, tenant, stream, at, check }) => [name, format, tenant, stream, check ?? '-', at]);
  if (rows.length > 0) say(...table(['SOURCE', 'FORMAT', 'TENANT', 'STREAM', 'CHECK', 'AT'], rows));
  for (const what of unset) warn(what);
}
