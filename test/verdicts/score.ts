/** How well a classifier reads labelled replies, counted as the corpus' README asks. */
import { isHardBounce } from '@desist/verdicts';
import type { Reply, Verdict } from '@desist/verdicts';
import type { Blame, Labelled } from './corpus.ts';

export interface Score {
  readonly rows: number;
  /** Attribution is one that a careful reader accepts. */
  readonly right: number;
  /** Attribution in the seven words of the design is the labelled one, or, of an ambiguous row, an accepted one. */
  readonly rightDesign: number;
  /** Rows that are not about the recipient; and those of them that were blamed on him. */
  readonly others: number;
  readonly blamed: number;
  /** Those of them that would suppress an address at once: the worst error that there is. */
  readonly hardBounced: number;
  /** Rows that are about the recipient; and those of them that were seen so. */
  readonly recipients: number;
  readonly found: number;
  /** Share of right categories, every category weighing the same. */
  readonly categories: number;
  readonly perCategory: readonly CategoryScore[];
  readonly wrong: readonly Wrong[];
}

export interface CategoryScore {
  readonly category: string;
  readonly rows: number;
  readonly attribution: number;
  readonly category_right: number;
}

export interface Wrong {
  readonly row: Labelled;
  readonly verdict: Verdict;
}

/** The design's `local`, `greylisting` and `unknown` are the corpus' `system`. */
export function blameOf({ attribution }: Pick<Verdict, 'attribution'>): Blame {
  return attribution === 'local' || attribution === 'greylisting' || attribution === 'unknown' ? 'system' : attribution;
}

export function score(rows: readonly Labelled[], classify: (reply: Reply, row: Labelled) => Verdict): Score {
  const judged = rows.map((row) => ({ row, verdict: classify(row.reply, row) }));
  const isRight = ({ row, verdict }: Wrong): boolean => row.accept.includes(blameOf(verdict));
  const clear = judged.filter(({ row }) => !(row.ambiguous && row.accept.includes('recipient')));
  const others = clear.filter(({ row }) => row.attribution !== 'recipient');
  const recipients = clear.filter(({ row }) => row.attribution === 'recipient');
  const onRecipient = ({ verdict }: Wrong): boolean => verdict.attribution === 'recipient';
  const perCategory = [...new Set(rows.map(({ category }) => category))].sort().map((category): CategoryScore => {
    const own = judged.filter(({ row }) => row.category === category);
    return {
      category,
      rows: own.length,
      attribution: own.filter(isRight).length,
      category_right: own.filter(({ verdict }) => verdict.category === category).length,
    };
  });
  return {
    rows: rows.length,
    right: judged.filter(isRight).length,
    rightDesign: judged.filter((one) => one.verdict.attribution === one.row.design || (one.row.ambiguous && isRight(one))).length,
    others: others.length,
    blamed: others.filter(onRecipient).length,
    hardBounced: others.filter(({ verdict }) => isHardBounce(verdict)).length,
    recipients: recipients.length,
    found: recipients.filter(onRecipient).length,
    categories: perCategory.reduce((sum, one) => sum + one.category_right / one.rows, 0) / Math.max(1, perCategory.length),
    perCategory,
    wrong: judged.filter((one) => !isRight(one)),
  };
}

/** The same figures of each part of the rows, the largest part first. */
export function scoreBy(
  rows: readonly Labelled[],
  classify: (reply: Reply, row: Labelled) => Verdict,
  partOf: (row: Labelled) => string,
): readonly (readonly [string, Score])[] {
  const parts = Map.groupBy(rows, partOf);
  return [...parts]
    .toSorted(([a, rowsA], [b, rowsB]) => rowsB.length - rowsA.length || (a < b ? -1 : 1))
    .map(([part, own]) => [part, score(own, classify)] as const);
}
