/** The content of a file that somebody dropped, unpacked as it streams. */

/** A file as far as it is needed here. `File` is one. */
export interface ReadableFile {
  readonly name: string;
  stream(): ReadableStream<Uint8Array>;
}

/** The files cannot be read as they are: the message says what to do. */
export class UnreadableFileError extends Error {}

export interface Unpacked {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file that were read, packed as they are. */
  bytes(): number;
}

const PACKED: readonly (readonly [name: string, ...start: readonly number[]])[] = [
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['bzip2', 0x42, 0x5a, 0x68],
  ['xz', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['zip', 0x50, 0x4b, 0x03, 0x04],
];

export async function unpackedOf(file: ReadableFile): Promise<Unpacked> {
  let bytes = 0;
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.length;
        controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      },
    }),
  );
  const [head, rest] = counted.tee();
  const reader = head.getReader();
  const first = (await reader.read()).value ?? new Uint8Array();
  void reader.cancel();
  const packed = PACKED.find(([, ...start]) => start.every((byte, index) => first[index] === byte));
  if (packed !== undefined) {
    void rest.cancel();
    throw new UnreadableFileError(`${file.name}: browsers do not unpack ${packed[0]}. Unpack it first.`);
  }
  const isGzip = first[0] === 0x1f && first[1] === 0x8b;
  return { chunks: chunksOf(isGzip ? rest.pipeThrough(new DecompressionStream('gzip')) : rest, file.name), bytes: () => bytes };
}

/** Not every browser iterates a stream. */
async function* chunksOf(stream: ReadableStream<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw new UnreadableFileError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    reader.releaseLock();
  }
}
