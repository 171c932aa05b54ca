/** `desist republish`: brings the topic of suppressions to the table again. The engine does it; the command asks and shows the progress. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { createClient, queryOf } from '../client.ts';
import { defineCommand, flag, SERVICE_OPTIONS, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { progress, reporter, say, sayJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'republish',
  section: 'Services and set-up',
  summary: 'compare the topic `suppressions` with the table, and publish again what differs',
  options: {
    partition: value('PARTITION', 'only of this partition of the input'),
    detach: flag('ask for it and return at once'),
    status: flag('only show the last comparisons, also those that the engine began by itself'),
    stop: flag('stop comparisons that wait or run'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist republish', 'desist republish --partition 3', 'desist republish --stop'],
  run: ({ options }) => republish(createClient(options.url), options),
});

interface RepublishOptions {
  readonly partition?: string;
  readonly detach: boolean;
  readonly status: boolean;
  readonly stop: boolean;
  readonly json: boolean;
}

export interface Audit {
  readonly partition: number;
  readonly reason: 'requested' | 'database_went_back' | 'topic_behind';
  readonly state: 'requested' | 'running' | 'done' | 'stopped' | 'failed';
  readonly records: number;
  readonly read: number;
  readonly compared: number;
  readonly mended: number;
  readonly problem: string | null;
}

/** ms */
const LOOK_EVERY = 500;
const PATH = '/v1/republish';

/** Exit code: 1 when something was stopped, failed or could not be published. */
async function republish(client: Client, options: RepublishOptions): Promise<number> {
  const { partition: text, json } = options;
  const partition = text === undefined ? undefined : Number(text);
  if (partition !== undefined && (!Number.isSafeInteger(partition) || partition < 0 || text === ''))
    throw new CommandError(EXIT.usage, `--partition: ${String(text)} is no partition number`);
  if (options.stop) return stop(client, text, json);
  const asked = options.status ? await audits(client, partition) : await ask(client, partition);
  const known = options.status || options.detach ? asked : await ended(client, asked);
  if (json) for (const audit of known) sayJson(audit);
  else say(...republishLines(known));
  return known.some(({ state, problem }) => state === 'stopped' || state === 'failed' || problem !== null) ? EXIT.no : EXIT.done;
}

async function ask(client: Client, partition: number | undefined): Promise<readonly Audit[]> {
  return ((await client.post(PATH, { partition })) as { readonly items: readonly Audit[] }).items;
}

async function audits(client: Client, partition: number | undefined): Promise<readonly Audit[]> {
  const { items } = (await client.get(PATH)) as { readonly items: readonly Audit[] };
  return items.filter((audit) => partition === undefined || audit.partition === partition);
}

async function stop(client: Client, partition: string | undefined, json: boolean): Promise<number> {
  const answer = (await client.remove(`${PATH}${queryOf({ partition })}`)) as { readonly stopped: readonly number[] };
  if (json) sayJson(answer);
  else
    say(
      answer.stopped.length === 0 ? 'republish: nothing waits or runs' : `republish: stopped for partitions ${answer.stopped.join(', ')}`,
    );
  return EXIT.done;
}

/** Waits for the end of all of them, and shows how far they are. */
async function ended(client: Client, asked: readonly Audit[]): Promise<readonly Audit[]> {
  const partitions = new Set(asked.map(({ partition }) => partition));
  const report = reporter();
  for (;;) {
    const known = (await audits(client, undefined)).filter(({ partition }) => partitions.has(partition));
    if (known.every(({ state }) => state !== 'requested' && state !== 'running')) {
      progress('');
      return known;
    }
    const { read, records, compared, mended } = sumOf(known);
    report(`${read} of ${records} records read, ${compared} compared, ${mended} mended`);
    await sleep(LOOK_EVERY);
  }
}

function sumOf(audits: readonly Audit[]): Pick<Audit, 'read' | 'records' | 'compared' | 'mended'> {
  const sum = (of: (audit: Audit) => number): number => audits.reduce((total, audit) => total + of(audit), 0);
  return {
    read: sum((one) => one.read),
    records: sum((one) => one.records),
    compared: sum((one) => one.compared),
    mended: sum((one) => one.mended),
  };
}

const BECAUSE: Readonly<Record<Audit['reason'], string>> = {
  requested: '',
  database_went_back: ', because the database went back',
  topic_behind: ', because the topic was made anew or had lost records',
};

export function republishLines(audits: readonly Audit[]): readonly string[] {
  if (audits.length === 0) return ['republish: nothing was compared yet'];
  const { compared, mended } = sumOf(audits);
  const unusual = audits.flatMap(({ partition, reason, state, problem }) => [
    ...(state === 'done' && reason === 'requested' ? [] : [`  partition ${partition}: ${state}${BECAUSE[reason]}`]),
    ...(problem === null ? [] : [`  partition ${partition}: ${problem}`]),
  ]);
  return [`republish: ${compared.toLocaleString('en')} compared, ${mended.toLocaleString('en')} mended`, ...unusual];
}
