/** Splits bytes into lines. A line ends at its line feed; bytes after the last one wait for more. */

export interface Line {
  readonly text: string;
  /** Position in the file after this line and its line feed, bytes. */
  readonly end: number;
  /** Bytes that were cut off a longer line. */
  readonly cut: number;
}

export interface Splitter {
  push(chunk: Buffer): readonly Line[];
  /** The incomplete last line; undefined when there is none. */
  rest(): Line | undefined;
  /** Position after the last complete line, bytes. */
  position(): number;
}

/** Largest part of a line that is kept, bytes: far more than any format reads. */
export const LINE_BYTES = 1024 * 1024;

const lenient = new TextDecoder();

export function createSplitter(start: number, limit = LINE_BYTES): Splitter {
  let position = start;
  let partial: Buffer[] = [];
  let partialBytes = 0;
  let cut = 0;

  function keep(part: Buffer): void {
    if (part.length === 0) return;
    const kept = part.subarray(0, Math.max(0, limit - partialBytes));
    cut += part.length - kept.length;
    partialBytes += kept.length;
    // Copied, because a view would keep the whole chunk in memory.
    if (kept.length > 0) partial.push(Buffer.from(kept));
  }

  function line(bytes: Buffer, length: number, lost: number): Line {
    position += length;
    return { text: lenient.decode(bytes), end: position, cut: lost };
  }

  function finish(last: Buffer, feed: number): Line {
    if (partial.length === 0 && last.length <= limit) return line(last, last.length + feed, 0);
    keep(last);
    const whole = line(Buffer.concat(partial), partialBytes + cut + feed, cut);
    partial = [];
    partialBytes = 0;
    cut = 0;
    return whole;
  }

  return {
    push(chunk) {
      const lines: Line[] = [];
      let from = 0;
      for (let feed = chunk.indexOf(0x0a); feed !== -1; feed = chunk.indexOf(0x0a, from)) {
        lines.push(finish(chunk.subarray(from, feed), 1));
        from = feed + 1;
      }
      keep(chunk.subarray(from));
      return lines;
    },
    rest: () => (partial.length === 0 ? undefined : finish(Buffer.alloc(0), 0)),
    position: () => position,
  };
}
