/**
 * Receives webhooks: authenticates the request, reads its events, and answers with success only when they are durable in the log.
 *
 *   request ──check──> genuine ──replay guard──> normalise ──> store ──> 2xx
 */
import { createHash } from 'node:crypto';
import { detectFormat, hasFormat } from '@desist/formats';
import { LogError, StoreError } from '@desist/pipeline';
import type { Logger, Time } from '@desist/pipeline';
import { answerTo } from './answers.ts';
import type { Check, Checked, Refusal, WebhookRequest } from './checks/check.ts';
import { formFields, urlencoded } from './checks/form.ts';
import type { Intake } from './intake.ts';
import type { Notices } from './notices.ts';
import type { ReplayGuard } from './replay-guard.ts';
import { createReplayGuard } from './replay-guard.ts';
import type { Source } from './source.ts';
import { contextOf, MOST_ELEMENTS } from './source.ts';
import type { IngestMetrics } from './metrics.ts';

export interface WebhookSource extends Source {
  readonly check: Check;
  /** The check needs only headers, so it can run before the body is read. */
  readonly byHeaders: boolean;
  /** There is no check. */
  readonly open: boolean;
}

export type Received =
  | { readonly kind: 'stored'; readonly events: number; readonly ignored: number; readonly deadLetters: number }
  /** Genuine, without events to store. */
  | { readonly kind: 'acknowledged'; readonly what: string; readonly validationResponse?: string }
  /** `sender`: the format of the body, if it is another one than that of the source. */
  | { readonly kind: 'refused'; readonly status: number; readonly refusal: Refusal; readonly detail: string; readonly sender?: string }
  /** Undecided or not completely stored. It is safe to repeat the request. */
  | { readonly kind: 'again'; readonly detail: string };

export interface Webhooks {
  has(format: string, name: string): boolean;
  /** Notes a request for a source that does not exist. */
  misdirected(format: string, name: string): void;
  /** The status with which a request of this format is refused, so that its provider repeats it. */
  answerTo(format: string, status: number): number;
  /** True: requests of this source are not authenticated. */
  isOpen(name: string): boolean;
  /** Checks the headers of sources with `byHeaders`. Undefined: the request may proceed. */
  admit(name: string, headers: WebhookRequest['headers']): Promise<Extract<Received, { kind: 'refused' }> | undefined>;
  receive(name: string, request: WebhookRequest): Promise<Received>;
  /** Counts a request that was refused unread. */
  overloaded(): void;
}

export interface WebhooksOptions {
  readonly sources: readonly WebhookSource[];
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly notices: Notices;
  readonly time: Pick<Time, 'now'>;
  readonly logger: Logger;
}

const STATUS: Readonly<Record<Refusal, number>> = {
  unsigned: 401,
  forged: 403,
  stale: 403,
  unknown_topic: 403,
  unreadable: 400,
  too_large: 413,
  overloaded: 429,
};

