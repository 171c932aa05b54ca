/** `GET /v1/suppressions`: the list, filtered, page by page. */
import { NAME, normaliseAddress } from '@desist/contracts';
import type { SuppressionReason } from '@desist/domain';
import type { FastifyInstance } from 'fastify';
import { addressOf, limitOf, nameOf, queryOf, timeOf } from './input.ts';
import { suppressionValue, when } from './output.ts';
import { Problem } from './problem.ts';
import type { ApiOptions } from './server.ts';

const PARAMETERS = ['tenant', 'scope', 'reason', 'domain', 'address', 'since', 'cursor', 'limit'] as const;
/** A record, so that a new reason is missed by the compiler and not by a caller. */
const REASONS: Readonly<Record<SuppressionReason, true>> = {
  persistent_deferral: true,
  hard_bounce: true,
  complaint: true,
  unsubscribe: true,
  operator: true,
};

export async function listRoutes(app: FastifyInstance, { reader }: ApiOptions): Promise<void> {
  app.get('/v1/suppressions', async (request) => {
    const { tenant, scope, reason, domain, address, since, cursor, limit } = queryOf(request.query, PARAMETERS);
    const { items, cursor: next } = await reader.list({
      ...(tenant === undefined ? {} : { tenant: nameOf(tenant, 'tenant') }),
      ...(scope === undefined ? {} : { scope: scopeOf(scope) }),
      ...(reason === undefined ? {} : { reason: reasonOf(reason) }),
      ...(domain === undefined ? {} : { domain: domainOf(domain) }),
      ...(address === undefined ? {} : { address: addressOf(address, 'address') }),
      ...(since === undefined ? {} : { since: timeOf(since, 'since') }),
      ...(cursor === undefined ? {} : { cursor }),
      limit: limitOf(limit),
    });
    return {
      items: items.map((row) => {
        const { tenant, address, updatedAt } = row;
        return { tenant, address, ...suppressionValue(row), updatedAt: when(updatedAt) };
      }),
      cursor: next,
    };
  });
}

function scopeOf(text: string): string {
  if (text === '*' || NAME.test(text)) return text;
  throw new Problem(400, 'scope: must be "*" or the name of a stream');
}

function reasonOf(text: string): string {
  if (Object.hasOwn(REASONS, text)) return text;
  throw new Problem(400, `reason: must be one of ${Object.keys(REASONS).join(', ')}`);
}

function domainOf(text: string): string {
  const normalised = normaliseAddress(`a@${text}`);
  if (normalised.ok) return normalised.domain;
  throw new Problem(400, `domain: must be the part of an address after the @ (${normalised.problem})`);
}
