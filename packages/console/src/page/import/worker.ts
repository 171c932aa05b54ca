/** The worker that reads lists: the file stays here, the page sends its rows. */
import { ListRefusal } from '@desist/formats/list';
import { UnreadableFileError } from '../unpack.ts';
import type { ListAsk, ListRows, ListTell } from './messages.ts';
import { readList, sampleList } from './read-list.ts';

const scope = globalThis as unknown as {
  postMessage(message: ListTell): void;
  onmessage: ((event: { readonly data: ListAsk }) => void) | null;
};
let reading: AsyncGenerator<ListRows> | undefined;

async function answer(ask: ListAsk): Promise<void> {
  if (ask.kind === 'sample') {
    scope.postMessage(await sampleList(ask.file));
    return;
  }
  if (ask.kind === 'read') reading = readList(ask.file, ask.reading, ask.after);
  const next = await reading?.next();
  if (next?.done === false) scope.postMessage(next.value);
}

scope.onmessage = ({ data }) => {
  answer(data).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const isTold = error instanceof ListRefusal || error instanceof UnreadableFileError;
    scope.postMessage({ kind: 'failed', message: isTold ? message : `The file could not be read: ${message}` });
  });
};
