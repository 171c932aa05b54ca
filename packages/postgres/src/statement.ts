/**
 * Statements of constant text. Each is built and compiled once, when its file is loaded, with slots where values belong; a run fills the
 * slots. Kysely's builder checks the names and types of columns against the schema; what it cannot say is a `sql` template.
 */
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import type { CompiledQuery, OperationNode, QueryExecutorProvider, RawBuilder, RootOperationNode } from 'kysely';
import type { Queries } from './database.ts';
import type { Schema } from './schema.ts';

export interface Statement<P, R> {
  /** What it does. */
  readonly name: string;
  readonly text: string;
  run(db: Queries, params: P): Promise<readonly R[]>;
  /** The only row, or the first one. */
  first(db: Queries, params: P): Promise<R | undefined>;
}

/** Where the values of a run stand in the text. */
export type Slots<P> = { readonly [K in keyof P]: RawBuilder<P[K]> };

/** Builds and compiles; nothing runs here. */
export const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** In the place of a parameter: how its value follows from what a run is given. */
class Slot {
  readonly read: (params: never) => unknown;

  constructor(read: (params: never) => unknown) {
    this.read = read;
  }
}

/** A parameter of which each run computes the value. */
export function slot<T>(read: (params: never) => T): RawBuilder<T> {
  return sql.val(new Slot(read)) as unknown as RawBuilder<T>;
}

const known = new Map<string, Statement<never, unknown>>();
const names = new Map<string, string>();

/** Every statement whose file was loaded. */
export function statements(): readonly Statement<never, unknown>[] {
  return [...known.values()];
}

/** The name that a text is prepared under on a server; undefined: it is planned anew at each run, for its values. */
export function nameOfText(text: string): string | undefined {
  return names.get(text);
}

interface Query<R> {
  compile(provider: QueryExecutorProvider): CompiledQuery<R>;
  toOperationNode(): OperationNode;
}

/** Numbers a slot once, wherever it stands in the text; the given ones first. */
class SlotCompiler extends PostgresQueryCompiler {
  readonly parameters: unknown[];

  constructor(slots: readonly unknown[]) {
    super();
    this.parameters = [...slots];
  }

  protected override appendValue(value: unknown): void {
    const known = value instanceof Slot ? this.parameters.indexOf(value) : -1;
    this.append(`$${known === -1 ? this.parameters.push(value) : known + 1}`);
  }
}

/**
 * `build` is called once. Its slots are numbered in the order in which it names them, and what else needs a parameter comes behind them.
 * @throws Error when the name is taken.
 */
export function statement<P, R>(name: string, build: (db: typeof builder, slots: Slots<P>) => Query<R>): Statement<P, R> {
  if (known.has(name)) throw new Error(`two statements are named ${name}`);
  const named = new Map<string | symbol, Slot>();
  const slots = new Proxy({} as Slots<P>, {
    get: (_, key) => {
      const own = named.get(key) ?? new Slot((params: P) => params[key as keyof P]);
      named.set(key, own);
      return sql.val(own);
    },
  });
  const node = build(builder, slots).toOperationNode() as RootOperationNode;
  const compiler = new SlotCompiler([...named.values()]);
  const text = compiler.compileQuery(node, { queryId: name }).sql;
  const reads = compiler.parameters.map((value) => (value instanceof Slot ? (value.read as (params: P) => unknown) : () => value));
  const made: Statement<P, R> = {
    name,
    text,
    run: async (db, params) =>
      (await db.query(
        text,
        reads.map((read) => read(params)),
      )) as readonly unknown[] as readonly R[],
    first: async (db, params) => (await made.run(db, params))[0],
  };
  known.set(name, made);
  return made;
}

/**
 * A statement that a server parses and plans once per connection: for what every commit writes. Not for what reads or joins a table that
 * grows: a plan from when the table was small stays until the next `analyze`, and reads the whole table with each run.
 */
export function preparedStatement<P, R>(...[name, build]: Parameters<typeof statement<P, R>>): Statement<P, R> {
  const made = statement(name, build);
  names.set(made.text, name);
  return made;
}
