/** Addresses of subscribers, before anything is sent there. */
import { isIP } from 'node:net';
import { refusalOf } from './addresses.ts';
import type { Network } from './addresses.ts';

export const URL_LIMIT = 2_048;

/**
 * What a subscriber's address must be; undefined: it is that. A name is not looked up here: what it means is checked when a request is
 * sent, every time.
 */
export function wrongUrl(text: string, allowed: readonly Network[]): string | undefined {
  if (text.length > URL_LIMIT) return `must have at most ${URL_LIMIT} characters`;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be an http or https URL';
  if (url.username !== '' || url.password !== '') return 'must be without user and password: requests are signed';
  if (url.hash !== '') return 'must be without a fragment';
  const host = hostOf(url);
  const refusal = isIP(host) === 0 ? undefined : refusalOf(host, allowed);
  return refusal === undefined ? undefined : `must not be ${host}: ${refusal}; DESIST_WEBHOOK_NETWORKS allows networks by name`;
}

export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
