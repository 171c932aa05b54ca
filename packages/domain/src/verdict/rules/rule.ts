import type { SmtpPhase } from '../../event.ts';
import type { Category } from '../types.ts';

/** What the rules look at: made once per reply. */
export interface Reading {
  /** Lower case, one line; addresses, IPs, long numbers and ids cut out. */
  readonly text: string;
  /** The same before anything was cut out: for tokens such as `[tss04]`. */
  readonly raw: string;
  readonly code: number | undefined;
  /** Subject and detail of the enhanced code, `2.2` of `4.2.2`. */
  readonly detail: string | undefined;
  /** First digit of the enhanced code, else of the code. */
  readonly digit: 4 | 5 | undefined;
  readonly phase: SmtpPhase | undefined;
  readonly provider: string | undefined;
}

/** One reason to decide. The first rule of the list that matches decides. */
export interface Rule {
  readonly name: string;
  readonly category: Category;
  /** Registry, RFC, provider's page or software that says so. */
  readonly source: string;
  /** A reply that this rule decides: tested. */
  readonly example: string;
  /** Tried on the cut text. All conditions that are given must hold. */
  readonly text?: RegExp;
  /** Tried on the text as it came (lower case). */
  readonly raw?: RegExp;
  readonly code?: readonly number[];
  readonly detail?: readonly string[];
  readonly digit?: 4 | 5;
  readonly provider?: readonly string[];
  /** Never decides when this is in the text. */
  readonly unless?: RegExp;
}
