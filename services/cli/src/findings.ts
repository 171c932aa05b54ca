/** Finds and prints what is wrong with an installation and how to fix it, for `migrate` and `doctor`. */
import type { Backends } from '@desist/runtime';
import { boundInput, checkSchema } from '@desist/store-postgres';
import { EXIT } from './exit.ts';
import { say, sayJson } from './terminal.ts';

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly fix: string;
}

/** Problems that prevent a service from using this database and log. */
export async function findings({ db, kafka, log }: Backends): Promise<readonly Finding[]> {
  const schema = await checkSchema(db);
  if (schema.state !== 'ok') {
    const what = `the database is at version ${schema.current}, this program needs ${schema.wanted}`;
    const fix = schema.state === 'newer' ? 'run the newer program' : 'run `desist migrate`';
    return [{ severity: 'error', what, fix }];
  }
  const found: Finding[] = [];
  const bound = await boundInput(db);
  if (kafka !== null) {
    for (const { severity, topic, what, fix } of await kafka.checkTopics()) found.push({ severity, what: `topic ${topic}: ${what}`, fix });
  }
  if (bound !== undefined && !found.some(({ severity }) => severity === 'error')) {
    const partitions = await log.partitions();
    if (partitions !== bound.partitions) {
      const what = `the input has ${partitions} partitions, the recipients in the database are distributed over ${bound.partitions}`;
      const moved = 'if it was given more partitions, follow "More partitions" in docs/operations.md';
      found.push({ severity: 'error', what, fix: `configure the topic that the database was filled from; ${moved}` });
    }
  }
  return found;
}

/** Prints the findings. Returns the exit code. */
export function show(found: readonly Finding[], json: boolean): number {
  for (const { severity, what, fix } of found) {
    if (json) sayJson({ severity, what, fix });
    else say(`${severity}: ${what}`, `  ${fix}`);
  }
  if (found.length === 0 && !json) say('no problems found');
  return found.some(({ severity }) => severity === 'error') ? EXIT.no : EXIT.done;
}
