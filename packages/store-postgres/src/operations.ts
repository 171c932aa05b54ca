/** What services ask of the database beside the store: which input it belongs to. */
import type { Database } from './database.ts';

export interface Input {
  readonly topic: string;
  readonly partitions: number;
}

/** Binds the database to an input, once. Answers what it is bound to: the caller compares. */
export async function bindInput(db: Database, input: Input): Promise<Input> {
  await db.query('insert into desist.input (topic, partitions) values ($1, $2) on conflict (single) do nothing', [
    input.topic,
    input.partitions,
  ]);
  return (await boundInput(db)) as Input;
}

/** What the database is bound to; undefined before the first start. */
export async function boundInput(db: Database): Promise<Input | undefined> {
  const [row] = await db.query('select topic, partitions from desist.input');
  return row === undefined ? undefined : { topic: row['topic'] as string, partitions: Number(row['partitions']) };
}
