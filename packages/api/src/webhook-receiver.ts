/** The receiver of webhooks that the route calls. */

/** Header names are in lower case. Rejects only because of bugs. */
export interface WebhookReceiver {
  has(format: string, source: string): boolean;
  /** Notes a request for a source that does not exist. */
  misdirected(format: string, source: string): void;
  /** The status with which a request of this format is refused instead, so that its provider repeats it. */
  answerTo(format: string, status: number): number;
  /** True: the source has no signature or password. Then its route answers to names of this machine only, like all others. */
  isOpen(source: string): boolean;
  /** Called before the body is read. Refuses a request whose headers show that it is not genuine. */
  admit(source: string, headers: Headers): Promise<Refused | undefined>;
  receive(source: string, request: { readonly headers: Headers; readonly body: Uint8Array }): Promise<Received>;
  /** Counts a request that was refused unread. */
  overloaded(): void;
}

export type Headers = Readonly<Record<string, string>>;
export type Refused = {
  readonly kind: 'refused';
  readonly status: number;
  readonly refusal: string;
  readonly detail: string;
  /** The format of the body, if it is another one than that of the source. */
  readonly sender?: string;
};
export type Received =
  | { readonly kind: 'stored'; readonly events: number; readonly ignored: number; readonly deadLetters: number }
  /** `validationResponse`: what the provider wants back before it sends events. */
  | { readonly kind: 'acknowledged'; readonly what: string; readonly validationResponse?: string }
  | Refused
  | { readonly kind: 'again'; readonly detail: string };

/** What an operator must see of the webhooks and topics of this process. Times are ms. */
export interface IngestNotices {
  readonly misdirected: readonly { readonly path: string; readonly problem: string; readonly count: number; readonly lastAt: number }[];
  readonly unknownWords: readonly {
    readonly source: string;
    readonly format: string;
    readonly word: string;
    readonly count: number;
    readonly lastAt: number;
  }[];
}
