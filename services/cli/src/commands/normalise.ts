/** `desist normalise`: a provider's payloads as canonical events, one a line. What can not be read is told, and never dropped in silence. */
import { encodeEvent } from '@desist/contracts';
import { EXIT } from '../exit.ts';
import { createOutput } from '../output.ts';
import { contextOf, elementsOf, formatFor, openPayloads } from '../payloads.ts';
import type { FormatOptions } from '../payloads.ts';

/** Exit code: 2 when there were problems and not one event, otherwise 0. */
export async function runNormalise(file: string, options: FormatOptions & { readonly json: boolean }): Promise<number> {
  const context = contextOf(options);
  const opened = await openPayloads(file, formatFor(options));
  const output = createOutput();
  let events = 0;
  let ignored = 0;
  let problems = 0;
  for await (const { one, place } of elementsOf(opened, context)) {
    if (one.kind === 'event') {
      events += 1;
      output.line(encodeEvent(one.event).value);
      await output.caughtUp();
    } else if (one.kind === 'ignored') ignored += 1;
    else {
      problems += 1;
      const { reason, detail, raw } = one;
      console.error(options.json ? JSON.stringify({ type: 'problem', reason, detail, place, raw }) : `${place}: ${reason}, ${detail}`);
    }
  }
  await output.end();
  const format = opened.format.name;
  console.error(
    options.json
      ? JSON.stringify({ type: 'summary', format, events, ignored, problems })
      : `${format}: ${events} events, ${ignored} ignored, ${problems} problems`,
  );
  return problems > 0 && events === 0 ? EXIT.usage : EXIT.done;
}
