/** `/v1/audit`: who did what. */
import { formatTime, parseTime } from '@desist/formats/event';
import type { AuditEntry } from '@desist/pipeline';
import { addressIn, defined } from '../filters.ts';
import type { Caller } from '../http/access.ts';
import { tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { LIST_AUDIT } from '../schemas/audit.ts';
import type { Entry } from '../schemas/audit.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';

export async function auditRoutes(app: HttpApp, { trail }: ApiOptions): Promise<void> {
  if (trail === undefined) return;
  app.get('/v1/audit', { schema: LIST_AUDIT, config: { role: 'operator' } }, async ({ query, caller }) => {
    const { tenant, who, action, recipient, since, cursor, limit = DEFAULT_LIMIT } = query;
    const filter = defined({
      ...{ tenants: tenantsOf(caller, tenant), who, action },
      since: since === undefined ? undefined : parseTime(since),
      address: recipient === undefined ? undefined : addressIn(recipient),
    });
    const page = await trail.page(filter, { ...defined({ cursor }), limit });
    return { items: page.items.map((entry) => entryValue(entry, caller)), cursor: page.cursor };
  });
}

/** Whose key it was and where it was used is told to a tenant only of its own keys: others are used for other tenants as well. */
function entryValue({ at, keyId, keyName, keyOfTenant, from, address, detail, ...entry }: AuditEntry, { tenants }: Caller): Entry {
  const isTold = tenants === '*' || keyOfTenant;
  return {
    ...{ ...entry, at: formatTime(at), key: keyName, keyId: isTold ? keyId : null, from: isTold ? from : null },
    ...{ recipient: address, detail: { ...detail } },
  };
}
