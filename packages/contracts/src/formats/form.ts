/** `application/x-www-form-urlencoded` and `multipart/form-data`, recognised by content: which of them it was, a stored payload does not say. */
import type { Fields } from './json.ts';

const FIELDS = 2_000;

/** The fields by name, the first of each; undefined when the text is no form. */
export function formFields(text: string): Fields | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('--')) return multipart(trimmed);
  if (!/^[\w%+.*-]{1,200}=/.test(trimmed) || /[\r\n ]/.test(trimmed)) return undefined;
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let count = 0;
  for (const [name, value] of new URLSearchParams(trimmed)) {
    if ((count += 1) > FIELDS) break;
    if (!(name in fields)) fields[name] = value;
  }
  return fields;
}

/** Parts with a name and without a file. */
function multipart(text: string): Fields | undefined {
  const boundary = /^--[^\r\n]{1,200}/.exec(text)?.[0];
  if (boundary === undefined) return undefined;
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const part of text.split(boundary).slice(1, FIELDS)) {
    const [head = '', ...body] = part.split(/\r?\n\r?\n/);
    const name = /content-disposition:[^\r\n]{0,200}?[\s;]name="([^"\r\n]{1,200})"/i.exec(head)?.[1];
    if (name === undefined || /filename=/i.test(head) || name in fields) continue;
    fields[name] = body.join('\n\n').replace(/\r?\n$/, '');
  }
  return Object.keys(fields).length === 0 ? undefined : fields;
}
