/**
 * `desist incident create|list|show|void|restore`: what many recipients failed of together, and the undoing of it. What is decided goes
 * through the log: each partition carries it out at its place there, and nothing hangs on the command that waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime, parseDuration, parseTime, readTerms } from '@desist/contracts';
import type { Client } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import { follow, incidentLines, isDone, pathOf, previewLines, previewOf, progressLine, stateOf, termsOf } from '../incidents.ts';
import type { Followed, Incident, Progress } from '../incidents.ts';
import { minute, printList } from '../listing.ts';
import { printable, progress, reporter } from '../terminal.ts';
import { userName } from './operate.ts';

interface Decision {
  readonly note?: string;
  readonly by?: string;
  readonly json: boolean;
}

export interface CreateOptions extends Decision {
  readonly tenant?: string;
  readonly provider?: string;
  readonly domain?: string;
  readonly code?: string;
  readonly text?: string;
  readonly from?: string;
  readonly until?: string;
}

export interface DecideOptions extends Decision {
  /** Until every partition has carried it out. */
  readonly wait: boolean;
}

export interface ShowOptions {
  /** What is inside now, too. */
  readonly preview: boolean;
  readonly json: boolean;
}

export interface ListIncidentsOptions {
  readonly tenant?: string;
  /** Rows at most; all when undefined. */
  readonly limit?: number;
  readonly json: boolean;
}

const MINUTE = 60_000;

// -------------------------------------------------------------------------------------- looking

export async function runIncidentCreate(client: Client, options: CreateOptions): Promise<void> {
  const { note, json } = options;
  const body = { ...termsFrom(options), note, by: options.by ?? userName() };
  const { status, body: answer } = await client.send('/v1/incidents', body);
  const incident = answer as Incident;
  print(incident, json);
  if (!json && status !== 201) console.log('  there is one with these terms already: this is it');
  await showPreview(client, incident, json);
  if (json) return;
  const { holds, id } = incident;
  console.log(
    holds
      ? `Its failures are held back. They count again with: desist incident restore ${id}`
      : `Nothing has changed yet. These failures stop counting with: desist incident void ${id}`,
  );
}

/** Every mistake at once, named as the flags are. */
function termsFrom({ tenant, provider, domain, code, text, from, until }: CreateOptions): object {
  const given = { tenant, provider, domain, code, text, from: timeOf(from), until: timeOf(until) };
  const problems: string[] = [];
  readTerms(given, (name, wanted) => void problems.push(`--${name}: must be ${wanted}`));
  if (problems.length > 0) throw new CommandError(EXIT.usage, problems.join('\n'));
  return given;
}

/**
 * A moment, or a duration before now, from the full minute on: said twice in it, it is the same incident. What is neither is left for
 * whoever checks it.
 */
function timeOf(text: string | undefined): string | undefined {
  const ago = text === undefined ? undefined : parseDuration(text);
  if (ago !== undefined) return formatTime(Math.floor((Date.now() - ago) / MINUTE) * MINUTE);
  const at = text === undefined ? undefined : parseTime(text);
  return at === undefined ? text : formatTime(at);
}

export async function runIncidentShow(client: Client, id: string, { preview, json }: ShowOptions): Promise<void> {
  const incident = await follow(client, id);
  print(incident, json);
  if (!json) console.log(`  ${incident.revision === 0 ? 'nothing has been changed by it' : progressLine(incident.progress)}`);
  if (preview) await showPreview(client, incident, json);
}

function print(incident: Incident, json: boolean): void {
  console.log(json ? JSON.stringify(incident) : incidentLines(incident).join('\n'));
}

async function showPreview(client: Client, { id, holds }: Incident, json: boolean): Promise<void> {
  const again = `interrupted; nothing was changed by looking, and \`desist incident show ${id} --preview\` looks again`;
  const preview = await interruptible(again, () => previewOf(client, id, reporter()));
  if (json) console.log(JSON.stringify({ type: 'preview', incident: id, ...preview }));
  else console.log(['what is inside:', ...previewLines(preview, holds)].join('\n'));
}

const HEADLINE = ['INCIDENT', 'STATE', 'FROM', 'UNTIL', 'FAILING', 'BY', 'WHAT'];

