import type { SmtpPhase } from '../../event.ts';
import type { Attribution, Category } from '../types.ts';

/** One reason to decide. The first rule of the list whose conditions all hold decides. */
export interface Rule {
  readonly name: string;
  readonly category: Category;
  /** Where it differs from the category's own. */
  readonly attribution?: Attribution;
  /** Registry, RFC, provider's page or software that says so. */
  readonly source: string;
  /** A reply that this rule decides: tested. */
  readonly example: string;
  /** Phrases (pattern.ts): one of them must be in the text. */
  readonly text?: readonly string[];
  /** ... and one of these. */
  readonly and?: readonly string[];
  /** ... and none of these. */
  readonly unless?: readonly string[];
  readonly code?: readonly number[];
  /** Subject and detail of the enhanced code, `2.2` of `4.2.2`. */
  readonly detail?: readonly string[];
  readonly digit?: 4 | 5;
  /** Whole enhanced codes, `4.2.1`: for rules that say nothing about others of the same detail. */
  readonly enhanced?: readonly string[];
  /** Who operates the mailbox, or whose words are in the text. */
  readonly provider?: readonly string[];
  readonly phase?: readonly SmtpPhase[];
}

/** Words in a reply that tell whose server wrote it. */
export interface ProviderMark {
  readonly provider: string;
  readonly text: readonly string[];
}
