/** The links of a Markdown page, and the anchors that GitHub gives its headings. Fenced code is left out. */

export interface Link {
  /** As it is written: `formats.md#delivery-events`. */
  readonly target: string;
  /** Counted from 1. */
  readonly line: number;
}

const FENCE = /^ {0,3}(```|~~~)/;
const CODE = /`[^`]*`/g;
const LINK = /\[(?:[^[\]]|\[[^\]]*\])*\]\(\s*<?([^()\s<>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const DEFINITION = /^ {0,3}\[[^\]]+\]:\s+<?([^\s<>]+)/;
const HEADING = /^#{1,6}\s+(.+?)\s*#*$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i;

function* proseLines(text: string): Generator<readonly [line: string, number: number]> {
  let fence: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined && (fence === undefined || fence === mark)) fence = fence === undefined ? mark : undefined;
    else if (fence === undefined) yield [line, index + 1];
  }
}

/** Links to other files and to anchors; not to other sites. */
export function relativeLinks(text: string): readonly Link[] {
  const links: Link[] = [];
  for (const [line, number] of proseLines(text)) {
    const prose = line.replace(CODE, (code) => 'x'.repeat(code.length));
    const targets = [...prose.matchAll(LINK)].map((match) => match[1] ?? '');
    const defined = DEFINITION.exec(prose)?.[1];
    for (const target of defined === undefined ? targets : [...targets, defined]) {
      if (!ABSOLUTE.test(target)) links.push({ target, line: number });
    }
  }
  return links;
}

/** GitHub's rule: lower case, without punctuation, a hyphen for each space; a number behind what is there already. */
export function anchors(text: string): ReadonlySet<string> {
  const known = new Set<string>();
  for (const [line] of proseLines(text)) {
    const heading = HEADING.exec(line)?.[1];
    if (heading === undefined) continue;
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}\p{Pc}\s-]/gu, '').replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; known.has(anchor); count += 1) anchor = `${slug}-${count}`;
    known.add(anchor);
  }
  return known;
}
