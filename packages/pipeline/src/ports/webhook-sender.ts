/** How a request gets to a subscriber. */

export interface WebhookRequest {
  readonly url: string;
  /** `webhook-id` */
  readonly id: string;
  /** `webhook-timestamp`, ms since the epoch. */
  readonly at: number;
  /** JSON */
  readonly body: string;
  /** Each makes a signature, the first one first. */
  readonly secrets: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebhookAnswer {
  /** Null: no answer. */
  readonly status: number | null;
  /** Why it does not count as taken, for people; null: it does. Never quotes the answer's body. */
  readonly problem: string | null;
  /** ms */
  readonly duration: number;
  /** ms that the subscriber asks us to wait before the next try (`Retry-After` with 429 or 503), as it said it. */
  readonly retryAfter?: number;
}

export interface WebhookSender {
  /** Never rejects, and takes 10 s at most. */
  send(request: WebhookRequest): Promise<WebhookAnswer>;
}
