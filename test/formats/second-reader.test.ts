/** Every golden mail, parsed by postal-mime and written again as a plain report, has the same meaning. */
import { formatOf } from '@desist/formats';
import type { Format, NormaliseContext } from '@desist/formats';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './cases.ts';
import { corpusPayloads } from './corpus.ts';
import { CASES } from './payloads/index.ts';

const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-11-30T00:00:00Z') };
const BY_MAIL: ReadonlySet<string> = new Set(['dsn', 'arf']);

const MAILS = [
  ...CASES.filter(({ format }) => BY_MAIL.has(format)).flatMap(({ format, cases }) =>
    cases.map((one) => ({ format, name: one.name, bytes: bytesOf(one) })),
  ),
  ...(corpusPayloads() ?? [])
    .filter(({ format }) => BY_MAIL.has(format))
    .map(({ format, name, payload }) => ({ format, name, bytes: payload })),
];

async function rewritten(bytes: Uint8Array): Promise<Uint8Array> {
  const { headers, text, attachments } = await PostalMime.parse(bytes, { forceRfc822Attachments: true });
  const type = headers.find(({ key }) => key === 'content-type')?.value ?? 'text/plain';
  const head = headers.filter(({ key }) => !/^content-/.test(key)).map(({ originalKey, value }) => `${originalKey}: ${value}`);
  const parts = [
    ...(text === undefined ? [] : [{ mimeType: 'text/plain', content: Buffer.from(text) }]),
    ...attachments.map(({ mimeType, content }) => ({ mimeType, content: Buffer.from(content as ArrayBuffer) })),
  ];
  const [only] = parts;
  const pieces = /^multipart\//i.test(type)
    ? [
        `Content-Type: ${type.replace(/;\s*boundary=(?:"[^"]*"|[^;\s]*)/i, '')}; boundary=postal-mime\n`,
        ...parts.flatMap(({ mimeType, content }) => [`\n--postal-mime\nContent-Type: ${mimeType}\n\n`, content]),
        '\n--postal-mime--\n',
      ]
    : [`Content-Type: ${type}\n\n`, only?.content ?? ''];
  return Buffer.concat([`${head.join('\n')}\n`, ...pieces].map((piece) => Buffer.from(piece)));
}

/** Without the raw text of problems, which differs between the two mails. */
function meaningOf(format: Format, bytes: Uint8Array): unknown {
  return format.normalise(bytes, CONTEXT).map((one) => (one.kind === 'problem' ? { ...one, raw: '' } : one));
}

describe('another MIME reader (postal-mime)', () => {
  it.each(MAILS)('agrees on $format: $name', async ({ format: name, bytes }) => {
    const format = formatOf(name) as Format;
    expect(meaningOf(format, await rewritten(bytes))).toEqual(meaningOf(format, bytes));
  });
});
