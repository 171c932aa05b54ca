/** What the log keeps of how far a partition was published, when the database went back under an owner that goes on. */
import { expect, it } from 'vitest';
import type { Published } from '../ports/checkpoint.ts';
import type { TopicRecords } from '../ports/log.ts';
import { createFencedSink } from './fenced-sink.ts';
import type { FencedSink } from './fenced-sink.ts';

const OWNER = { partition: 0, epoch: 1, nonce: 'mine' };
const position = async () => ({ ...OWNER, nextOffset: 0, nextSequence: 3 });

function sinkOf(kept: Published | null): { readonly sink: FencedSink; readonly mark: () => Published | null } {
  let mark = kept;
  const append = async (parts: readonly TopicRecords[]) => {
    for (const { published = null } of parts) mark = published ?? mark;
    return 'appended' as const;
  };
  const log = { openRelaySink: async () => ({ append, close: async () => undefined }), published: async () => mark };
  return { sink: createFencedSink(OWNER, log, { position }), mark: () => mark };
}

const change = (incarnation: number, sequence: number): readonly TopicRecords[] => [
  { topic: 'suppressionEvents', records: [], published: { incarnation, sequence } },
];

it('stays where it was while earlier changes are published again, by the same owner and by the next', async () => {
  const { sink, mark } = sinkOf({ incarnation: 0, sequence: 4 });
  await sink.append(change(0, 2));
  expect(mark()).toEqual({ incarnation: 0, sequence: 4 });
  await sink.append(change(0, 7));
  await sink.append(change(0, 2));
  await sink.reopen();
  await sink.append(change(0, 3));
  expect(mark()).toEqual({ incarnation: 0, sequence: 7 });
});

it('goes on with the numbers of a higher incarnation, and not with those of a lower one', async () => {
  const { sink, mark } = sinkOf({ incarnation: 1, sequence: 4 });
  await sink.append(change(0, 9));
  expect(mark()).toEqual({ incarnation: 1, sequence: 4 });
  await sink.append(change(2, 1));
  expect(mark()).toEqual({ incarnation: 2, sequence: 1 });
});
