/** Compares with postal-mime, as far as its public API shows the structure, and with the parts that were written. */
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { expect, it } from 'vitest';
import { bodyBytes, leaves, parseMail } from './mime.ts';

/** A leaf of a type that postal-mime returns as an attachment, not as text of the mail. */
interface Leaf {
  readonly type: string;
  readonly encoding: '8bit' | 'base64' | 'quoted-printable';
  readonly lines: readonly string[];
}
interface Tree {
  readonly preamble: string;
  readonly children: readonly (Leaf | Tree)[];
  /** False: the closing boundary is missing. */
  readonly closed: boolean;
}

const TYPES = ['message/delivery-status', 'message/feedback-report', 'text/rfc822-headers', 'message/rfc822', 'application/octet-stream'];

const leaf: fc.Arbitrary<Leaf> = fc.record({
  type: fc.constantFrom(...TYPES),
  encoding: fc.constantFrom('8bit', 'base64', 'quoted-printable'),
  // Lines of fields, of text, and lines that look like a boundary.
  lines: fc.array(
    fc.constantFrom('Final-Recipient: rfc822; a@b.example', 'Status: 5.1.1', '', 'Grüße', '--', '--b', '-- b0', ' folded', '=3D'),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
});

const { tree } = fc.letrec<{ tree: Tree; node: Leaf | Tree }>((tie) => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('tree')),
  tree: fc.record({
    preamble: fc.constantFrom('', 'This is a MIME-encapsulated message.'),
    children: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
    closed: fc.boolean(),
  }),
}));

function encoded({ encoding, lines }: Leaf, lineBreak: string): string {
  const text = lines.join(lineBreak);
  if (encoding === 'base64') return Buffer.from(text).toString('base64').replaceAll(/.{60}/g, `$&${lineBreak}`);
  if (encoding === '8bit') return text;
  const quoted = (letters: string): string => [...Buffer.from(letters)].map((byte) => `=${byte.toString(16).toUpperCase()}`).join('');
  return text.replaceAll(/[^ -<>-~\r\n]+/g, quoted);
}

/** The mail, and its leaves in order. */
function written(root: Tree, lineBreak: string): { readonly mail: string; readonly wanted: readonly Leaf[] } {
  const wanted: Leaf[] = [];
  let boundaries = 0;
  function write(node: Leaf | Tree): string {
    if ('lines' in node) {
      wanted.push(node);
      return [`Content-Type: ${node.type}`, `Content-Transfer-Encoding: ${node.encoding}`, '', encoded(node, lineBreak)].join(lineBreak);
    }
    const boundary = `b${boundaries}/x`;
    boundaries += 1;
    const parts = node.children.map((child) => [`--${boundary}`, write(child)].join(lineBreak));
    return [
      `Content-Type: multipart/mixed; boundary="${boundary}"`,
      '',
      node.preamble,
      ...parts,
      ...(node.closed ? [`--${boundary}--`] : []),
    ].join(lineBreak);
  }
  return { mail: ['From: a@x.example', write(root)].join(lineBreak), wanted };
}

/** The line break before a boundary belongs to it. */
const settled = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();

it('reads the same parts as were written, and as postal-mime reads', async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom('\n', '\r\n'), async (root, lineBreak) => {
      const { mail, wanted } = written(root, lineBreak);
      const bytes = new TextEncoder().encode(mail);
      const parsed = parseMail(bytes);
      const read = (parsed === undefined ? [] : leaves(parsed)).map((part) => [
        part.type,
        settled(new TextDecoder().decode(bodyBytes(part, Number.POSITIVE_INFINITY))),
      ]);
      expect(read).toEqual(wanted.map(({ type, lines }) => [type, settled(lines.join('\n'))]));

      const { attachments } = await PostalMime.parse(bytes, { forceRfc822Attachments: true, attachmentEncoding: 'utf8' });
      expect(read).toEqual(attachments.map(({ mimeType, content }) => [mimeType, settled(content as string)]));
    }),
    { numRuns: 500 },
  );
});
