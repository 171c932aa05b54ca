/** Reads how a source's requests are signed with an HMAC. Formats whose provider documents its signature need only the secret. */
import type { FormatName } from '@desist/formats/names';
import type { Entry } from '../policy-file/nodes.ts';
import { join } from '../policy-file/nodes.ts';
import { signatureOf } from './signatures.ts';
import { ALGORITHMS, ENCODINGS, KEY_ENCODINGS } from './types.ts';
import type { HmacSpec, TemplatePiece } from './types.ts';
import { oneOf, readWord } from './values.ts';
import type { Reader } from './values.ts';

export const HMAC_KEYS = ['header', 'signature', 'timestamp', 'template', 'algorithm', 'encoding', 'key'] as const;

/** A header's name, RFC 9110 section 5.1. */
export const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const LONGEST = 200;
const PLACEHOLDER = /\{([^{}]*)\}/g;

interface Place {
  readonly format: FormatName | undefined;
  readonly offset: number;
  readonly path: string;
}

export function readHmac(reader: Reader, entries: ReadonlyMap<string, Entry>, { format, offset, path }: Place): HmacSpec {
  const { problems } = reader;
  const preset = signatureOf(format);
  const text = (key: string): string | undefined => {
    const given = readWord(reader, entries.get(key), join(path, key));
    if (given !== undefined && given.length > LONGEST) wrong(key, `must have at most ${LONGEST} characters`);
    return given?.slice(0, LONGEST);
  };
  const wrong = (key: string, problem: string, hint?: string): void =>
    problems.add(entries.get(key)?.value.offset ?? offset, join(path, key), problem, hint);
  const choice = <T extends string>(key: string, known: readonly T[]): T | undefined => {
    const entry = entries.get(key);
    return entry === undefined ? undefined : oneOf(reader, entry, known, { offset, path: join(path, key) });
  };
  const header = (key: string): string | undefined => {
    const name = text(key);
    if (name !== undefined && !HEADER.test(name)) wrong(key, 'is no name of a header');
    return name?.toLowerCase();
  };

  const spec: HmacSpec = {
    header: header('header') ?? preset?.header ?? '',
    signature: text('signature') ?? preset?.signature ?? '{signature}',
    timestamp: header('timestamp') ?? preset?.timestamp ?? null,
    template: templateOf(text('template') ?? preset?.template ?? '{body}', (problem, hint) => wrong('template', problem, hint)),
    algorithm: choice('algorithm', ALGORITHMS) ?? preset?.algorithm ?? 'sha256',
    encoding: choice('encoding', ENCODINGS) ?? preset?.encoding ?? 'hex',
    key: choice('key', KEY_ENCODINGS) ?? preset?.key ?? 'text',
  };
  if (spec.header === '') wrong('header', 'is needed with check: hmac', 'the name of the header with the signature');
  const placed = [...spec.signature.matchAll(PLACEHOLDER)].map(([, name]) => name);
  if (placed.filter((name) => name === 'signature').length !== 1 || placed.some((name) => name !== 'signature' && name !== 'timestamp'))
    wrong('signature', 'must have {signature} once, and may have {timestamp}', 'for example t={timestamp},v1={signature}');
  const isTimed = placed.includes('timestamp') || spec.timestamp !== null;
  const isSigned = spec.template.some(({ kind }) => kind === 'timestamp');
  if (isSigned && !isTimed)
    wrong('template', 'has {timestamp}, but nothing says where it is', 'timestamp: NAME for a header, or {timestamp} in signature');
  if (isTimed && !isSigned) wrong('template', 'must have {timestamp}: a time that is not signed proves nothing');
  if (!isSigned && entries.has('tolerance')) wrong('tolerance', 'has no meaning without {timestamp} in template');
  return spec;
}

function templateOf(template: string, wrong: (problem: string, hint?: string) => void): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let from = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    if (match.index > from) pieces.push({ kind: 'text', text: template.slice(from, match.index) });
    from = match.index + match[0].length;
    const name = match[1] ?? '';
    const inHeader = /^header:(.+)$/.exec(name)?.[1];
    if (name === 'body' || name === 'timestamp') pieces.push({ kind: name });
    else if (inHeader !== undefined && HEADER.test(inHeader)) pieces.push({ kind: 'header', name: inHeader.toLowerCase() });
    else wrong(`{${name}} is not known`, 'known: {body}, {timestamp}, {header:NAME}');
  }
  if (from < template.length) pieces.push({ kind: 'text', text: template.slice(from) });
  if (pieces.filter(({ kind }) => kind === 'body').length !== 1)
    wrong('must have {body} once', 'a signature that does not cover the body proves nothing about it');
  return pieces;
}
