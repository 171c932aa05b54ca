/** `GET /v1/status`, for people: partitions and counts. */
import { formatTime } from '@desist/formats/event';
import { subscribersInTrouble } from '@desist/pipeline';
import type { PartitionStatus, StoredPartition, SubscriberStore } from '@desist/pipeline';
import { demandAllTenants } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import type { REASONS } from '../schemas/basics.ts';
import { GET_STATUS } from '../schemas/operation.ts';
import { when } from '../values.ts';
import type { IngestNotices } from '../webhook-receiver.ts';
import { webhookValue } from './subscribers.ts';

export async function statusRoutes(
  app: HttpApp,
  { reader, outcomes, engineStatus, version, subscribers, notices }: ApiOptions,
): Promise<void> {
  app.get('/v1/status', { schema: GET_STATUS, config: { role: 'reader' } }, async ({ caller }) => {
    demandAllTenants(caller);
    const { partitions, recipients, suppressions } = await reader.status();
    const owned = new Map(engineStatus?.().map((status) => [status.partition, status]));
    return {
      version,
      partitions: partitions.map((stored) => partitionValue(stored, owned.get(stored.partition))),
      recipients,
      faults: ((await outcomes?.recordFaults()) ?? []).map((fault) => ({ ...fault, lastAt: when(fault.lastAt) })),
      ...ingestValue(notices?.()),
      webhooks: await webhooksInTrouble(subscribers?.store),
      suppressions: suppressions.map(({ scope, reason, count }) => ({ scope, reason: reason as (typeof REASONS)[number], count })),
    };
  });
}

function ingestValue(given: IngestNotices = { misdirected: [], unknownWords: [] }) {
  const dated = <T extends { readonly lastAt: number }>(one: T) => ({ ...one, lastAt: formatTime(one.lastAt) });
  return { misdirected: given.misdirected.map(dated), unknownWords: given.unknownWords.map(dated) };
}

/** Subscribers that are named at most. */
const NAMED = 100;

async function webhooksInTrouble(store: SubscriberStore | undefined) {
  const { shown } = store === undefined ? { shown: [] } : await subscribersInTrouble(store);
  return shown.slice(0, NAMED).map((one) => {
    const { id, tenant, description, state, reason, problem, failingSince, nextTryAt, behind } = webhookValue(one);
    return { id, tenant, description, state, reason, problem, failingSince, nextTryAt, behind };
  });
}

/** `lag`: records of the log that are not committed; null when another process owns the partition. */
function partitionValue({ nextSequence, ...stored }: StoredPartition, owned: PartitionStatus | undefined) {
  return {
    ...stored,
    nextNumber: nextSequence,
    clock: when(stored.clock),
    updatedAt: when(stored.updatedAt),
    stopped: owned?.stopped ?? stored.stopped,
    lag: owned === undefined ? null : Math.max(0, owned.highWatermark - owned.committed),
    tracked: owned?.tracked ?? null,
    outdated: owned?.outdated ?? null,
    policy: owned?.policy ?? null,
  };
}
