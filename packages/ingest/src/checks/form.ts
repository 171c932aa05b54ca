/**
 * Parses form bodies into decoded fields, in their order. They are parsed before the signature is checked, so their number is bounded
 * first.
 */
import { MOST_FIELDS, urlencodedFields } from '@desist/formats';
import { Busboy } from '@fastify/busboy';

type Fields = readonly (readonly [string, string])[];

/** Undefined when the body is no form, is malformed, or has too many fields. Files are skipped. */
export async function formFields(body: Uint8Array, contentType: string): Promise<Fields | undefined> {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return urlencodedFields(bytesOf(body).toString('utf8'));
  return /^multipart\/form-data\b/i.test(contentType) ? multipart(bytesOf(body), contentType) : undefined;
}

function multipart(body: Buffer, contentType: string): Promise<Fields | undefined> | undefined {
  if (hasTooManyParts(body, contentType)) return undefined;
  return new Promise((resolve) => {
    const fields: (readonly [string, string])[] = [];
    try {
      const limits = { fields: MOST_FIELDS, fieldSize: body.length, files: 0, parts: MOST_FIELDS };
      const reader = new Busboy({ headers: { 'content-type': contentType }, limits });
      reader.on('field', (name, value) => void fields.push([name, value]));
      reader.on('finish', () => resolve(fields));
      reader.on('error', () => resolve(undefined));
      reader.end(body);
    } catch {
      resolve(undefined);
    }
  });
}

/** RFC 2046 section 5.1.1: at most 70 characters. */
const BOUNDARY = /;\s{0,8}boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))/i;

/** The parser's cost is per part, however short, so parts are counted before it runs. */
function hasTooManyParts(body: Buffer, contentType: string): boolean {
  const match = BOUNDARY.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return true;
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let parts = 0;
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + delimiter.length)) {
    parts += 1;
    if (parts > MOST_FIELDS) return true;
  }
  return false;
}

/** Encodes the fields as a urlencoded body, which every format can read. */
export function urlencoded(fields: Fields): Uint8Array {
  return Buffer.from(new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString());
}

function bytesOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
