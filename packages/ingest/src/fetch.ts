/** Fetches one small https document, with a time limit and without redirects: for certificates and confirmations of SNS. */
import type { Fetcher } from './checks/certificates.ts';

const PATIENCE = 5_000;

export const fetchSmall: Fetcher = async (url, limit) => {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > limit) throw new Error(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
