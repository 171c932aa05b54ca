/** Bodies of one or several items. Each item is validated by itself, so that one bad item does not fail the others. */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import type { Mistake } from '../schemas/problem.ts';
import { Lines } from './bodies.ts';
import { badRequest, compileValidator, validatorOf } from './validation.ts';

/** Largest number of items in one request. */
export const ITEM_LIMIT = 10_000;
/** Number of mistakes from which on each bad item is reported with its first mistake only. */
const MANY_MISTAKES = 1_000;

/** Schema for the document: one item, or an array of them. */
export const OneOrMany = <T extends TSchema>(item: T) => Type.Union([item, Type.Array(item, { minItems: 1, maxItems: ITEM_LIMIT })]);

const countMistakes = validatorOf(Type.Array(Type.Unknown(), { minItems: 1, maxItems: ITEM_LIMIT }));

/** A validator compiler that skips the body, which `itemsOf` validates. */
export const compileAllButBody: typeof compileValidator = (route) =>
  route.httpPart === 'body' ? (value: unknown) => ({ value }) : compileValidator(route);

/** The items of a body. @throws Problem 400 when there are none or too many */
export function itemsOf(body: unknown): readonly unknown[] {
  const items = body instanceof Lines ? body.lines : body === undefined || body === null ? [] : ([body].flat() as unknown[]);
  const mistakes = countMistakes(items);
  if (mistakes.length > 0) throw badRequest(mistakes);
  return items;
}

export type ItemMistake = Mistake & { readonly index: number; readonly reason: string };
/** A mistake in an item, without its index. */
export type Refusal = Omit<ItemMistake, 'index'>;

export interface SortedItems<T> {
  readonly good: readonly T[];
  readonly mistakes: readonly ItemMistake[];
  readonly bad: number;
}

/** Reads each item. Returns the good ones and the mistakes of the bad ones, in their order. */
export function sortItems<I, T>(items: readonly I[], read: (item: I, index: number) => T | readonly Refusal[]): SortedItems<T> {
  const good: T[] = [];
  const mistakes: ItemMistake[] = [];
  let bad = 0;
  for (const [index, item] of items.entries()) {
    const one = read(item, index);
    if (!Array.isArray(one)) {
      good.push(one as T);
      continue;
    }
    bad += 1;
    for (const [nth, refusal] of (one as readonly Refusal[]).entries()) {
      if (nth === 0 || mistakes.length < MANY_MISTAKES) mistakes.push({ index, ...refusal });
    }
  }
  return { good, mistakes, bad };
}
