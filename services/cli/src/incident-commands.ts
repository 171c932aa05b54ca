/**
 * Implements `desist incident create|list|show|void|restore`. A decision
 * goes through the log, and each partition applies it at its position there. The command only waits; interrupting it changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readTerms } from '@desist/contracts';
import { formatTime, parseDuration, parseTime } from '@desist/formats/event';
import type { Client } from './client.ts';
import { flag, SERVICE_OPTIONS, value } from './command.ts';
import { CommandError, EXIT } from './exit.ts';
import { follow, incidentLines, isDone, pathOf, previewLines, previewOf, progressLine, stateOf, termsOf } from './incidents.ts';
import type { Followed, Incident, Progress } from './incidents.ts';
import { minute, printPages } from './print-page.ts';
import { progress, reporter, say, sayJson, warn } from './terminal.ts';
import { userName } from './operator.ts';

export const INCIDENT_ID = { name: 'ID', summary: 'id of the incident, from `incident list`', least: 1, most: 1 };

export const SIGNING_OPTIONS = {
  note: value('TEXT', 'why; shown with the incident'),
  by: value('WHO', 'default: the user of this machine'),
};

export const DECIDING_OPTIONS = {
  wait: flag('return when the decision is accepted, without waiting for the partitions', { on: true }),
  ...SIGNING_OPTIONS,
  ...SERVICE_OPTIONS,
};

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
  /** Wait until every partition has applied the decision. */
  readonly wait: boolean;
}

export interface ShowOptions {
  /** Also show the failures inside. */
  readonly preview: boolean;
  readonly json: boolean;
}

export interface ListIncidentsOptions {
  readonly tenant?: string;
  readonly kind: 'all' | 'provider' | 'sender';
  /** Only those that go on. */
  readonly open: boolean;
  /** Rows at most; all when undefined. */
  readonly limit?: number;
  readonly json: boolean;
}

const MINUTE = 60_000;

// -------------------------------------------------------------------------------------- create, list, show

export async function runIncidentCreate(client: Client, options: CreateOptions): Promise<void> {
  const { note, json } = options;
  const body = { ...termsFrom(options), note, by: options.by ?? userName() };
  const { status, body: answer } = await client.send('/v1/incidents', body);
  const incident = answer as Incident;
  print(incident, json);
  if (!json && status !== 201) say('  an incident with these terms existed already: this one');
  await showPreview(client, incident, json);
  if (json) return;
  const { holds, id } = incident;
  say(
    holds
      ? `Its failures are held back. They count again with: desist incident restore ${id}`
      : `Nothing has changed yet. These failures stop counting with: desist incident void ${id}`,
  );
}

/** Reports every mistake, with the names of the flags. */
function termsFrom({ tenant, provider, domain, code, text, from, until }: CreateOptions): object {
  const given = { tenant, provider, domain, code, text, from: timeOf(from), until: timeOf(until) };
  const problems: string[] = [];
  readTerms(given, (name, wanted) => void problems.push(`--${name}: must be ${wanted}`));
  if (problems.length > 0) throw new CommandError(EXIT.usage, problems.join('\n'));
  return given;
}