export async function runIncidentList(client: Client, { tenant, limit, json }: ListIncidentsOptions): Promise<void> {
  const listing = { path: '/v1/incidents', filters: { tenant }, headline: HEADLINE, noun: 'incident' };
  await printList<Incident>(client, { ...listing, limit, json, cellsOf });
}

function cellsOf(incident: Incident): readonly string[] {
  const { id, from, until, counts, by } = incident;
  return [
    id,
    stateOf(incident),
    minute(from),
    until === null ? '' : minute(until),
    String(counts?.failing ?? ''),
    by ?? '',
    termsOf(incident),
  ];
}

// ------------------------------------------------------------------------------------- deciding

export type Verb = 'void' | 'restore';

const IS: Readonly<Record<Verb, string>> = { void: 'is held back', restore: 'counts again' };
const WILL_BE: Readonly<Record<Verb, string>> = { void: 'will be held back', restore: 'will count again' };

/** Somebody else may decide at the same moment: the incident noticing its own end, or another operator. */
const TRIES = 5;

export async function runIncidentDecide(client: Client, verb: Verb, id: string, options: DecideOptions): Promise<number> {
  const { note, json } = options;
  const { status, body } = await decide(client, `${pathOf(id)}/${verb}`, { note, by: options.by ?? userName() });
  const decided = body as Incident;
  if (!options.wait) {
    const accepted = status === 202 ? `accepted: ${id} ${WILL_BE[verb]}` : `${id} ${IS[verb]} already`;
    console.log(json ? JSON.stringify(decided) : `${accepted}; how far it is: desist incident show ${id}`);
    return EXIT.done;
  }
  const later = `interrupted; the service goes on with it, and \`desist incident ${verb} ${id}\` waits for it again`;
  const done = await interruptible(later, () => untilDone(client, decided, REAL));
  if (json) console.log(JSON.stringify(done));
  if (done.holds !== (verb === 'void')) {
    const who = done.by === null ? '' : ` by ${printable(done.by)}`;
    console.error(`${id} was ${done.action}${who} at ${done.decidedAt}, after this`);
    return EXIT.no;
  }
  if (!json) console.log(sentenceOf(verb, done));
  return EXIT.done;
}

async function decide(client: Client, path: string, body: object): ReturnType<Client['send']> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await client.send(path, body);
    } catch (error) {
      if (!(error instanceof CommandError) || error.status !== 409 || tries === TRIES) throw error;
    }
  }
}

function sentenceOf(verb: Verb, { id, revision, progress: told }: Followed): string {
  if (revision === 0) return `${id} was never held back: there is nothing to restore`;
  const other = verb === 'void' ? 'restore' : 'void';
  return `${id} ${IS[verb]}: ${progressLine(told)}. The other way round: desist incident ${other} ${id}`;
}

export interface Pace {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

const REAL: Pace = { now: () => performance.now(), pause: (ms) => sleep(ms) };
const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;
/** ms without any movement until it is said that something may stand still. */
const STUCK = 30_000;

/** Until every partition has carried out the latest revision, or somebody has decided the opposite. */
export async function untilDone(client: Client, { id, holds }: Incident, { now, pause }: Pace): Promise<Followed> {
  const report = reporter(now);
  let seen = '';
  let movedAt = now();
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 1.5)) {
    const incident = await follow(client, id);
    if (incident.holds !== holds || isDone(incident)) return incident;
    report(progressLine(incident.progress));
    const standing = fingerprint(incident.progress);
    if (standing !== seen) {
      seen = standing;
      movedAt = now();
    } else if (now() - movedAt >= STUCK) {
      movedAt = now();
      progress('');
      console.error(
        `nothing has moved for ${STUCK / 1_000} s: does an engine run? \`desist status\` shows partitions that stand still or are behind`,
      );
    }
    await pause(wait);
  }
}

function fingerprint({ told, done, looked, changed }: Progress): string {
  return [told, done, looked, changed].join(' ');
}

/** Ctrl-C ends the command with this sentence, and harms nothing. */
async function interruptible<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  const stop = (): void => {
    progress('');
    console.error(sentence);
    process.exit(EXIT.no);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    progress('');
  }
}
