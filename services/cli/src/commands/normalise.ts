/** `desist normalise`: a provider's payloads as canonical events, one a line. Everything that cannot be read is reported. */
import { payloadElements } from '@desist/formats/read-payload';
import type { ReaderStates } from '@desist/formats/read-payload';
import { encodeEvent } from '@desist/formats/event';
import { defineCommand, FORMAT_OPTIONS, JSON_OPTION } from '../command.ts';
import { EXIT } from '../exit.ts';
import { createOutput } from '../output.ts';
import { createForeignFiles, createZoneAdvice, openPayloads, readingOf } from '../payloads.ts';
import type { FormatOptions } from '../payloads.ts';
import { createProgress } from '../progress.ts';
import { filesOf, totalBytes } from '../read-lines.ts';
import { warn, warnJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'normalise',
  section: 'Files, without a service',
  summary: "convert a provider's payloads to canonical events, NDJSON",
  operands: {
    name: 'FILE',
    summary: 'payloads, also compressed; a folder; - (the default) for standard input',
    least: 0,
    most: Number.POSITIVE_INFINITY,
  },
  options: { ...FORMAT_OPTIONS, ...JSON_OPTION },
  examples: [
    'desist normalise sendgrid-webhook.json | desist replay -',
    'desist normalise --format postfix --timezone Europe/Paris mail.log',
    'desist normalise --sources sources.yaml --source other-esp webhook.json',
  ],
  run: ({ operands, options }) => runNormalise(operands.length === 0 ? ['-'] : operands, options),
});

/** Exit code: 2 when there were problems and not one event, otherwise 0. */
async function runNormalise(operands: readonly string[], options: FormatOptions & { readonly json: boolean }): Promise<number> {
  const { context, given } = readingOf(options);
  const states: ReaderStates = new Map();
  const foreign = createForeignFiles();
  const formats = new Set<string>();
  const files = filesOf(operands);
  const output = createOutput();
  const progress = createProgress('bytes', totalBytes(files));
  let done = 0;
  let events = 0;
  let ignored = 0;
  let problems = 0;
  const unknown = new Map<string, number>();
  const zones = createZoneAdvice();
  for (const file of files) {
    const opened = await openPayloads(file, given);
    const note = foreign.of(file, opened.format);
    formats.add(opened.format.name);
    let read = 0;
    for await (const { one, place, bytes } of payloadElements(opened, context, states)) {
      read = bytes;
      progress.at(done + read);
      note(one);
      if (one.kind === 'event') {
        events += 1;
        output.json(encodeEvent(one.event).value);
        await output.caughtUp();
      } else if (one.kind === 'ignored') {
        ignored += 1;
        if (one.unknown === true) unknown.set(one.what, (unknown.get(one.what) ?? 0) + 1);
      } else {
        problems += 1;
        const { reason, detail, raw } = one;
        zones.note(detail);
        if (options.json) warnJson({ type: 'problem', reason, detail, place, raw });
        else warn(`${files.length > 1 ? `${file}: ` : ''}${place}: ${reason}, ${detail}`);
      }
    }
    done += read;
  }
  progress.end();
  await output.end();
  const format = [...formats].join(', ');
  const words = [...unknown].sort(([, a], [, b]) => b - a);
  if (options.json) warnJson({ type: 'summary', format, events, ignored, problems, unknown: Object.fromEntries(words) });
  else {
    warn(`${format}: ${events} events, ${ignored} ignored, ${problems} problems`, ...zones.advice());
    if (words.length > 0) warn(`words without a meaning: ${words.map(([word, count]) => `${word} (${count})`).join(', ')}`);
  }
  warn(...foreign.problems());
  return (problems > 0 || foreign.problems().length > 0) && events === 0 ? EXIT.usage : EXIT.done;
}
