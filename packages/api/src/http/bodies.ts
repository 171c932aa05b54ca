/** Parses bodies: JSON in UTF-8, and lines of JSON. Schemas validate the content. */
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

/** Lines of NDJSON, unparsed: a bad line is an error of that item, not of the request. */
export class Lines {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.lines = lines;
  }
}

export const NDJSON = ['application/x-ndjson', 'application/ndjson'] as const;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The framework's JSON parser, which refuses `__proto__`, after strict UTF-8 decoding: replacement characters would change an address. */
export function readBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decode(body as Buffer);
    if (text === undefined) done(notUtf8());
    else void parseJson(request, text, done);
  });
}

export function readLines(app: FastifyInstance): void {
  app.addContentTypeParser([...NDJSON], { parseAs: 'buffer' }, (_request, body, done) => {
    const text = decode(body as Buffer);
    if (text === undefined) done(notUtf8());
    else done(null, new Lines(text.split('\n').filter((line) => line.trim() !== '')));
  });
}

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

function notUtf8(): Problem {
  return new Problem(400, 'The body is not UTF-8.');
}
