/** `desist replay`: folds files of events, of any format, in virtual time, and shows who would be suppressed, and why. Writes nothing. */
import type { ReaderStates } from '@desist/formats/read-payload';
import { formatTime, normaliseAddress, parseTime } from '@desist/formats/event';
import { providerOf } from '@desist/verdicts';
import type { LogEvent, PolicySet, Tenant } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import type { Replay } from '@desist/pipeline';
import { defineCommand, FORMAT_OPTIONS, JSON_OPTION, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { whyLines } from '../explanation.ts';
import { momentBefore } from '../moments.ts';
import { createOutput } from '../output.ts';
import { createForeignFiles, openPayloads, readingOf } from '../payloads.ts';
import type { FormatOptions } from '../payloads.ts';
import { policiesFrom } from '../policies.ts';
import { createProblems, readEvents } from '../read-events.ts';
import type { EventReceiver, Problems } from '../read-events.ts';
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
  const to: EventReceiver = {
    event(event) {
      explained?.note(event);
      printChanges(replay.fold(event), run);
    },
    // Whoever explains an address notes its events.
    ...(explained === undefined ? { peeked } : {}),
    incident: (notice) => printChanges(replay.apply(notice), run),
    sender: (notice) => printChanges(replay.applySender(notice), run),
    unreadable,
  };
  function peeked(...[type, event]: Parameters<NonNullable<EventReceiver['peeked']>>): boolean {
    const replayed = replay.peeked(type, event);
    if (replayed === undefined) return false;
    if (replayed.length > 0) printChanges(replayed, run);
    return true;
  }

  let ignored = 0;
  let done = 0;
  const progress = createProgress('bytes', total);
  for (const file of files) {
    let read = 0;
    const opened = await openPayloads(file, given);
    for await (const { bytes, ignored: more } of readEvents(to, { ...opened, note: foreign.of(file, opened.format), states }, context)) {
      read = bytes;
      ignored += more;
      await output.caughtUp();
      progress.at(done + read, () => `${grouped(replay.counts().events)} events`);
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
