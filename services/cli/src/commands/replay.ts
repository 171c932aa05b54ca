/** `desist replay`: folds files of events, of any format, in virtual time, and shows who would be suppressed, and why. Writes nothing. */
import { linesIn } from '@desist/formats/chunks';
import type { Line } from '@desist/formats/chunks';
import { payloadElements } from '@desist/formats/read-payload';
import type { OpenedPayload, ReaderStates } from '@desist/formats/read-payload';
import { parseIncident } from '@desist/contracts';
import { formatTime, normaliseAddress, parseEvent, parseTime } from '@desist/formats/event';
import { providerOf } from '@desist/verdicts';
import type { LogEvent, PolicySet, Tenant } from '@desist/domain';
import type { NormaliseContext, Normalised } from '@desist/formats';
import { createReplay } from '@desist/pipeline';
import type { Replay } from '@desist/pipeline';
import { defineCommand, FORMAT_OPTIONS, JSON_OPTION, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { whyLines } from '../explanation.ts';
import { momentBefore } from '../moments.ts';
import { createOutput } from '../output.ts';
import { createForeignFiles, createZoneAdvice, openPayloads, readingOf } from '../payloads.ts';
import type { FormatOptions } from '../payloads.ts';
import { policiesFrom } from '../policies.ts';
import { filesOf, totalBytes } from '../read-lines.ts';
import { finalValue, listLines, printChanges, whyOf } from '../replay-output.ts';
import type { Printing } from '../replay-output.ts';
import { createProgress, grouped } from '../progress.ts';
import { say, sayJson, warn } from '../terminal.ts';

export const command = defineCommand({
  name: 'replay',
  section: 'Files, without a service',
  summary: 'fold files of events in virtual time and print the changes; writes nothing',
  operands: {
    name: 'FILE',
    summary: 'events of any format, also compressed; a folder; - for standard input',
    least: 1,
    most: Number.POSITIVE_INFINITY,
  },
  options: {
    ...FORMAT_OPTIONS,
    policy: value('FILE', 'policy file (DESIST_POLICY)'),
    until: momentBefore('stop the clock at this time, and leave out later events'),
    why: value('ADDRESS', 'explain this recipient at the end'),
    ...JSON_OPTION,
  },
  examples: [
    'desist replay events.ndjson --until 2026-04-01T00:00:00Z --why alice@example.com',
    'desist replay --format postfix --timezone Europe/Paris mail.log',
  ],
  run: async ({ operands, options }) => runReplay(operands, { ...options, policies: await policiesFrom(options.policy) }),
});

interface ReplayOptions extends FormatOptions {
  readonly json: boolean;
  readonly until?: string;
  /** Explain this address at the end. */
  readonly why?: string;
  readonly policies: PolicySet;
}

const PROBLEMS_SHOWN = 10;
/** A record time beyond every event, ms, so that no event's time is clamped. */
const NO_RECORD_TIME = 8.64e15;

/** State of one run. */
interface Run extends Printing {
  readonly replay: Replay;
  readonly unreadable: Problems;
  readonly explained: ExplainedAddress | undefined;
}

/** Exit code: 2 when there was something to read and nothing of it could be, otherwise 0. */
async function runReplay(operands: readonly string[], options: ReplayOptions): Promise<number> {
  const { json, policies } = options;
  const until = options.until === undefined ? undefined : parseTime(options.until);
  const { context, given } = readingOf(options);
  const files = filesOf(operands);
  const total = totalBytes(files);
  const states: ReaderStates = new Map();
  const foreign = createForeignFiles();
  const run: Run = {
    replay: createReplay({ policies, providerOf, ...(until === undefined ? {} : { until }) }),
    unreadable: createProblems(json),
    explained: options.why === undefined ? undefined : createExplainedAddress(options.why),
    output: createOutput(),
    json,
    policy: policies.version,
  };
  const { replay, unreadable, output, explained } = run;
  let ignored = 0;
  let done = 0;
  const progress = createProgress('bytes', total);
  for (const file of files) {
    let read = 0;
    const opened = await openPayloads(file, given);
    for await (const { bytes, wasIgnored } of foldFile(run, { ...opened, note: foreign.of(file, opened.format), states }, context)) {
      read = bytes;
      if (wasIgnored) ignored += 1;
      await output.caughtUp();
      progress.at(done + read, () => `${grouped(replay.summary().events)} events`);
    }
    done += read;
  }
  printChanges(replay.finish(), run);
  progress.end();
  const last = [...replay.notHealthy()];
  for (const one of json ? last : []) {
    output.json(JSON.stringify(finalValue(one)));
    await output.caughtUp();
  }
  await output.end();
  if (!json) {
    say(...listLines(last));
    if (explained !== undefined) say(...explained.lines(replay));
  }
  const {
    clock,
    events,
    duplicates,
    leftOut,
    recipients,
    changes,
    greylisted,
    erased: forgotten,
    incidents,
    senderIncidents,
  } = replay.summary();
  const at = clock === null ? null : formatTime(clock);
  const unread = unreadable.count();
  if (json) {
    const counts = { events, duplicates, leftOut, recipients, changes, greylisted, erased: forgotten, incidents, senderIncidents };
    sayJson({ type: 'summary', ...counts, unreadable: unread, ignored, clock: at });
  } else {
    say(
      '',
      `${events} events, ${duplicates} duplicates, ${ignored} ignored, ${unread} unreadable, ${changes} changes, ${greylisted} healed like greylisting; ${last.length} recipients are not healthy at ${at ?? 'no time at all'}`,
    );
  }
  warn(...unreadable.advice(), ...foreign.problems());
  if (foreign.problems().length > 0 && events + leftOut + incidents + senderIncidents === 0) return EXIT.usage;
  return unread > 0 && events + leftOut + ignored + incidents + senderIncidents === 0 ? EXIT.usage : EXIT.done;
}

interface Progress {
  /** Bytes of the file that have been read. */
  readonly bytes: number;
  readonly wasIgnored: boolean;
}

interface Folded extends OpenedPayload {
  readonly note: (one: Normalised) => void;
  readonly states: ReaderStates;
}

/** Canonical files are parsed here, because they may contain commands and incidents, which no provider's format has. */
async function* foldFile(run: Run, opened: Folded, context: NormaliseContext): AsyncGenerator<Progress> {
  if (opened.format.name === 'canonical') {
    for await (const line of linesIn(opened.chunks)) {
      if (line.text.trim() !== '') foldLine(run, line);
      yield { bytes: line.bytes, wasIgnored: false };
    }
    return;
  }
  for await (const { one, place, bytes } of payloadElements(opened, context, opened.states)) {
    opened.note(one);
    if (one.kind === 'event') fold(run, one.event);
    else if (one.kind === 'problem') run.unreadable.note(place, `${one.reason}, ${one.detail}`);
    yield { bytes, wasIgnored: one.kind === 'ignored' };
  }
}

function foldLine(run: Run, line: Line): void {
  const place = `line ${line.number}`;
  let json: unknown;
  try {
    json = JSON.parse(line.text);
  } catch {
    run.unreadable.note(place, 'not JSON');
    return;
  }
  for (const one of Array.isArray(json) ? (json as unknown[]) : [json]) {
    if (isIncident(one)) {
      const decoded = parseIncident(one);
      if (decoded.ok) {
        const { replay } = run;
        printChanges(decoded.kind === 'sender' ? replay.applySender(decoded.notice) : replay.apply(decoded.notice), run);
      } else run.unreadable.note(place, `${decoded.reason}, ${decoded.detail}`);
      continue;
    }
    const parsed = parseEvent(one, NO_RECORD_TIME);
    if (parsed.ok) fold(run, parsed.event);
    else run.unreadable.note(place, `${parsed.reason}, ${parsed.detail}`);
  }
}

function fold(run: Run, event: LogEvent): void {
  run.explained?.note(event);
  printChanges(run.replay.fold(event), run);
}

/** Whether this is the record of an incident. */
function isIncident(json: unknown): boolean {
  return typeof json === 'object' && json !== null && (json as { readonly type?: unknown }).type === 'incident';
}

// ---------------------------------------------------------------------------------------------- the explained address

interface ExplainedAddress {
  note(event: LogEvent): void;
  /** The explanation, of every tenant that had events of the address. */
  lines(replay: Replay): readonly string[];
}

interface Span {
  events: number;
  first: number;
  last: number;
}

function createExplainedAddress(text: string): ExplainedAddress {
  const normalised = normaliseAddress(text);
  if (!normalised.ok) throw new CommandError(EXIT.usage, `--why: ${text} is not an email address (${normalised.problem})`);
  const { address } = normalised;
  const spans = new Map<Tenant, Span>();
  return {
    note({ recipient, tenant, occurredAt }) {
      if (recipient !== address) return;
      const { events, first, last } = spans.get(tenant) ?? { events: 0, first: occurredAt, last: occurredAt };
      spans.set(tenant, { events: events + 1, first: Math.min(first, occurredAt), last: Math.max(last, occurredAt) });
    },
    lines(replay) {
      if (spans.size === 0) return ['', `${address}: no event of this address was read`];
      return [...spans].flatMap(([tenant, { events, first, last }]) => {
        const heading = spans.size === 1 ? [''] : ['', `tenant ${tenant}:`];
        const found = replay.find(tenant, address);
        if (found !== undefined && found.recipient.facts.length > 0) return [...heading, ...whyLines(whyOf(found))];
        const span = `${formatTime(first)} to ${formatTime(last)}`;
        return [
          ...heading,
          `${address} is healthy: ${events} ${events === 1 ? 'event was' : 'events were'} read, of ${span}, and none of them counts or is still kept`,
        ];
      });
    },
  };
}

// -------------------------------------------------------------------------------------------------------- problems

interface Problems {
  note(place: string, problem: string): void;
  count(): number;
  /** How to make them readable. */
  advice(): readonly string[];
}

function createProblems(json: boolean): Problems {
  let count = 0;
  const zones = createZoneAdvice();
  return {
    note(place, problem) {
      count += 1;
      zones.note(problem);
      if (count <= PROBLEMS_SHOWN) warn(`${place}: ${problem}`);
      if (count === PROBLEMS_SHOWN && !json) warn('further lines with this problem are only counted');
    },
    count: () => count,
    advice: () => zones.advice(),
  };
}
