/** An incident as a partition keeps it: JSON, in which `excludes` has its stored name, `holds`. */
import type { Incident } from '@desist/domain';

type Stored = Omit<Incident, 'excludes'> & { readonly holds: boolean };

export function encodeKnown({ excludes: holds, terms, ...rest }: Incident): string {
  return JSON.stringify({ ...rest, holds, terms } satisfies Stored);
}

export function decodeKnown(json: string): Incident {
  const { holds: excludes, ...rest } = JSON.parse(json) as Stored;
  return { ...rest, excludes };
}
