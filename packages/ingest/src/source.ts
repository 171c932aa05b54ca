import type { Format, NormaliseContext } from '@desist/contracts/formats';

/** A feed of one format, with what its payloads do not say about themselves. */
export interface Source {
  readonly name: string;
  readonly format: Format;
  readonly tenant: string;
  readonly stream: string;
  readonly timezone?: string;
  /** Header line of CSV that comes without one. */
  readonly header?: string;
}

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

/** For a reader that lives long: its present goes on, or the years that a log leaves out would stand still. */
export function livingContext(source: Source, now: () => number): NormaliseContext {
  const context = contextOf(source, now());
  return Object.defineProperty(context, 'referenceTime', { get: now, enumerable: true });
}
