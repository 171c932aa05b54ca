/** `desist replay`: folds files of events, of any format, in virtual time, and shows who would be suppressed, and why. Writes nothing. */
import { changeValue, encodeIncidentChange, formatTime, parseEvent, parseIncident, parseTime, providerOf, terms } from '@desist/contracts';
import { explain, hintsIn } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import type { Replay, Replayed, ReplayedIncident, ReplayedRecipient } from '@desist/pipeline';
import { hintLines, knowledgeFor, knowledgeLines } from '../advice.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesIn, totalBytes } from '../lines.ts';
import type { Line } from '../lines.ts';
import { createOutput } from '../output.ts';
import type { Output } from '../output.ts';
import { contextOf, elementsOf, formatFor, openPayloads } from '../payloads.ts';
import type { FormatOptions, Opened } from '../payloads.ts';

export interface ReplayOptions extends FormatOptions {
  readonly json: boolean;
  readonly until?: string;
  /** Explain this address at the end. */
  readonly why?: string;
  readonly policies: PolicySet;
}

const PROGRESS_EVERY_MS = 1_000;
const PROBLEMS_SHOWN = 10;
const LIST_SHOWN = 50;
/** Milliseconds after the year 9999: no event is in this replay's future, so none is clamped. */
const NO_RECORD_TIME = 8.64e15;

