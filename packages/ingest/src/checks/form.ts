/** Bodies of forms: the fields, decoded, in their order. */
import { Busboy } from '@fastify/busboy';

type Fields = readonly (readonly [string, string])[];

const MOST_FIELDS = 1_000;

/** Undefined when the body is no form, or a broken one. Files in it are nobody's business. */
export async function formFields(body: Uint8Array, contentType: string): Promise<Fields | undefined> {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return [...new URLSearchParams(textOf(body))];
  return /^multipart\/form-data\b/i.test(contentType) ? multipart(body, contentType) : undefined;
}

function multipart(body: Uint8Array, contentType: string): Promise<Fields | undefined> {
  return new Promise((resolve) => {
    const fields: (readonly [string, string])[] = [];
    try {
      const limits = { fields: MOST_FIELDS, fieldSize: body.length, files: 0, parts: MOST_FIELDS };
      const reader = new Busboy({ headers: { 'content-type': contentType }, limits });
      reader.on('field', (name, value) => void fields.push([name, value]));
      reader.on('finish', () => resolve(fields));
      reader.on('error', () => resolve(undefined));
      reader.end(Buffer.from(body));
    } catch {
      resolve(undefined);
    }
  });
}

/** The same fields as one urlencoded body, which every format reads. */
export function urlencoded(fields: Fields): Uint8Array {
  return Buffer.from(new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString());
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
