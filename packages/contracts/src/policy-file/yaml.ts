/** YAML of configuration files, read in time proportional to its length whatever stands in it. */
import { Composer, Lexer, Parser } from 'yaml';
import type { CST, Document } from 'yaml';
import type { Problems } from './problems.ts';

/** Largest file, bytes: room for the most rules and sources, and a second or two for the parser at what it likes least. */
export const FILE_LIMIT = 256 * 1024;
/** Nodes that may be open at once. The deepest that means anything is a list in a stream of a tenant. */
const MOST_NESTED = 64;
const TOO_DEEP = 'is no readable YAML: nested too deeply';

/** The document; undefined: a mistake, which has been reported. Never throws. */
export function parseYaml(text: string, problems: Problems): Document.Parsed | undefined {
  if (Buffer.byteLength(text) > FILE_LIMIT) {
    problems.add(0, '', `the file is larger than ${FILE_LIMIT} bytes`, 'leave out what equals a default or is inherited');
    return undefined;
  }
  const { stackTraceLimit } = Error;
  try {
    // The parser makes an error of each mistake; with a stack trace, one costs more than reading a line.
    Error.stackTraceLimit = 0;
    return compose(text, problems);
  } catch {
    problems.add(0, '', TOO_DEEP);
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function compose(text: string, problems: Problems): Document.Parsed | undefined {
  const parser = new Parser();
  // `readMap` finds repeated keys, because the parser's own check is quadratic.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
  const documents = composer.compose(tokensOf(text, parser), true, text.length);
  const first = documents.next().value as Document.Parsed | undefined;
  if (first === undefined || parser.stack.length > MOST_NESTED) {
    problems.add(parser.offset, '', TOO_DEEP, `more than ${MOST_NESTED} levels`);
    return undefined;
  }
  const faults = [...first.errors, ...first.warnings];
  for (const { pos, message } of faults) problems.add(pos[0], '', `is no readable YAML: ${message}`);
  const second = documents.next().value as Document.Parsed | undefined;
  if (second !== undefined) problems.add(second.range[0], '', 'has a second document, which would not be read', 'one file, one document');
  return faults.length === 0 && second === undefined ? first : undefined;
}

/** Ends early when the nesting is too deep: what is open at the end of the text costs the parser most. */
function* tokensOf(text: string, parser: Parser): Generator<CST.Token> {
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MOST_NESTED) return;
  }
  yield* parser.end();
}
