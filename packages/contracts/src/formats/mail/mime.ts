/**
 * The structure of a mail (RFC 5322, RFC 2045, RFC 2046), as far as reports need it: header fields, parts, their bodies undone of
 * their transfer encoding. Written here because the readers at hand are asynchronous and fold `message/delivery-status` into the
 * text; this one is one pass over the lines, bounded in depth and parts, and takes mails without closing boundaries as they come.
 */

/** Bytes of a mail that are read: reports return whole mails, attachments included. */
export const MAIL_LIMIT = 32 * 1024 * 1024;
const DEPTH_LIMIT = 16;
const PARTS_LIMIT = 1_000;
const FIELDS_LIMIT = 2_000;
/** Bytes of a returned header and of a status part that are read. */
const HEAD_LIMIT = 256 * 1024;
const STATUS_LIMIT = 4 * 1024 * 1024;
/** Characters of one field's value. */
const FIELD_LIMIT = 32 * 1024;

export interface Field {
  /** In lower case. */
  readonly name: string;
  /** Unfolded. */
  readonly value: string;
}

export interface Part {
  readonly fields: readonly Field[];
  /** `multipart/report`, in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Of a leaf: bytes as they stand, one character a byte. */
  readonly body: string;
  readonly children: readonly Part[];
}

export function firstField(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

export function allFields(fields: readonly Field[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value);
}

/** Every mail has one of them. */
const USUAL: ReadonlySet<string> = new Set(
  'from to date subject sender message-id received return-path delivered-to mime-version content-type'.split(' '),
);

/** Undefined: it does not begin with the header fields of a mail. */
export function parseMail(bytes: Uint8Array): Part | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, MAIL_LIMIT)).toString('latin1');
  // Blank lines and the "From " line of a mailbox stand before some mails.
  const start = /^(?:\s{0,1000}\n)?(?:>?From [^\n]{0,1000}\n)?/.exec(text)?.[0].length ?? 0;
  const root = readParts(text, start);
  return root.fields.some(({ name }) => USUAL.has(name)) ? root : undefined;
}

/** All parts that are no multipart, in order. */
export function leaves(part: Part): readonly Part[] {
  return part.children.length === 0 ? [part] : part.children.flatMap(leaves);
}

// ------------------------------------------------------------------------------------------------------------- reading

interface Open {
  readonly fields: readonly Field[];
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Undefined of a leaf. */
  boundary: string | undefined;
  readonly children: Part[];
  readonly bodyFrom: number;
}

/** The open multiparts from the outermost in, and at the end the leaf (or the text before a first boundary) that lines go to. */
function readParts(text: string, start: number): Part {
  const root = openPart(text, start);
  const stack: Open[] = [root];
  let parts = 1;
  let at = root.bodyFrom;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const level = text.startsWith('--', at) ? boundaryLevel(text, at, end, stack) : undefined;
    if (level === undefined) {
      at = end;
      continue;
    }
    close(text, at, stack, level.index);
    at = end;
    if (level.final || parts >= PARTS_LIMIT) continue;
    parts += 1;
    const child = openPart(text, at);
    // Deeper than any honest mail: a leaf like others.
    if (stack.length >= DEPTH_LIMIT) child.boundary = undefined;
    stack.push(child);
    at = child.bodyFrom;
  }
  close(text, text.length, stack, 0);
  return sealed(root, text, text.length);
}

function openPart(text: string, start: number): Open {
  const { fields, bodyFrom } = readFields(text, start, true);
  const { type, parameters } = contentType(firstField(fields, 'content-type'));
  const boundary = type.startsWith('multipart/') ? (parameters.get('boundary') ?? guessedBoundary(text, bodyFrom)) : undefined;
  return { fields, type, parameters, boundary, children: [], bodyFrom };
}

/** Some forget to name it: then it is the first line that looks like one. */
function guessedBoundary(text: string, from: number): string | undefined {
  return /(?:^|\n)--([^\s-][^\n]{0,200}|[^\n]{3,200})\r?\n/.exec(text.slice(from, from + 8 * 1024))?.[1]?.trim();
}

interface Level {
  /** Of the multipart in the stack. */
  readonly index: number;
  readonly final: boolean;
}

function boundaryLevel(text: string, at: number, end: number, stack: readonly Open[]): Level | undefined {
  for (let index = stack.length - 1; index >= 0; index--) {
    const boundary = stack[index]?.boundary;
    if (boundary === undefined || !text.startsWith(boundary, at + 2)) continue;
    const rest = text.slice(at + 2 + boundary.length, end).trimEnd();
    if (rest === '' || rest === '--') return { index, final: rest === '--' };
  }
  return undefined;
}

