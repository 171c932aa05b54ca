/** Folds the records of a what-if in a thread of its own: neither a hostile policy file nor the folds block whoever reads the log. */
import { parentPort, workerData } from 'node:worker_threads';
import { readPolicyFile, whatIfSummary } from '@desist/contracts';
import { createMeasure } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { createWhatIf, sumOfCounts } from '@desist/pipeline';
import type { LogRecord, WhatIf, WhatIfCounts } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import { readRecord } from '../read-record.ts';
import type { FromThread, ThreadInput, ToThread } from './messages.ts';

/** Values of each dimension in the result. */
const GROUPS = 20;

const { against, policy, tenant, since } = workerData as ThreadInput;
const answer = (message: FromThread): void => parentPort?.postMessage(message);

const read = [against, policy].map((text) => readPolicyFile(text));
const policies = read.flatMap((one): PolicySet[] => (one.ok ? [one.policies] : []));
const [mistake] = read.flatMap((one) => (one.ok ? [] : one.problems));
const measure = createMeasure(2);
const partitions: WhatIfCounts[] = [];
let whatIf: WhatIf | undefined;

function fold(records: readonly LogRecord[]): void {
  whatIf ??= createWhatIf({ policies, providerOf });
  for (const record of records) {
    const found = readRecord(record);
    if (found.kind === 'incident') whatIf.apply(found.notice);
    else if (found.kind === 'sender') whatIf.applySender(found.notice);
    else if (found.kind === 'event') {
      const { event } = found;
      if ((tenant === null || event.tenant === tenant) && (since === null || event.occurredAt >= since)) whatIf.fold(event);
    }
  }
}

function finishPartition(): void {
  const finished = whatIf?.finish(measure);
  if (finished === undefined) return;
  let next = finished.next();
  // Who differs is not told: addresses stand in no job.
  while (next.done !== true) next = finished.next();
  partitions.push(next.value);
  whatIf = undefined;
}

if (mistake === undefined) {
  parentPort?.on('message', (message: ToThread) => {
    if (message.kind === 'page') fold(message.records);
    else if (message.kind === 'partition') finishPartition();
    else {
      const versions = policies.map(({ version }) => version) as [string, string];
      const measured = { ...measure.result(), counts: sumOfCounts(partitions) };
      answer({ kind: 'summary', summary: whatIfSummary(measured, { versions, groups: GROUPS }) });
      return;
    }
    answer({ kind: 'folded' });
  });
  answer({ kind: 'ready' });
} else {
  answer({ kind: 'mistakes', problem: `line ${mistake.line}: ${mistake.path === '' ? '' : `${mistake.path}: `}${mistake.problem}` });
}