export async function runReplay(files: readonly string[], options: ReplayOptions): Promise<void> {
  const until = options.until === undefined ? undefined : parseTime(options.until);
  if (options.until !== undefined && until === undefined)
    throw new CommandError(EXIT.usage, `--until: ${options.until} is no RFC 3339 time`);
  const context = contextOf(options);
  const given = formatFor(options);
  const total = totalBytes(files);
  const replay = createReplay({ policies: options.policies, providerOf, ...(until === undefined ? {} : { until }) });
  const unreadable = createProblems(options.json);
  const output = createOutput();
  let ignored = 0;
  let done = 0;
  let shownAt = Date.now();
  const tick = async (bytes: number): Promise<void> => {
    await output.caughtUp();
    if (Date.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = Date.now();
    progress(replay, done + bytes, total);
  };
  for (const file of files) {
    const opened = await openPayloads(file, given);
    let read = 0;
    for await (const { bytes, wasIgnored } of foldFile(opened)) {
      read = bytes;
      if (wasIgnored) ignored += 1;
      await tick(read);
    }
    done += read;
  }

  /** Our own events may be commands too, which no provider's format has. */
  async function* foldFile(opened: Opened): AsyncGenerator<{ readonly bytes: number; readonly wasIgnored: boolean }> {
    if (opened.format.name === 'canonical') {
      for await (const line of linesIn(opened.chunks)) {
        if (line.text.trim() !== '') foldLine(replay, line, unreadable, options, output);
        yield { bytes: line.bytes, wasIgnored: false };
      }
      return;
    }
    for await (const { one, place, bytes } of elementsOf(opened, context)) {
      if (one.kind === 'event') print(replay.fold(one.event), options, output);
      else if (one.kind === 'problem') unreadable.note(place, `${one.reason}, ${one.detail}`);
      yield { bytes, wasIgnored: one.kind === 'ignored' };
    }
  }

  print(replay.finish(), options, output);
  clearProgress();
  const last = [...replay.notHealthy()];
  if (options.json) {
    for (const one of last) {
      printFinal(one, output);
      await output.caughtUp();
    }
  }
  await output.end();
  if (!options.json) printList(last);
  const found = options.why === undefined ? undefined : last.find(({ address }) => address === options.why?.toLowerCase());
  if (options.why !== undefined && !options.json) {
    if (found === undefined) console.log(`\n${options.why}: healthy, nothing is held against it`);
    else printWhy(found);
  }
  const { events, duplicates, leftOut, recipients, changes, greylisted, forgotten, incidents, clock } = replay.summary();
  const summary = {
    events,
    duplicates,
    leftOut,
    recipients,
    changes,
    greylisted,
    forgotten,
    incidents,
    unreadable: unreadable.count(),
    ignored,
    clock: clock === null ? null : formatTime(clock),
  };
  if (options.json) console.log(JSON.stringify({ type: 'summary', ...summary }));
  else {
    console.log(
      `\n${events} events, ${duplicates} duplicates, ${ignored} ignored, ${unreadable.count()} unreadable, ${changes} changes, ${greylisted} healed like greylisting; ${last.length} recipients are not healthy at ${summary.clock ?? 'no time at all'}`,
    );
  }
}

function foldLine(replay: Replay, line: Line, unreadable: Problems, options: ReplayOptions, output: Output): void {
  const place = `line ${line.number}`;
  let json: unknown;
  try {
    json = JSON.parse(line.text);
  } catch {
    unreadable.note(place, 'not JSON');
    return;
  }
  for (const one of Array.isArray(json) ? (json as unknown[]) : [json]) {
    if (isIncident(one)) {
      const heard = parseIncident(one);
      if (heard.ok) print(replay.hear(heard.notice), options, output);
      else unreadable.note(place, `${heard.reason}, ${heard.detail}`);
      continue;
    }
    const parsed = parseEvent(one, NO_RECORD_TIME);
    if (parsed.ok) print(replay.fold(parsed.event), options, output);
    else unreadable.note(place, `${parsed.reason}, ${parsed.detail}`);
  }
}

/** What a log says of incidents: taken as it is. */
function isIncident(json: unknown): boolean {
  return typeof json === 'object' && json !== null && (json as { readonly type?: unknown }).type === 'incident';
}

interface Problems {
  note(place: string, problem: string): void;
  count(): number;
}

function createProblems(json: boolean): Problems {
  let count = 0;
  return {
    note(place, problem) {
      count += 1;
      if (count <= PROBLEMS_SHOWN) console.error(`${place}: ${problem}`);
      if (count === PROBLEMS_SHOWN && !json) console.error('more lines like this are only counted');
    },
    count: () => count,
  };
}

function print(changes: readonly Replayed[], options: ReplayOptions, output: Output): void {
  const { json } = options;
  for (const one of changes) {
    if ('notice' in one) {
      printIncident(one, options, output);
      continue;
    }
    const { tenant, address, change, number } = one;
    if (json) {
      output.line(JSON.stringify(changeValue({ tenant, address, change, sequence: { partition: 0, number } })));
    } else {
      const { type, effectiveAt, suppression, cause } = change;
      const what = suppression === null ? '' : `${suppression.reason}${suppression.scope === '*' ? '' : ` for ${suppression.scope}`}`;
      output.line(`${formatTime(effectiveAt)}  ${type.padEnd(12)} ${address}  ${what} (${cause})`);
    }
  }
}

function printIncident({ notice, recordedAt, number }: ReplayedIncident, { json, policies }: ReplayOptions, output: Output): void {
  const { action, id, at, terms: of, summary } = notice;
  if (json) {
    output.line(encodeIncidentChange({ notice, recordedAt, policy: policies.version, sequence: { partition: 0, number } }).value);
    return;
  }
  const codes = (summary?.codes ?? []).map(({ code, count }) => `${count}x ${code}`).join(', ');
  const counts = summary === null ? '' : `, ${summary.failing} recipients began to fail, ${summary.delivered} deliveries (${codes})`;
  const until = of.until === null ? '' : ` until ${formatTime(of.until)}`;
  output.line(
    `${formatTime(at)}  incident ${action}: ${of.provider ?? of.domain ?? ''} from ${formatTime(of.from)}${until}${counts} [${id}]`,
  );
  for (const sample of summary?.samples ?? []) output.line(`      ${sample}`);
}

function printFinal({ tenant, address, view }: ReplayedRecipient, output: Output): void {
  output.line(JSON.stringify({ type: 'final', tenant, recipient: address, state: view.state, suppressions: view.suppressions.map(terms) }));
}

function printList(recipients: readonly ReplayedRecipient[]): void {
  const suppressed = recipients.flatMap(({ tenant, address, view }) => view.suppressions.map((held) => ({ tenant, address, held })));
  console.log(`\nSuppression list: ${suppressed.length}`);
  for (const { address, held } of suppressed.slice(0, LIST_SHOWN)) {
    const { scope, reason, since, expiresAt, evidence } = held;
    const until = expiresAt === null ? 'until released' : `until ${formatTime(expiresAt)}`;
    console.log(`  ${address}  ${reason} ${scope === '*' ? 'all streams' : scope}, since ${formatTime(since)}, ${until}`);
    if (evidence !== null) console.log(`      ${evidence.failures} failures, last reply: ${evidence.reply ?? 'none'}`);
  }
  if (suppressed.length > LIST_SHOWN) console.log(`  … and ${suppressed.length - LIST_SHOWN} more: --json prints all`);
}

function printWhy({ address, recipient, context }: ReplayedRecipient): void {
  const { view, facts, transitions, whatWouldChangeIt } = explain(recipient, context);
  console.log(`\nWhy is ${address} ${view.state}?  (policy ${context.policyVersion.slice(0, 19)})`);
  for (const { fact, role, why } of facts) {
    const what = fact.kind === 'failure' ? `${fact.type}  ${fact.judged.reply ?? 'no reply'}  [${fact.judged.verdict.rule}]` : fact.kind;
    console.log(`  ${formatTime(fact.at)}  ${role.padEnd(16)} ${what}${why === null ? '' : `  (${why})`}`);
  }
  const last = facts.findLast(({ fact }) => fact.kind === 'failure')?.fact;
  if (last?.kind === 'failure') {
    const { verdict, reply, provider } = last.judged;
    const code = /^\d{3}(?: \d\.\d+\.\d+)?/.exec(reply ?? '')?.[0];
    console.log(`  the latest reply is ${verdict.category}:`);
    for (const line of [...knowledgeLines(knowledgeFor(verdict.category, code, provider ?? undefined)), ...hintLines(hintsIn(reply ?? ''))])
      console.log(line);
  }
  for (const { type, at, from, to } of transitions) console.log(`  ${formatTime(at)}  => ${type}: ${from} to ${to}`);
  for (const line of whatWouldChangeIt) console.log(`  next: ${line}`);
}

function progress(replay: Replay, bytes: number, total: number | undefined): void {
  if (!process.stderr.isTTY) return;
  const share = total === undefined || total === 0 ? '' : ` ${Math.floor((100 * bytes) / total)} %`;
  process.stderr.write(`\r${replay.summary().events} events${share} `);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}
