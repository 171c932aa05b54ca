/** Entries of the audit trail for what callers ask for. */
import type { AuditOutcomeName, AuditTrail, Logger, NewAuditEntry } from '@desist/pipeline';
import { StoreError } from '@desist/pipeline';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './http/access.ts';
import { Problem } from './http/problem.ts';

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

/** Entries of refused sign-ins that a process writes in an hour; the next one that is written says how many were left out. */
const REFUSED_SIGN_INS = 60;
const HOUR = 3_600_000;

export interface SignIns {
  /** Never rejects: who cannot be written down may sign in all the same, for keys work while the database is away. */
  note(request: Pick<FastifyRequest, 'ip'>, caller: Caller, outcome: 'done' | 'refused'): Promise<void>;
}

/** Sign-ins in the audit trail. Anybody may fail to sign in, so refused ones are bounded. `now`: ms. */
export function createSignIns({ trail, logger }: Recorded, now: () => number): SignIns {
  let hourEnds = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;
  return {
    async note({ ip }, caller, outcome) {
      const at = now();
      if (at >= hourEnds) [hourEnds, written] = [at + HOUR, 0];
      if (outcome === 'refused' && written >= REFUSED_SIGN_INS) {
        leftOut += 1;
        return;
      }
      if (outcome === 'refused') written += 1;
      const { tenants } = caller;
      const tenant = tenants !== '*' && tenants.length === 1 ? (tenants[0] ?? null) : null;
      // Of no concern to a tenant.
      const detail = leftOut === 0 || tenant !== null ? {} : { refusedBefore: leftOut };
      if (tenant === null) leftOut = 0;
      try {
        await trail?.note([entryOf({ caller, ip }, { action: 'signed_in', tenant, detail }, at, outcome)]);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        logger.warn({ kind: error.kind, outcome }, 'a sign-in is missing in the audit trail');
      }
    },
  };
}

export interface Recorded {
  readonly trail?: AuditTrail | undefined;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Entries that were written before the act: what became of it is added. */
export interface Note {
  /**
   * Never rejects: what was done is done, and the entry says that it is not confirmed. `which`: only these of the entries, by their place.
   */
  settle(outcome: AuditOutcomeName, which?: readonly number[]): Promise<void>;
}

/** Writes entries before the act: nothing is done without a trace. Rejects when that cannot be written, and then nothing must be done. */
export async function noteBefore({ trail, logger }: Recorded, entries: readonly NewAuditEntry[]): Promise<Note> {
  const ids = (await trail?.note(entries)) ?? [];
  return {
    async settle(outcome, which) {
      try {
        await trail?.settle(which === undefined ? ids : ids.filter((_, index) => which.includes(index)), outcome);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        logger.warn({ kind: error.kind, entries: ids.length, outcome }, 'entries of the audit trail stay unconfirmed');
      }
    },
  };
}

/**
 * An act that has no transaction of its own with the entry. When it is refused, nothing was done. When it fails otherwise, nobody knows how far
 * it came: the entry stays unconfirmed.
 */
export async function recorded<T>(to: Recorded, entry: NewAuditEntry, outcome: AuditOutcomeName, work: () => Promise<T>): Promise<T> {
  const note = await noteBefore(to, [{ ...entry, outcome: 'unconfirmed' }]);
  try {
    const result = await work();
    await note.settle(outcome);
    return result;
  } catch (error) {
    if (error instanceof Problem && error.status < 500) await note.settle('refused');
    throw error;
  }
}
