/**
 * Webhooks: is the request the provider's own, and what does it hold? Answered with success only when the log has it.
 *
 *   request ──check──> genuine ──once──> normalise ──> store ──> 2xx
 */
import { LogError, StoreError } from '@desist/pipeline';
import type { Logger, Time } from '@desist/pipeline';
import type { Check, Checked, Refusal, WebhookRequest } from './checks/check.ts';
import { formFields, urlencoded } from './checks/form.ts';
import type { Intake } from './intake.ts';
import type { Once } from './once.ts';
import { createOnce } from './once.ts';
import type { Source } from './source.ts';
import { contextOf } from './source.ts';
import type { IngestTally } from './tally.ts';

export interface WebhookSource extends Source {
  readonly check: Check;
  /** The check looks at headers only: it can be done before the body is read. */
  readonly byHeaders: boolean;
  /** Nothing is checked. */
  readonly open: boolean;
}

export type Received =
  | { readonly kind: 'stored'; readonly events: number; readonly ignored: number; readonly deadLetters: number }
  /** Genuine, and only to be answered. */
  | { readonly kind: 'acknowledged'; readonly what: string }
  | { readonly kind: 'refused'; readonly status: number; readonly refusal: Refusal; readonly detail: string }
  /** Nothing was decided, or not everything stored: the same request again is harmless. */
  | { readonly kind: 'again'; readonly detail: string };

export interface Webhooks {
  has(format: string, name: string): boolean;
  /** Nothing tells a genuine request of this source from another one. */
  isOpen(name: string): boolean;
  /** Of a source that is checked by its headers: undefined when it may go on. */
  admit(name: string, headers: WebhookRequest['headers']): Promise<Extract<Received, { kind: 'refused' }> | undefined>;
  receive(name: string, request: WebhookRequest): Promise<Received>;
  /** A request that was not even read. */
  overloaded(): void;
}

export interface WebhooksOptions {
  readonly sources: readonly WebhookSource[];
  readonly intake: Intake;
  readonly tally: IngestTally;
  readonly time: Pick<Time, 'now'>;
  readonly logger: Logger;
}

const STATUS: Readonly<Record<Refusal, number>> = {
  unsigned: 401,
  forged: 403,
  stale: 403,
  unknown_topic: 403,
  replayed: 409,
  unreadable: 400,
  overloaded: 429,
};

export function createWebhooks({ sources, intake, tally, time, logger }: WebhooksOptions): Webhooks {
  const byName = new Map(sources.map((source) => [source.name, { source, once: createOnce() }]));

  function refuse(refusal: Refusal, detail: string): Extract<Received, { kind: 'refused' }> {
    tally.refuse(refusal);
    return { kind: 'refused', status: STATUS[refusal], refusal, detail };
  }

  async function genuine({ source, once }: Known, request: WebhookRequest, checked: Genuine, now: number): Promise<Received> {
    if (checked.only !== undefined) {
      logger.info({ source: source.name }, `webhook: ${checked.only}`);
      return { kind: 'acknowledged', what: checked.only };
    }
    if (checked.once !== null && !once.claim(checked.once.token, checked.once.until, now)) {
      return refuse('replayed', 'this signed request was taken before');
    }
    const answer = await stored(source, request, now);
    if (answer.kind !== 'stored' && checked.once !== null) once.release(checked.once.token);
    return answer;
  }

  async function stored(source: WebhookSource, { headers, body }: WebhookRequest, now: number): Promise<Received> {
    const payload = await payloadOf(headers['content-type'] ?? '', body);
    const taken = intake.take(source, await intake.normalise(source, payload, contextOf(source, now, headers)));
    // The provider keeps it and comes again, and shows its owner that something is wrong: nothing is lost by saying so.
    if (taken.unreadable) return refuse('unreadable', `nothing in the body can be read as ${source.format.name}: is it the right path?`);
    try {
      await intake.store([taken], source);
    } catch (error) {
      if (!(error instanceof LogError || error instanceof StoreError)) throw error;
      logger.warn({ source: source.name, error: error.name, kind: error.kind }, 'a webhook was not stored: it will come again');
      return { kind: 'again', detail: 'The log did not confirm the events. Send the same request again.' };
    }
    return { kind: 'stored', events: taken.events.length, ignored: taken.ignored, deadLetters: taken.deadLetters.length };
  }

  return {
    has: (format, name) => byName.get(name)?.source.format.name === format,
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
    overloaded: () => tally.refuse('overloaded'),
  };
}

type Genuine = Extract<Checked, { kind: 'genuine' }>;

interface Known {
  readonly source: WebhookSource;
  readonly once: Once;
}

/** Formats read urlencoded forms; multipart ones say the same in other clothes. */
async function payloadOf(contentType: string, body: Uint8Array): Promise<Uint8Array> {
  if (!/^multipart\//i.test(contentType)) return body;
  const fields = await formFields(body, contentType);
  return fields === undefined ? body : urlencoded(fields);
}
