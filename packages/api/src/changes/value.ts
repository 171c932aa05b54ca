/** A change of the feed as it was published on `suppression-events`. */
import { changeValue } from '@desist/contracts';
import type { Change } from '@desist/domain';
import { sequenceAt } from '@desist/pipeline';
import type { FedChange } from '@desist/pipeline';

export function publishedChange(fed: FedChange): object {
  if (fed.kind === 'incident') return JSON.parse(fed.change) as object;
  const { tenant, address, partition, incarnation, sequence, version, type, effectiveAt, recordedAt, detail } = fed;
  const change = { ...(JSON.parse(detail) as object), version, type, effectiveAt, recordedAt } as Change;
  return changeValue({ tenant, address, change, sequence: sequenceAt(partition, incarnation, sequence) });
}
