import type { Format, NormaliseContext } from '@desist/formats';

/** A source of payloads of one format, with the values that the payloads do not contain. */
export interface Source {
  readonly name: string;
  readonly format: Format;
  readonly tenant: string;
  readonly stream: string;
  readonly timezone?: string;
  /** Header line for CSV that arrives without one. */
  readonly header?: string;
}

/**
 * Largest number of elements in one webhook or record. Batches of ten thousand events have fewer; more would take seconds and fill the dead
 * letters.
 */
export const MOST_ELEMENTS = 100_000;

export function contextOf(source: Source, now: number, headers?: Readonly<Record<string, string>>): NormaliseContext {
  const { name, tenant, stream, timezone } = source;
  return {
    source: name,
    tenant,
    stream,
    referenceTime: now,
    ...(timezone === undefined ? {} : { timezone }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** A context for a long-lived reader. Its reference time advances, because logs without years are dated by it. */
export function livingContext(source: Source, now: () => number): NormaliseContext {
  const context = contextOf(source, now());
  return Object.defineProperty(context, 'referenceTime', { get: now, enumerable: true });
}