export function createWebhooks({ sources, intake, metrics, notices, time, logger }: WebhooksOptions): Webhooks {
  const byName = new Map(
    sources.map((source) => [
      source.name,
      { source, guard: createReplayGuard(isStored), kept: createReplayGuard<undefined>(isKept, MOST_KEPT) },
    ]),
  );

  function refuse(refusal: Refusal, detail: string): Extract<Received, { kind: 'refused' }> {
    metrics.refuse(refusal);
    return { kind: 'refused', status: STATUS[refusal], refusal, detail };
  }

  async function genuine(
    { source, guard, kept }: GuardedSource,
    request: WebhookRequest,
    checked: Genuine,
    now: number,
  ): Promise<Received> {
    if (checked.only !== undefined) {
      logger.info({ source: source.name }, `webhook: ${checked.only}`);
      return { kind: 'acknowledged', what: checked.only };
    }
    const validation = source.format.name === 'azure' ? validationIn(request) : undefined;
    if (validation !== undefined) {
      logger.info({ source: source.name }, 'webhook: a subscription of Event Grid is confirmed');
      return { kind: 'acknowledged', what: 'a subscription is confirmed', validationResponse: validation };
    }
    if (checked.replayToken === null) return store({ source, kept }, request, now);
    const outcome = await guard.runOnce(checked.replayToken, now, () => store({ source, kept }, request, now));
    return outcome === 'stored' ? { kind: 'acknowledged', what: 'a repeat of a stored request' } : outcome;
  }

  /** The body and its repeats are refused, so that the provider shows it; the first one is kept as a dead letter. */
  async function refuseForeign({ source, kept }: Kept, payload: Uint8Array, sender: string | undefined): Promise<Received> {
    const { name, format } = source;
    const now = time.now();
    const detail = `nothing in the body can be read as ${format.name}${sender === undefined ? '' : `; it looks like ${sender}`}`;
    notices.misdirected({ format: format.name, source: name }, detail);
    const token = createHash('sha256').update(payload).digest('base64url');
    const letter = { kind: 'problem', reason: 'unreadable', detail, raw: Buffer.from(payload).toString('utf8') } as const;
    try {
      await kept.runOnce({ token, until: now + KEPT_FOR }, now, async () => {
        await intake.store([intake.encode(source, [letter])], source);
        return undefined;
      });
    } catch (error) {
      if (!(error instanceof LogError || error instanceof StoreError)) throw error;
      logger.warn({ source: source.name, error: error.name, kind: error.kind }, 'a webhook that cannot be read was not kept');
    }
    return { ...refuse('unreadable', `${detail}: check the path`), ...(sender === undefined ? {} : { sender }) };
  }

  async function store({ source, kept }: Kept, { headers, body }: WebhookRequest, now: number): Promise<Received> {
    const payload = await payloadOf(headers['content-type'] ?? '', body);
    const context = { ...contextOf(source, now, headers), elementLimit: MOST_ELEMENTS };
    const elements = await intake.normalise(source, payload, context);
    // Nothing is lost by refusing: the provider keeps the request, retries, and shows its owner that something is wrong.
    const [only, ...others] = elements;
    if (only?.kind === 'problem' && only.reason === 'too_large' && others.length === 0) return refuse('too_large', only.detail);
    const batch = intake.encode(source, elements);
    const sender = batch.events.length > 0 ? undefined : foreignIn(payload, source);
    if (batch.unreadable || sender !== undefined) return refuseForeign({ source, kept }, payload, sender);
    try {
      await intake.store([batch], source);
    } catch (error) {
      if (!(error instanceof LogError || error instanceof StoreError)) throw error;
      logger.warn({ source: source.name, error: error.name, kind: error.kind }, 'a webhook was not stored: the provider will repeat it');
      return { kind: 'again', detail: 'The log did not confirm the events. Send the same request again.' };
    }
    return { kind: 'stored', events: batch.events.length, ignored: batch.ignored, deadLetters: batch.deadLetters.length };
  }

  return {
    has: (format, name) => byName.get(name)?.source.format.name === format,
    misdirected(format, name) {
      const known = byName.get(name)?.source.format.name;
      const problem = known === undefined ? 'there is no such source' : `the source ${name} has the format ${known}`;
      notices.misdirected({ format, source: name }, problem);
    },
    answerTo,
    isOpen: (name) => byName.get(name)?.source.open !== false,
    async admit(name, headers) {
      const source = byName.get(name)?.source;
      if (source?.byHeaders !== true) return undefined;
      const checked = await source.check({ headers, body: new Uint8Array() }, time.now());
      return checked.kind === 'refused' ? refuse(checked.refusal, checked.detail) : undefined;
    },
    async receive(name, request) {
      const known = byName.get(name);
      if (known === undefined) return refuse('forged', 'there is no such source');
      const now = time.now();
      const checked = await known.source.check(request, now);
      switch (checked.kind) {
        case 'refused':
          return refuse(checked.refusal, checked.detail);
        case 'undecided':
          logger.warn({ source: known.source.name, problem: checked.detail }, 'a webhook could not be checked');
          return { kind: 'again', detail: `${checked.detail}. Send the same request again.` };
        case 'genuine':
          return genuine(known, request, checked, now);
        default:
          checked satisfies never;
          return refuse('forged', 'unknown');
      }
    },
    overloaded: () => metrics.refuse('overloaded'),
  };
}

type Genuine = Extract<Checked, { kind: 'genuine' }>;

interface Kept {
  readonly source: WebhookSource;
  /** Bodies that could not be read and are dead letters. */
  readonly kept: ReplayGuard<undefined>;
}

interface GuardedSource extends Kept {
  readonly guard: ReplayGuard<Received>;
}

/** Bodies that are recognised as repeats of one that could not be read, and for how long, ms: no provider repeats for longer. */
const MOST_KEPT = 10_000;
const KEPT_FOR = 3 * 86_400_000;

function isKept(): boolean {
  return true;
}

/** The code that Event Grid wants back before it sends events. */
function validationIn({ headers, body }: WebhookRequest): string | undefined {
  if (headers['aeg-event-type'] !== 'SubscriptionValidation' || body.byteLength > LONGEST_VALIDATION) return undefined;
  try {
    const [event] = JSON.parse(Buffer.from(body).toString('utf8')) as readonly { readonly data?: { readonly validationCode?: unknown } }[];
    const code = event?.data?.validationCode;
    return typeof code === 'string' && code.length <= 256 ? code : undefined;
  } catch {
    return undefined;
  }
}

const LONGEST_VALIDATION = 64 * 1024;

/** The format of a body that is that of another provider. */
function foreignIn(payload: Uint8Array, { format }: WebhookSource): string | undefined {
  const detected = format.name === 'mapping' ? undefined : detectFormat(payload)?.name;
  return detected === undefined || detected === format.name || hasFormat(format, payload) ? undefined : detected;
}

function isStored({ kind }: Received): boolean {
  return kind === 'stored';
}

/** Converts a multipart form to a urlencoded one, which formats read. */
async function payloadOf(contentType: string, body: Uint8Array): Promise<Uint8Array> {
  if (!/^multipart\//i.test(contentType)) return body;
  const fields = await formFields(body, contentType);
  return fields === undefined ? body : urlencoded(fields);
}
