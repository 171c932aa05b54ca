/** A chart with its name, its table and its CSV. Whoever cannot see the chart reads the table. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { Cell } from '../model/csv.ts';
import { toCsv } from '../model/csv.ts';
import { localTime, utcTime } from '../model/time.ts';
import { now, saveAs, TableBox } from './pieces.tsx';

export interface TableData {
  readonly columns: readonly string[];
  /** Times are RFC 3339 in the CSV and local in the table. */
  readonly rows: readonly (readonly Cell[])[];
}

interface FigureProps {
  readonly title: string;
  readonly sub?: ComponentChildren;
  readonly table: TableData;
  readonly tools?: ComponentChildren;
  /** Name of the file, without `.csv`. */
  readonly file: string;
  /** Without a frame of its own. */
  readonly bare?: boolean;
  readonly children: ComponentChildren;
}

export function Figure({ title, sub, table, tools, file, bare = false, children }: FigureProps): JSX.Element {
  const [isTable, setTable] = useState(false);
  const id = useId();
  return (
    <section class={bare ? 'figure bare' : 'figure'} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {sub === undefined ? null : <p>{sub}</p>}
        <div class="tools">
          {tools}
          <button
            class="button small"
            type="button"
            aria-pressed={isTable}
            onClick={() => setTable(!isTable)}
            aria-label={`Table of ${title}`}
          >
            Table
          </button>
          <button
            class="button small"
            type="button"
            onClick={() => saveAs(`${file}.csv`, toCsv(table.columns, table.rows))}
            aria-label={`CSV of ${title}`}
          >
            CSV
          </button>
        </div>
      </header>
      {isTable ? <DataTable label={title} table={table} /> : children}
    </section>
  );
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function DataTable({ label, table }: { readonly label: string; readonly table: TableData }): JSX.Element {
  return (
    <TableBox label={label} tall>
      <table>
        <thead>
          <tr>
            {table.columns.map((name, index) => (
              <th key={name} scope="col" class={isNumber(table, index) ? 'num' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => (
                <td key={index} class={isNumber(table, index) ? 'num' : ''}>
                  <Shown cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function isNumber({ rows }: TableData, column: number): boolean {
  return rows.some((row) => typeof row[column] === 'number');
}

function Shown({ cell }: { readonly cell: Cell }): JSX.Element {
  if (cell === null || cell === undefined) return <>–</>;
  if (typeof cell === 'number') return <>{Number.isInteger(cell) ? cell : cell.toFixed(3)}</>;
  if (typeof cell === 'string' && TIME.test(cell)) {
    const at = Date.parse(cell);
    return (
      <time dateTime={cell} title={utcTime(at)}>
        {localTime(at, now.value)}
      </time>
    );
  }
  return <>{String(cell)}</>;
}
