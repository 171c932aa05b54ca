/** How a database carries out what is asked of it. */
import type { Database } from '@desist/store-postgres';

export interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Every node of the plans of what `ask` asks, with what it really read. */
export async function plansOf(db: Database, ask: (watched: Database) => Promise<unknown>): Promise<readonly Plan[]> {
  const asked: (readonly [string, readonly unknown[]])[] = [];
  await ask({
    ...db,
    query: async (sql, values = []) => {
      asked.push([sql, values]);
      return db.query(sql, values);
    },
  });
  const nodes: Plan[] = [];
  for (const [sql, values] of asked) {
    const [row] = await db.query(`explain (analyze, format json) ${sql}`, [...values]);
    const [explained] = row?.['QUERY PLAN'] as readonly [{ readonly Plan: Plan }];
    nodes.push(...nodesOf(explained.Plan));
  }
  return nodes;
}

function* nodesOf(plan: Plan): Generator<Plan> {
  yield plan;
  for (const inner of plan.Plans ?? []) yield* nodesOf(inner);
}
