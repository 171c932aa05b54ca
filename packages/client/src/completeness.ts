/** Asks a service whether the topic of suppressions has everything that the list has. */

export interface ReplicaService {
  /** Base URL of the service, for example `http://127.0.0.1:8425`. */
  readonly url: string;
  /** A key of the role `reader` for every tenant. */
  readonly key?: string;
  readonly fetch?: typeof fetch;
}

interface Comparisons {
  readonly listed: number;
  readonly items: readonly {
    readonly partition: number;
    readonly reason: string;
    readonly state: string;
    readonly finishedAt: string | null;
  }[];
}

/** ms */
const TIMEOUT = 5_000;

/**
 * Null when the topic is complete, otherwise what is missing. `size`: recipients that the replica has. `since`: when the topic was found to
 * be made anew, ms; it is complete only when every partition was compared after that.
 */
export async function isComplete(
  { url, key, fetch: ask = fetch }: ReplicaService,
  { size, since }: { readonly size: number; readonly since: number | null },
): Promise<string | null> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  let answer: Comparisons;
  try {
    const response = await ask(new URL('/v1/republish', url), { headers, signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) return `the service answered ${response.status} when it was asked whether the topic is complete`;
    answer = (await response.json()) as Comparisons;
  } catch (error) {
    return `the service could not be asked whether the topic is complete: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { listed, items } = answer;
  const begun = items.filter(({ state, reason }) => reason !== 'requested' && (state === 'requested' || state === 'running'));
  if (begun.length > 0) return 'the service is bringing the topic to the table';
  if (size < listed) return `it has ${size} recipients, and at least ${listed} are on the list`;
  if (since === null) return null;
  const done = items.filter(({ state, finishedAt }) => state === 'done' && finishedAt !== null && Date.parse(finishedAt) >= since);
  return done.length > 0 && done.length === items.length ? null : 'the topic was made anew, and the service has not compared all of it yet';
}
