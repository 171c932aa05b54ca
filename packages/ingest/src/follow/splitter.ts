/** Bytes to lines. A line ends at its line feed; what stands behind the last one waits for more. */

export interface Line {
  readonly text: string;
  /** Bytes taken so far, this line and its line feed included. */
  readonly end: number;
  /** Bytes that were left out of a longer line. */
  readonly cut: number;
}

export interface Splitter {
  push(chunk: Buffer): readonly Line[];
  /** What was begun, as the last line; undefined when nothing was. */
  rest(): Line | undefined;
  /** Bytes up to the end of the last whole line. */
  position(): number;
}

/** Bytes of a line that are kept: far more than any format reads. */
export const LINE_BYTES = 1024 * 1024;

const lenient = new TextDecoder();

export function createSplitter(start: number, limit = LINE_BYTES): Splitter {
  let position = start;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let cut = 0;

  function keep(part: Buffer): void {
    if (part.length === 0) return;
    const kept = part.subarray(0, Math.max(0, limit - begunBytes));
    cut += part.length - kept.length;
    begunBytes += kept.length;
    // A view of the chunk would keep the whole chunk.
    if (kept.length > 0) begun.push(Buffer.from(kept));
  }

  function line(bytes: Buffer, length: number, lost: number): Line {
    position += length;
    return { text: lenient.decode(bytes), end: position, cut: lost };
  }

  function finish(last: Buffer, feed: number): Line {
    if (begun.length === 0 && last.length <= limit) return line(last, last.length + feed, 0);
    keep(last);
    const whole = line(Buffer.concat(begun), begunBytes + cut + feed, cut);
    begun = [];
    begunBytes = 0;
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
    rest: () => (begun.length === 0 ? undefined : finish(Buffer.alloc(0), 0)),
    position: () => position,
  };
}
