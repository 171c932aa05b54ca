/** Entries of the audit trail for what callers ask for. */
import type { AuditOutcomeName, AuditTrail, Logger, NewAuditEntry } from '@desist/pipeline';
import { StoreError } from '@desist/pipeline';
import type { FastifyRequest } from 'fastify';

/** What a caller does. */
export interface Act {
  readonly action: string;
  /** Null: the whole installation, or several tenants. */
  readonly tenant: string | null;
  readonly by?: string | null | undefined;
  readonly address?: string | null;
  readonly target?: string | null;
  readonly note?: string | null | undefined;
  /** Contains no address. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** `at`: ms. `outcome`: `done` for what is written in the same transaction. */
export function entryOf(
  request: Pick<FastifyRequest, 'caller' | 'ip'>,
  act: Act,
  at: number,
  outcome: AuditOutcomeName = 'done',
): NewAuditEntry {
  const { caller, ip } = request;
  const { tenants } = caller;
  return {
    ...{ at, action: act.action, tenant: act.tenant, outcome },
    ...{ keyId: caller.id, keyName: caller.name, keyOfTenant: tenants !== '*' && tenants.length === 1 && tenants[0] === act.tenant },
    ...{ by: act.by ?? null, from: ip, address: act.address ?? null, target: act.target ?? null, note: act.note ?? null },
    detail: act.detail ?? {},
  };
}

export interface Recorded {
  readonly trail: AuditTrail | undefined;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Entries that were written before the act: what became of it is added. */
export interface Note {
  /** Never rejects: what was done is done, and the entry says that it is not confirmed. */
  settle(outcome: AuditOutcomeName, targets?: readonly string[]): Promise<void>;
}

/** Writes entries before the act: nothing is done without a trace. Rejects when that cannot be written, and then nothing must be done. */
export async function noteBefore({ trail, logger }: Recorded, entries: readonly NewAuditEntry[]): Promise<Note> {
  const ids = (await trail?.note(entries)) ?? [];
  return {
    async settle(outcome, targets) {
      try {
        await trail?.settle(ids, outcome, targets);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        logger.warn({ kind: error.kind, entries: ids.length, outcome }, 'entries of the audit trail stay unconfirmed');
      }
    },
  };
}

/** An act that has no transaction of its own with the entry. When it fails, nobody knows how far it came: the entry stays unconfirmed. */
export async function recorded<T>(to: Recorded, entry: NewAuditEntry, outcome: AuditOutcomeName, work: () => Promise<T>): Promise<T> {
  const note = await noteBefore(to, [{ ...entry, outcome: 'unconfirmed' }]);
  const result = await work();
  await note.settle(outcome);
  return result;
}
