/** Protects what a browser sends by itself (a cookie, or the way to this machine) against pages of other sites. */
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const READING = ['GET', 'HEAD', 'OPTIONS'];

/**
 * For requests that change something and carry no API key in a header. `known`: the request comes from a browser, so it says where from.
 * @throws Problem 403 for a request from another site
 */
export function demandSameOrigin({ method, headers }: FastifyRequest, known: boolean): void {
  if (READING.includes(method)) return;
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  // Browsers say it over HTTPS and on this machine, and a proxy that changes `Host` does not make it wrong.
  if (site === 'same-origin') return;
  if (site === undefined && origin === undefined && !known) return;
  if (site === undefined && origin !== undefined && hostOf(origin) === host) return;
  throw new Problem(403, 'A page of another site may not do this. Send the request from the console, or with an API key in a header.');
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
