/** The types of the tables, written from what the migrations give: `packages/postgres/src/schema.ts`. */
import { fileURLToPath } from 'node:url';
import { migrate, openInMemory } from '@desist/postgres';
import type { Database } from '@desist/postgres';

export const FILE = fileURLToPath(new URL('../../../packages/postgres/src/schema.ts', import.meta.url));

type Table = Awaited<ReturnType<Database['tables']>>[number];
type Column = Table['columns'][number];

const HEAD = `/** The tables and views, generated from the migrations by \`npm run db:types\`: not edited by hand. */
import type { Address, Tenant } from '@desist/domain';
import type { Generated } from 'kysely';
`;

/** As \`values.ts\` of the package reads them. A type that is not here is not used yet: say how it is read, then add it. */
const TYPES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytea: 'Buffer',
  int4: 'number',
  int8: 'number',
  float8: 'number',
  jsonb: 'unknown',
  _text: 'string[]',
  text: 'string',
  timestamptz: 'Date',
};

/** Columns of these names hold keys, which were checked before they were stored. */
const KEYS: Readonly<Record<string, string>> = { address: 'Address', tenant: 'Tenant' };

/** Of an empty database after all migrations. */
export async function typesOfMigrations(): Promise<string> {
  const db = await openInMemory();
  try {
    await migrate(db);
    return typesOf(await db.tables());
  } finally {
    await db.close();
  }
}

export function typesOf(tables: readonly Table[]): string {
  // The partitions of a table are written and read through it.
  const ours = tables.filter(({ schema, name }) => schema === 'desist' && !/^rollup_(?:quarter|hour)_/.test(name));
  const list = ours.map(({ name }) => `  'desist.${name}': ${nameOf(name)};\n`).join('');
  return [HEAD, ...ours.map(interfaceOf), `export interface Schema {\n${list}}\n`].join('\n');
}

function interfaceOf({ name, columns, isView }: Table): string {
  return `export interface ${nameOf(name)} {\n${columns.map((column) => `  ${column.name}: ${typeOf(column, isView)};\n`).join('')}}\n`;
}

/** Of a view nobody knows which columns may be null. */
function typeOf(column: Column, isView: boolean): string {
  const type = KEYS[column.name] ?? TYPES[column.dataType];
  if (type === undefined) throw new Error(`no type is known for ${column.dataType}, of column ${column.name}`);
  const read = (column.isNullable || isView) && type !== 'unknown' ? `${type} | null` : type;
  return column.hasDefaultValue || column.isAutoIncrementing ? `Generated<${read}>` : read;
}

function nameOf(table: string): string {
  return table.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