/** Everything inside of the multipart at `level` ends here. */
function close(text: string, at: number, stack: Open[], level: number): void {
  while (stack.length > level + 1) {
    const part = stack.pop() as Open;
    (stack.at(-1) as Open).children.push(sealed(part, text, at));
  }
}

function sealed({ fields, type, parameters, children, bodyFrom }: Open, text: string, end: number): Part {
  return { fields, type, parameters, children, body: children.length === 0 ? text.slice(bodyFrom, Math.max(end, bodyFrom)) : '' };
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

interface Head {
  readonly fields: readonly Field[];
  readonly bodyFrom: number;
}

const NAME = /([!-9;-~]{1,128})[ \t]{0,16}:/y;

/**
 * Header fields up to a blank line, a line that can not be one, or (of a part) a boundary. `text`: one character a byte.
 */
function readFields(text: string, start: number, inMail: boolean): Head {
  const fields: { name: string; value: string }[] = [];
  let at = start;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const line = text.slice(at, Math.min(end, at + FIELD_LIMIT)).trimEnd();
    if (line === '') return { fields: decoded(fields), bodyFrom: end };
    if (/^[ \t]/.test(line) && fields.length > 0) {
      const last = fields.at(-1) as { value: string };
      if (last.value.length < FIELD_LIMIT) last.value += ` ${line.trim()}`;
    } else {
      NAME.lastIndex = at;
      const name = NAME.exec(text);
      if (name === null) {
        // No blank line before the body; or, of a status part, a line of another kind between the fields.
        if (inMail) return { fields: decoded(fields), bodyFrom: at };
      } else if (fields.length < FIELDS_LIMIT) {
        fields.push({ name: (name[1] as string).toLowerCase(), value: line.slice(name[0].length).trim() });
      }
    }
    at = end;
  }
  return { fields: decoded(fields), bodyFrom: text.length };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Fields with other letters than ASCII are UTF-8 (RFC 6532), or else the Latin-1 that they were read as. */
function decoded(fields: readonly Field[]): readonly Field[] {
  return fields.map((field) => ({ name: field.name, value: textOfBytes(field.value) }));
}

function textOfBytes(latin1: string): string {
  // eslint-disable-next-line no-control-regex -- the letters that are one byte in UTF-8, too
  if (/^[\u0000-\u007f]*$/.test(latin1)) return latin1;
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}

const PARAMETER = /;\s*([A-Za-z0-9_*'-]{1,64})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g;

function contentType(value: string | undefined): { readonly type: string; readonly parameters: ReadonlyMap<string, string> } {
  const text = (value ?? '').slice(0, 4 * 1024);
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(PARAMETER)) {
    const key = (name as string).toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  const boundary = parameters.get('boundary');
  if (boundary === '') parameters.delete('boundary');
  return { type: /^\s*([\w.+-]{1,64}\/[\w.+-]{1,64})/.exec(text)?.[1]?.toLowerCase() ?? 'text/plain', parameters };
}

/** The first `limit` bytes of the body as they stand, with the transfer encoding undone; one character a byte. */
export function bodyBytes(part: Part, limit: number): string {
  const body = part.body.slice(0, limit);
  const encoding = firstField(part.fields, 'content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('latin1');
  return encoding === 'quoted-printable' ? unquotedPrintable(body) : body;
}

function unquotedPrintable(text: string): string {
  return text
    .replace(/=[ \t]{0,16}\r?\n/g, '')
    .replace(/=([\dA-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The header fields of a returned mail: the beginning of its part's body. */
export function returnedFields(part: Part): readonly Field[] {
  return readFields(bodyBytes(part, HEAD_LIMIT).trimStart(), 0, true).fields;
}

/** Groups of fields with blank lines between (RFC 3464 section 2.1, RFC 5965 section 3). */
export function fieldGroups(part: Part): readonly (readonly Field[])[] {
  const text = bodyBytes(part, STATUS_LIMIT);
  const groups: (readonly Field[])[] = [];
  for (let at = 0; at < text.length && groups.length < PARTS_LIMIT;) {
    const { fields, bodyFrom } = readFields(text, at, false);
    if (fields.length > 0) groups.push(fields);
    at = bodyFrom;
  }
  return groups;
}
