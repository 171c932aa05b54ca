/** What the page asks of the service: one function per question. All throw `ApiError`. */
import { ApiError, bodyOf, client } from './client.ts';
import type {
  AuditEntry,
  Change,
  Checked,
  CheckedPolicy,
  Classified,
  Command,
  DeadLetter,
  Delivery,
  Group,
  Measure,
  NewImport,
  ReadDeadLetter,
  Explanation,
  ImportJob,
  ImportTold,
  Incident,
  Listed,
  ListedIncident,
  ListedProvider,
  ListedRecipient,
  PolicyInForce,
  Preview,
  Provider,
  Recipient,
  SentRow,
  Series,
  Session,
  Status,
  Summary,
  Trial,
  Webhook,
  WhatIfJob,
} from './types.ts';

export { ApiError } from './client.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly cursor: string | null;
}
export interface ListFilter {
  readonly tenant?: string;
  readonly scope?: string;
  readonly reason?: Listed['reason'];
  readonly domain?: string;
  readonly address?: string;
  readonly prefix?: string;
  readonly since?: string;
}
export interface SeriesQuery {
  readonly measure: Measure;
  readonly by?: Group;
  readonly from?: string;
  readonly to?: string;
  readonly step?: '15m' | '1h' | '1d';
  readonly tenant?: string;
  readonly provider?: string;
  readonly groups?: number;
}

export interface AuditFilter {
  readonly tenant?: string;
  readonly who?: string;
  readonly action?: string;
  readonly recipient?: string;
}

export interface RecipientFilter {
  readonly tenant?: string;
  readonly suppressedBefore?: string;
}

/** Without members that are undefined or empty, which the service would refuse. */
function given<T extends object>(query: T): T {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== '')) as T;
}

type Optional<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function optional<T extends object>(query: T): Optional<T> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Optional<T>;
}

