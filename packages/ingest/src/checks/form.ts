/** Bodies of forms: the fields, decoded, in their order. */

/** Bytes of a multipart body's boundary and headers are nobody's business: what is no text field is left out. */
export async function formFields(body: Uint8Array, contentType: string): Promise<readonly (readonly [string, string])[] | undefined> {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return [...new URLSearchParams(textOf(body))];
  if (!/^multipart\/form-data\b/i.test(contentType)) return undefined;
  try {
    const form = await new Response(Uint8Array.from(body), { headers: { 'content-type': contentType } }).formData();
    return [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  } catch {
    return undefined;
  }
}

/** The same fields as one urlencoded body, which every format reads. */
export function urlencoded(fields: readonly (readonly [string, string])[]): Uint8Array {
  return Buffer.from(new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString());
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
