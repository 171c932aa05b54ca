/**
 * `GET /v1/unmatched-replies`: wordings that match no rule. They may contain details of any tenant's mail, so they are not part of the
 * metrics.
 */
import { demandAllTenants } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { LIST_UNMATCHED_REPLIES } from '../schemas/operation.ts';

const SHOWN = 20;

export async function unmatchedReplyRoutes(app: HttpApp, { unmatched }: ApiOptions): Promise<void> {
  if (unmatched === undefined) return;
  app.get('/v1/unmatched-replies', { schema: LIST_UNMATCHED_REPLIES, config: { role: 'reader' } }, async ({ query, caller }) => {
    demandAllTenants(caller);
    return { items: unmatched(query.limit ?? SHOWN).map(({ text, count }) => ({ text, count })) };
  });
}
