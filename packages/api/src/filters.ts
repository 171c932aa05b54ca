/** Values of a filter, normalised. The schema has refused what is none. */
import type { Address } from '@desist/domain';
import { readDomain, readRecipient } from './address.ts';

export function addressIn(text: string): Address | undefined {
  const read = readRecipient(text);
  return read.ok ? read.address : undefined;
}

export function domainIn(text: string): string | undefined {
  const read = readDomain(text);
  return read.ok ? read.domain : undefined;
}

export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are undefined. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
