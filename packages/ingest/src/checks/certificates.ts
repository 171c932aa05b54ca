/**
 * Cache of the certificates with which SNS signs, by host and URL.
 *
 *   requested ──fetched──> candidate ──a signature was verified with it──> proven
 *
 * Anybody who knows the name of a topic can make us fetch any URL of Amazon's host. The result can displace only other candidates:
 * proven certificates are displaced only by proven ones, and are used until they expire, whether they can be fetched again or not.
 */
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Fetches the body of an https URL, at most `limit` bytes. Rejects for any status but 2xx; follows no redirect. */
export type Fetcher = (url: string, limit: number) => Promise<string>;

export interface Certificates {
  /** The public key; undefined: the certificate could not be fetched, or is not valid at `now` (ms). The caller has checked the URL. */
  key(url: URL, now: number): Promise<KeyObject | undefined>;
  /** Reports that a signature was verified with the key of this URL. */
  proven(url: URL): void;
}

const CERTIFICATE_LIMIT = 64 * 1024;
/** ms. A failure is cached, so that a flood of requests does not become a flood of requests by us. */
const FAILURE_KEPT_FOR = 30_000;
/** Per host. Amazon signs with one certificate, and for some days of a year with two. */
export const MOST_PROVEN = 8;
export const MOST_CANDIDATES = 32;
/** Concurrent requests to one host. */
const MOST_AT_ONCE = 8;

/** Undefined when it could not be fetched; then it is fetched again after `FAILURE_KEPT_FOR`. */
type Fetched = Promise<X509Certificate | undefined>;

interface Candidate {
  readonly requestedAt: number;
  readonly certificate: Fetched;
  failed: boolean;
}

interface Host {
  readonly proven: Map<string, Fetched>;
  readonly candidates: Map<string, Candidate>;
  fetching: number;
}

export function createCertificates(fetch: Fetcher): Certificates {
  /** One entry per region of the sources' topics. */
  const hosts = new Map<string, Host>();

  function hostOf({ hostname }: URL): Host {
    let host = hosts.get(hostname);
    if (host === undefined) hosts.set(hostname, (host = { proven: new Map(), candidates: new Map(), fetching: 0 }));
    return host;
  }

  function fetchOnce(host: Host, url: string, now: number): Fetched {
    host.fetching += 1;
    const candidate: Candidate = {
      requestedAt: now,
      failed: false,
      certificate: fetch(url, CERTIFICATE_LIMIT)
        .then((pem) => new X509Certificate(pem))
        .catch(() => {
          candidate.failed = true;
          return undefined;
        })
        .finally(() => (host.fetching -= 1)),
    };
    put(host.candidates, url, candidate, MOST_CANDIDATES);
    return candidate.certificate;
  }

  function certificateOf(host: Host, url: string, now: number): Fetched | undefined {
    const proven = host.proven.get(url);
    if (proven !== undefined) return proven;
    const candidate = host.candidates.get(url);
    if (candidate !== undefined && !(candidate.failed && now - candidate.requestedAt > FAILURE_KEPT_FOR)) return candidate.certificate;
    return host.fetching >= MOST_AT_ONCE ? undefined : fetchOnce(host, url, now);
  }

  return {
    async key(url, now) {
      const certificate = await certificateOf(hostOf(url), url.href, now);
      if (certificate === undefined) return undefined;
      const isValid = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
      return isValid ? certificate.publicKey : undefined;
    },
    proven(url) {
      const { proven, candidates } = hostOf(url);
      const certificate = proven.get(url.href) ?? candidates.get(url.href)?.certificate;
      if (certificate === undefined) return;
      candidates.delete(url.href);
      put(proven, url.href, certificate, MOST_PROVEN);
    },
  };
}

/** Adds an entry as the latest one. When the map is full, the oldest is dropped. */
function put<V>(into: Map<string, V>, name: string, value: V, most: number): void {
  into.delete(name);
  if (into.size >= most) into.delete(into.keys().next().value as string);
  into.set(name, value);
}