export const api = {
  session: (): Promise<Session> => bodyOf(client.GET('/v1/session')),
  signIn: (key: string): Promise<Session> => bodyOf(client.POST('/v1/session', { body: { key } })),
  signOut: (): Promise<Session> => bodyOf(client.DELETE('/v1/session')),

  check: async (tenant: string, recipients: readonly string[], suppressions = false): Promise<readonly Checked[]> =>
    (await bodyOf(client.POST('/v1/check', { body: { tenant, recipients: [...recipients], suppressions } }))).results,
  recipient: (tenant: string, address: string): Promise<Recipient> =>
    bodyOf(client.GET('/v1/recipients/{address}', { params: { path: { address }, query: { tenant } } })),
  explain: (tenant: string, address: string): Promise<Explanation> =>
    bodyOf(client.GET('/v1/recipients/{address}/why', { params: { path: { address }, query: { tenant } } })),
  explainUnder: (tenant: string, address: string, policy: string): Promise<Trial> =>
    bodyOf(client.POST('/v1/recipients/{address}/why', { params: { path: { address } }, body: { tenant, policy } })),
  history: async (tenant: string, address: string): Promise<Page<Change>> => {
    const found = await bodyOf(
      client.GET('/v1/recipients/{address}/history', { params: { path: { address }, query: { tenant, limit: 200 } } }),
    );
    return found as unknown as Page<Change>;
  },

  list: (filter: ListFilter, cursor?: string, limit = 1_000): Promise<Page<Listed>> =>
    bodyOf(client.GET('/v1/suppressions', { params: { query: { ...given(filter), ...optional({ cursor }), limit } } })),
  exportUrl: (filter: ListFilter): string =>
    `/v1/suppressions/export?${new URLSearchParams({ ...given(filter), format: 'csv' }).toString()}`,

  /** All or none. True: applied already. */
  async command(commands: readonly Command[], wait = 10): Promise<boolean> {
    const headers = { 'idempotency-key': randomId(), prefer: `wait=${wait}` };
    const answer = await bodyOf(client.POST('/v1/commands', { params: { header: headers }, body: commands as never }));
    const refused = 'refused' in answer ? answer.refused : undefined;
    if (refused?.[0] !== undefined) throw new ApiError(200, `Not done: ${refused[0].detail}.`);
    return answer.folded === true;
  },

  createImport: (wanted: NewImport): Promise<ImportJob> => bodyOf(client.POST('/v1/imports', { body: wanted })),
  sendImportRows: (
    id: string,
    body: { readonly from: number; readonly rows: SentRow[]; readonly last: boolean },
  ): Promise<ImportJob & { readonly first?: readonly ImportTold[] }> =>
    bodyOf(client.POST('/v1/imports/{id}/rows', { params: { path: { id } }, body })),
  stopImport: (id: string): Promise<ImportJob> => bodyOf(client.POST('/v1/imports/{id}/stop', { params: { path: { id } } })),

  incidents: (tenant?: string, state?: 'open'): Promise<Page<ListedIncident>> =>
    bodyOf(client.GET('/v1/incidents', { params: { query: optional({ tenant, state }) } })),
  incident: (id: string): Promise<Incident> => bodyOf(client.GET('/v1/incidents/{id}', { params: { path: { id } } })),
  previewIncident: (id: string, cursor?: string): Promise<Preview> =>
    bodyOf(client.GET('/v1/incidents/{id}/preview', { params: { path: { id }, query: optional({ cursor }) } })),
  decideIncident: (id: string, action: 'void' | 'restore', note: string): Promise<ListedIncident> =>
    bodyOf(
      action === 'void'
        ? client.POST('/v1/incidents/{id}/void', { params: { path: { id } }, body: given({ note }) })
        : client.POST('/v1/incidents/{id}/restore', { params: { path: { id } }, body: given({ note }) }),
    ),

  status: (): Promise<Status> => bodyOf(client.GET('/v1/status')),
  async readiness(): Promise<readonly string[]> {
    const { data, error } = await client.GET('/readyz');
    return data?.problems ?? (error as { problems?: string[] } | undefined)?.problems ?? [];
  },
  unmatched: async (): Promise<readonly { readonly text: string; readonly count: number }[]> =>
    (await bodyOf(client.GET('/v1/unmatched-replies', { params: { query: { limit: 50 } } }))).items,

  policy: (): Promise<PolicyInForce> => bodyOf(client.GET('/v1/policy')),
  checkPolicy: (policy: string): Promise<CheckedPolicy> => bodyOf(client.POST('/v1/policy/check', { body: { policy } })),
  startWhatIf: (policy: string): Promise<WhatIfJob> => bodyOf(client.POST('/v1/whatif', { body: { policy } })),
  whatIf: (id: string): Promise<WhatIfJob> => bodyOf(client.GET('/v1/whatif/{id}', { params: { path: { id } } })),
  stopWhatIf: (id: string): Promise<WhatIfJob> => bodyOf(client.POST('/v1/whatif/{id}/stop', { params: { path: { id } } })),
  summary: (): Promise<Summary> => bodyOf(client.GET('/v1/summary')),
  series: (query: SeriesQuery): Promise<Series> => bodyOf(client.GET('/v1/series', { params: { query: given(query) } })),
  recipients: (filter: RecipientFilter, cursor?: string): Promise<Page<ListedRecipient>> =>
    bodyOf(client.GET('/v1/recipients', { params: { query: given({ ...filter, ...optional({ cursor }), limit: 1_000 }) } })),
  classify: async (replies: readonly string[]): Promise<readonly Classified[]> =>
    (await bodyOf(client.POST('/v1/classify', { body: { replies: [...replies], explain: true } }))).results,
  providers: async (tenant?: string): Promise<readonly ListedProvider[]> =>
    (await bodyOf(client.GET('/v1/providers', { params: { query: optional({ tenant }) } }))).items,
  provider: (provider: string, tenant?: string): Promise<Provider> =>
    bodyOf(client.GET('/v1/providers/{provider}', { params: { path: { provider }, query: optional({ tenant }) } })),
  deadLetters: (cursor?: string): Promise<Page<DeadLetter>> =>
    bodyOf(client.GET('/v1/dead-letters', { params: { query: optional({ cursor }) } })),
  deadLetter: (id: string): Promise<ReadDeadLetter> => bodyOf(client.GET('/v1/dead-letters/{id}', { params: { path: { id } } })),
  audit: (filter: AuditFilter, cursor?: string): Promise<Page<AuditEntry>> =>
    bodyOf(client.GET('/v1/audit', { params: { query: { ...given(filter), ...optional({ cursor }), limit: 100 } } })),
  webhooks: (tenant?: string): Promise<Page<Webhook>> => bodyOf(client.GET('/v1/webhooks', { params: { query: optional({ tenant }) } })),
  deliveries: async (id: string): Promise<readonly Delivery[]> =>
    (await bodyOf(client.GET('/v1/webhooks/{id}/deliveries', { params: { path: { id } } }))).items,
  changeWebhook: (id: string, change: { readonly state: 'active' | 'paused'; readonly skipLost?: boolean }): Promise<unknown> =>
    bodyOf(client.PATCH('/v1/webhooks/{id}', { params: { path: { id } }, body: change })),
  testWebhook: (id: string): Promise<Delivery> => bodyOf(client.POST('/v1/webhooks/{id}/test', { params: { path: { id } } })),
  resendDelivery: (id: string, delivery: string): Promise<Delivery> =>
    bodyOf(client.POST('/v1/webhooks/{id}/deliveries/{delivery}/resend', { params: { path: { id, delivery } } })),
  resend: (id: string): Promise<unknown> => bodyOf(client.POST('/v1/dead-letters/{id}/resend', { params: { path: { id } } })),
};

/** `crypto.randomUUID` exists over HTTPS and on this machine only. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something went wrong in this page. Load it again.';
}