/**
 * A time, or a duration before the current full minute, so that a repeat within the minute means the same incident. Other text is left to
 * the check of the terms.
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
  if (incident.kind === 'sender') return;
  if (!json) say(`  ${incident.revision === 0 ? 'it has changed nothing' : progressLine(incident.progress)}`);
  if (preview) await showPreview(client, incident, json);
}

function print(incident: Incident, json: boolean): void {
  if (json) sayJson(incident);
  else say(...incidentLines(incident));
}

async function showPreview(client: Client, { id, holds }: Incident, json: boolean): Promise<void> {
  const again = `interrupted; nothing was changed. \`desist incident show ${id} --preview\` shows the preview again`;
  const preview = await interruptible(again, () => previewOf(client, id, reporter()));
  if (json) sayJson({ type: 'preview', incident: id, ...preview });
  else say('preview:', ...previewLines(preview, holds));
}

const HEADLINE = ['INCIDENT', 'KIND', 'STATE', 'FROM', 'UNTIL', 'FAILING', 'BY', 'WHAT'];

export async function runIncidentList(client: Client, { tenant, kind, open, limit, json }: ListIncidentsOptions): Promise<void> {
  const filters = { tenant, kind: kind === 'all' ? undefined : kind, state: open ? 'open' : undefined };
  const listing = { path: '/v1/incidents', filters, headline: HEADLINE, noun: 'incident' };
  await printPages<Incident>(client, { ...listing, limit, json, cellsOf });
}

function cellsOf(incident: Incident): readonly string[] {
  const { id, kind = 'provider', from, until, counts, by, sender = null } = incident;
  return [
    id,
    kind,
    stateOf(incident),
    minute(from),
    until === null ? '' : minute(until),
    sender === null ? String(counts?.failing ?? '') : `${sender.refused} of ${sender.tries}`,
    by ?? '',
    termsOf(incident),
  ];
}

// ------------------------------------------------------------------------------------- void, restore

export type Verb = 'void' | 'restore';

const IS: Readonly<Record<Verb, string>> = { void: 'is held back', restore: 'counts again' };
const WILL_BE: Readonly<Record<Verb, string>> = { void: 'will be held back', restore: 'will count again' };

/** Another decision can be made at the same moment: the incident closes by itself, or another operator decides. */
const TRIES = 5;

export async function runIncidentDecide(client: Client, verb: Verb, id: string, options: DecideOptions): Promise<number> {
  const { note, json } = options;
  const { status, body } = await decide(client, `${pathOf(id)}/${verb}`, { note, by: options.by ?? userName() });
  const decided = body as Incident;
  if (!options.wait) {
    const accepted = status === 202 ? `accepted: ${id} ${WILL_BE[verb]}` : `${id} ${IS[verb]} already`;
    if (json) sayJson(decided);
    else say(`${accepted}; progress: desist incident show ${id}`);
    return EXIT.done;
  }
  const later = `interrupted; the service continues, and \`desist incident ${verb} ${id}\` waits for it again`;
  const done = await interruptible(later, () => untilDone(client, decided, REAL));
  if (json) sayJson(done);
  if (done.holds !== (verb === 'void')) {
    const who = done.by === null ? '' : ` by ${done.by}`;
    warn(`${id} was ${done.action}${who} at ${done.decidedAt}, after this`);
    return EXIT.no;
  }
  if (!json) say(sentenceOf(verb, done));
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
  return `${id} ${IS[verb]}: ${progressLine(told)}. To undo it: desist incident ${other} ${id}`;
}

export interface Pace {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

const REAL: Pace = { now: () => performance.now(), pause: (ms) => sleep(ms) };
const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;
/** ms without progress after which a warning is printed. */
const NO_PROGRESS = 30_000;

/** Resolves when every partition has applied the latest revision, or when somebody has decided the opposite. */
export async function untilDone(client: Client, { id, holds }: Incident, { now, pause }: Pace): Promise<Followed> {
  const report = reporter(now);
  let seen = '';
  let movedAt = now();
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 1.5)) {
    const incident = await follow(client, id);
    if (incident.holds !== holds || isDone(incident)) return incident;
    report(progressLine(incident.progress));
    const current = fingerprint(incident.progress);
    if (current !== seen) {
      seen = current;
      movedAt = now();
    } else if (now() - movedAt >= NO_PROGRESS) {
      movedAt = now();
      progress('');
      warn(
        `no progress for ${NO_PROGRESS / 1_000} s: check that an engine runs. \`desist status\` shows partitions that are stopped or behind`,
      );
    }
    await pause(wait);
  }
}

function fingerprint({ told, done, looked, changed }: Progress): string {
  return [told, done, looked, changed].join(' ');
}

/** Ctrl-C ends the command with this sentence and without other effects. */
async function interruptible<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  const stop = (): void => {
    progress('');
    warn(sentence);
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
