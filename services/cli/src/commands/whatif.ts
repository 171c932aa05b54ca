/** `desist whatif`: two policies, or a grid of them, on the same history: who would be suppressed, regret and waste. Writes nothing. */
import { createWriteStream, writeFileSync } from 'node:fs';
import type { ReaderStates } from '@desist/formats/read-payload';
import { differenceValue, varyPolicy, whatIfSummary } from '@desist/contracts';
import type { Variation } from '@desist/contracts';
import { createMeasure } from '@desist/domain';
import type { Measured, PolicySet } from '@desist/domain';
import { parseTime } from '@desist/formats/event';
import { createWhatIf, sumOfCounts } from '@desist/pipeline';
import type { WhatIf, WhatIfCounts } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import { defineCommand, FORMAT_OPTIONS, JSON_OPTION, repeated, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { momentBefore } from '../moments.ts';
import { createOutput } from '../output.ts';
import type { Output } from '../output.ts';
import { createForeignFiles, openPayloads, readingOf } from '../payloads.ts';
import type { FormatOptions } from '../payloads.ts';
import { policiesFrom } from '../policies.ts';
import { createProgress, grouped } from '../progress.ts';
import { createProblems, readEvents } from '../read-events.ts';
import type { EventReceiver, Problems } from '../read-events.ts';
import { filesOf, totalBytes } from '../read-lines.ts';
import { say, sayJson, warn } from '../terminal.ts';
import { gridLines, GROUPS_SHOWN, pointLabel, pointValue, summaryLines } from '../whatif.ts';
import type { MeasuredPoint } from '../whatif.ts';
import { gridSvg } from '../whatif-svg.ts';

export const command = defineCommand({
  name: 'whatif',
  section: 'Files, without a service',
  summary: 'compare two policies, or a grid of them, on the same history: differences, regret, waste; writes nothing',
  operands: {
    name: 'FILE',
    summary: 'events as `desist replay` reads them; none: the log, from its start (KAFKA_BROKERS, DATABASE_URL or the data folder)',
    least: 0,
    most: Number.POSITIVE_INFINITY,
  },
  options: {
    policy: value('FILE', 'policy B'),
    against: value('FILE', 'policy A, which B is compared with (DESIST_POLICY; otherwise the defaults)'),
    vary: repeated('PATH=VALUE,…', 'instead of B: A with each of these values, as in deferral.suppress_after=48h,72h,96h; repeatable'),
    svg: value('FILE', 'with --vary: write the picture of regret against waste'),
    differences: value('FILE', 'write the differences, one recipient a line, as NDJSON'),
    since: momentBefore('leave out earlier events'),
    until: momentBefore('stop the clock at this time, and leave out later events'),
    ...FORMAT_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    'desist whatif --policy changed.yaml events.ndjson',
    'desist whatif --policy changed.yaml --since 90d',
    'desist whatif --vary deferral.suppress_after=48h,72h,96h --svg curve.svg events.ndjson',
  ],
  run: async ({ operands, options }) => runWhatIf(operands, options),
});

interface WhatIfOptions extends FormatOptions {
  readonly policy?: string;
  readonly against?: string;
  readonly vary: readonly string[];
  readonly svg?: string;
  readonly differences?: string;
  readonly since?: string;
  readonly until?: string;
  readonly json: boolean;
}

/** Policies that are folded at once. */
const MOST_POINTS = 32;

interface Grid {
  readonly policies: readonly PolicySet[];
  /** Of each policy but the first. */
  readonly values: readonly Readonly<Record<string, string>>[];
}

/** What is read, and what it comes to. */
interface Run {
  readonly policies: readonly PolicySet[];
  readonly since: number;
  readonly until: number | undefined;
  readonly unreadable: Problems;
}

async function runWhatIf(operands: readonly string[], options: WhatIfOptions): Promise<number> {
  const { json, since, until, svg } = options;
  const a = await policiesFrom(options.against);
  const grid = gridOf(a, options);
  const policies = grid?.policies ?? [a, await policyB(options)];
  if (svg !== undefined && grid === undefined)
    throw new CommandError(EXIT.usage, '--svg: there is a picture of a grid only; name its values with --vary');
  if (grid !== undefined && options.differences !== undefined)
    throw new CommandError(EXIT.usage, '--differences: of two policies only, not of a grid');
  const run: Run = {
    policies,
    since: since === undefined ? Number.NEGATIVE_INFINITY : (parseTime(since) as number),
    until: until === undefined ? undefined : parseTime(until),
    unreadable: createProblems(json),
  };
  const measure = createMeasure(policies.length);
  const written = differencesOf(options, grid !== undefined);
  const partitions: WhatIfCounts[] = [];
  const finish = async (whatIf: WhatIf): Promise<void> => {
    const finished = whatIf.finish(measure);
    for (;;) {
      const { value: found, done } = finished.next();
      if (done === true) {
        partitions.push(found);
        return;
      }
      written?.json(JSON.stringify(differenceValue(found)));
      await written?.caughtUp();
    }
  };
  const read = operands.length === 0 ? await readLog(run, finish) : await readFiles(operands, run, options, finish);
  await written?.end();
  const counts = sumOfCounts(partitions);
  if (counts.suppressionsLeftOut > 0)
    warn(`${grouped(counts.suppressionsLeftOut)} suppressions are not in the measures: only the first of each recipient are kept`);
  if (grid === undefined) printComparison(policies, { ...measure.result(), counts }, json);
  else printGrid(grid, measure.result(), options);
  return read;
}

async function policyB({ policy }: WhatIfOptions): Promise<PolicySet> {
  if (policy === undefined) throw new CommandError(EXIT.usage, '--policy is required: the policy file to compare; or --vary for a grid');
  return policiesFrom(policy);
}

// ------------------------------------------------------------------------------------------------ sources

type Finish = (whatIf: WhatIf) => Promise<void>;

function receiverOf(whatIf: WhatIf, { since, unreadable }: Run): EventReceiver {
  return {
    event: (event) => {
      if (event.occurredAt >= since) whatIf.fold(event);
    },
    incident: (notice) => whatIf.apply(notice),
    sender: (notice) => whatIf.applySender(notice),
    unreadable,
  };
}

function whatIfOf({ policies, until }: Run): WhatIf {
  return createWhatIf({ policies, providerOf, ...(until === undefined ? {} : { until }) });
}

/** Exit code: 2 when there was something to read and nothing of it could be, otherwise 0. */
async function readFiles(operands: readonly string[], run: Run, options: FormatOptions, finish: Finish): Promise<number> {
  const { context, given } = readingOf(options);
  const files = filesOf(operands);
  const states: ReaderStates = new Map();
  const foreign = createForeignFiles();
  const whatIf = whatIfOf(run);
  const to = receiverOf(whatIf, run);
  const progress = createProgress('bytes', totalBytes(files));
  let done = 0;
  let ignored = 0;
  for (const file of files) {
    let read = 0;
    const opened = await openPayloads(file, given);
    for await (const { bytes, ignored: more } of readEvents(to, { ...opened, note: foreign.of(file, opened.format), states }, context)) {
      read = bytes;
      ignored += more;
      progress.at(done + read, () => `${grouped(whatIf.counts().events)} events`);
    }
    done += read;
  }
  progress.end();
  await finish(whatIf);
  warn(...run.unreadable.advice(), ...foreign.problems());
  const { events, leftOut } = whatIf.counts();
  const isNothing = events + leftOut + ignored === 0;
  return (run.unreadable.count() > 0 && isNothing) || (foreign.problems().length > 0 && events + leftOut === 0) ? EXIT.usage : EXIT.done;
}

/** Each partition has a fold of its own, as in the engine. */
async function readLog(run: Run, finish: Finish): Promise<number> {
  // Imported on demand, because it loads all adapters.
  const { createLogger, openEventLog, readRecord, readSettings } = await import('@desist/runtime');
  // A service on Kafka has a database, too; nothing is read from it here.
  const unused = process.env['KAFKA_BROKERS'] === undefined ? {} : { DATABASE_URL: 'postgres://unused/unused' };
  const settings = readSettings({ ...unused, ...process.env });
  const log = await openEventLog(settings, createLogger({ service: 'whatif', level: 'silent', stream: 2 }));
  try {
    const bounds = await log.bounds();
    const total = [...bounds.values()].reduce((sum, { low, high }) => sum + high - low, 0);
    if (total === 0) warn(`${log.described}: there are no records`);
    const progress = createProgress('records', total);
    let done = 0;
    for (const [partition, { low, high }] of bounds) {
      const whatIf = whatIfOf(run);
      const to = receiverOf(whatIf, run);
      for await (const record of high === low ? [] : log.read(partition)) {
        const read = readRecord(record);
        if (read.kind === 'event') to.event(read.event);
        else if (read.kind === 'incident') to.incident(read.notice);
        else if (read.kind === 'sender') to.sender(read.notice);
        else to.unreadable.note(`partition ${partition}, offset ${record.offset}`, read.problem);
        done += 1;
        progress.at(done);
      }
      await finish(whatIf);
    }
    progress.end();
    return EXIT.done;
  } finally {
    await log.close();
  }
}

// ------------------------------------------------------------------------------------------------ what is printed

/** Where differences go; undefined: nowhere. */
function differencesOf({ differences, json }: WhatIfOptions, isGrid: boolean): Output | undefined {
  if (differences !== undefined) return createOutput(createWriteStream(differences));
  return json && !isGrid ? createOutput() : undefined;
}

function printComparison(policies: readonly PolicySet[], measured: Measured & { readonly counts: WhatIfCounts }, json: boolean): void {
  const versions = policies.map(({ version }) => version) as [string, string];
  const summary = whatIfSummary(measured, { versions, groups: json ? Number.POSITIVE_INFINITY : GROUPS_SHOWN });
  if (json) sayJson({ type: 'summary', ...summary });
  else say(...summaryLines(summary));
}

function gridOf(a: PolicySet, { vary, policy }: WhatIfOptions): Grid | undefined {
  if (vary.length === 0) return undefined;
  if (policy !== undefined)
    throw new CommandError(EXIT.usage, '--vary: varies policy A; leave --policy out, and name a file with --against');
  const variations = vary.map((text): Variation => {
    const [path = '', values] = text.split('=', 2);
    if (values === undefined || values === '') throw new CommandError(EXIT.usage, `--vary: ${text} is not PATH=VALUE,…`);
    return { path, values: [...new Set(values.split(',').map((one) => one.trim()))] };
  });
  const points = variations.reduce((product, { values }) => product * values.length, 1);
  if (points > MOST_POINTS)
    throw new CommandError(EXIT.usage, `--vary: these are ${points} policies; at most ${MOST_POINTS} can be compared at once`);
  const result = varyPolicy(a, variations);
  if (!result.ok) throw new CommandError(EXIT.usage, `--vary: ${result.problem}`);
  return { policies: [a, ...result.varied.map(({ policies }) => policies)], values: result.varied.map(({ values }) => values) };
}

function printGrid({ policies, values }: Grid, { policies: measures }: Measured, { json, svg }: WhatIfOptions): void {
  const points = values.map((one, i): MeasuredPoint => {
    const policy = policies[i + 1] as PolicySet;
    const measured = measures[i + 1] as Measured['policies'][number];
    return { values: one, policy: policy.version, measures: measured, isBase: policy.version === policies[0]?.version };
  });
  if (json) for (const point of points) sayJson(pointValue(point));
  else say(...gridLines(points));
  if (svg === undefined) return;
  const title = `Regret against waste, by ${Object.keys(values[0] ?? {}).join(' and ')}`;
  const drawn = points.map((point) => {
    const {
      measures: { regret, waste },
      isBase,
    } = point;
    return { label: pointLabel(point), regret: regret.share, waste, isBase };
  });
  writeFileSync(svg, gridSvg(title, drawn));
}
