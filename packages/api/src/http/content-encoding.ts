/** Bodies that are sent compressed (RFC 9110 section 8.4), bounded by what they contain. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br';
export const UNKNOWN_ENCODING = 'unknown';

const NAMES: ReadonlyMap<string, Encoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

export function encodingOf(header: string | undefined): Encoding | typeof UNKNOWN_ENCODING {
  return NAMES.get((header ?? '').trim().toLowerCase()) ?? UNKNOWN_ENCODING;
}

/** Undefined: the body is not of this encoding. */
export async function uncompressed(
  body: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  limit: number,
): Promise<Buffer | 'too large' | undefined> {
  try {
    return await open(body, encoding, { maxOutputLength: limit });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : undefined;
  }
}

const [unzip, unbrotli, inflated, inflatedRaw] = [
  promisify(gunzip),
  promisify(brotliDecompress),
  promisify(inflate),
  promisify(inflateRaw),
];

function open(body: Buffer, encoding: Exclude<Encoding, 'identity'>, options: { readonly maxOutputLength: number }): Promise<Buffer> {
  switch (encoding) {
    case 'gzip':
      return unzip(body, options);
    case 'br':
      return unbrotli(body, options);
    case 'deflate':
      // Some senders leave the zlib header out (RFC 9110 section 8.4.1.2).
      return ((body[0] ?? 0) & 0x0f) === 8 ? inflated(body, options) : inflatedRaw(body, options);
    default:
      return encoding satisfies never;
  }
}
