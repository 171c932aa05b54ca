/**
 * Parses `application/x-www-form-urlencoded` and `multipart/form-data`. The type is detected from the content because a stored payload
 * has no content type.
 */
import type { Fields } from './json.ts';

/** Maximum number of fields in one form. Provider requests have at most a few dozen. */
export const MOST_FIELDS = 1_000;

/**
 * Decodes the fields of an urlencoded form, in order. Returns undefined if it has more than `MOST_FIELDS`. Fields are decoded one at a
 * time because the decoder takes quadratic time in the number of fields of a long text.
 */
export function urlencodedFields(text: string): readonly (readonly [name: string, value: string])[] | undefined {
  const fields = text.split('&', MOST_FIELDS + 1);
  if (fields.length > MOST_FIELDS) return undefined;
  // URLSearchParams strips a leading question mark. One is added so that a question mark in the field is kept.
  return fields.flatMap((field) => [...new URLSearchParams(`?${field}`)]);
}

/** Returns the fields by name, the first of each. Returns undefined if the text is not a form. */
export function formFields(text: string): Fields | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('--')) return multipart(trimmed);
  if (!/^[\w%+.*-]{1,200}=/.test(trimmed) || /[\r\n ]/.test(trimmed)) return undefined;
  const given = urlencodedFields(trimmed);
  if (given === undefined) return undefined;
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of given) if (!(name in fields)) fields[name] = value;
  return fields;
}

/** Reads the parts that have a name and are not files. */
function multipart(text: string): Fields | undefined {
  const boundary = /^--[^\r\n]{1,200}/.exec(text)?.[0];
  if (boundary === undefined) return undefined;
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const part of text.split(boundary, MOST_FIELDS).slice(1)) {
    const [head = '', ...body] = part.split(/\r?\n\r?\n/);
    const name = /content-disposition:[^\r\n]{0,200}?[\s;]name="([^"\r\n]{1,200})"/i.exec(head)?.[1];
    if (name === undefined || /filename=/i.test(head) || name in fields) continue;
    fields[name] = body.join('\n\n').replace(/\r?\n$/, '');
  }
  return Object.keys(fields).length === 0 ? undefined : fields;
}
