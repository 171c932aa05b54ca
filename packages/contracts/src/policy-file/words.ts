/** The values of `attribution`, and the built-in table. */
import { CATEGORIES } from '@desist/verdicts';
import type { Attribution, Category } from '@desist/verdicts';

const KNOWN: Readonly<Record<Attribution, true>> = {
  recipient: true,
  system: true,
  unknown: true,
  greylisting: true,
  sender: true,
  message: true,
  local: true,
};

export const ATTRIBUTIONS = Object.keys(KNOWN) as readonly Attribution[];

/** Attribution of every category when no policy says otherwise. */
export const BUILT_IN: ReadonlyMap<Category, Attribution> = new Map(CATEGORIES.map(({ category, attribution }) => [category, attribution]));

export function isCategory(word: string): word is Category {
  return (BUILT_IN as ReadonlyMap<string, Attribution>).has(word);
}
