import type { SmtpPhase } from '../smtp.ts';
import type { Attribution, Category } from '../types.ts';

/** One classification rule. The first rule whose conditions are all true decides. */
export interface Rule {
  readonly name: string;
  readonly category: Category;
  /** Overrides the category's attribution. */
  readonly attribution?: Attribution;
  /** Evidence for the rule: registry, RFC, provider's page or software. */
  readonly source: string;
  /** A reply that this rule decides. A test checks it. */
  readonly example: string;
  /** Phrases (pattern.ts); at least one must occur in the text. */
  readonly text?: readonly string[];
  /** At least one of these must occur, too. */
  readonly and?: readonly string[];
  /** None of these may occur. */
  readonly unless?: readonly string[];
  readonly code?: readonly number[];
  /** Subject and detail of the enhanced code, `2.2` of `4.2.2`. */
  readonly detail?: readonly string[];
  readonly digit?: 4 | 5;
  /** Full enhanced codes, `4.2.1`, for rules that do not apply to other codes with the same detail. */
  readonly enhanced?: readonly string[];
  /** The provider that operates the mailbox, or whose words occur in the text. */
  readonly provider?: readonly string[];
  readonly phase?: readonly SmtpPhase[];
}

/** Words in a reply that identify the provider whose server wrote it. */
export interface ProviderMark {
  readonly provider: string;
  readonly text: readonly string[];
  /** The words are the name of a host, which a reply of somebody else can name, too. */
  readonly isHost?: true;
}
