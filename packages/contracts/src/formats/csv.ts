/**
 * One row of CSV (RFC 4180). The readers at hand take a hundred times as long for a single row, and a log's rows come one by one;
 * this one is tested against csv-parse.
 */

/** Undefined: a quoted field does not end, or goes on behind its quote. A quote within a field without quotes stands for itself. */
export function csvFields(row: string): readonly string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; ;) {
    const quoted = row[at] === '"';
    const end = quoted ? closingQuote(row, at) : nextComma(row, at);
    if (end === undefined) return undefined;
    fields.push(quoted ? row.slice(at + 1, end - 1).replaceAll('""', '"') : row.slice(at, end));
    if (end === row.length) return fields;
    if (row[end] !== ',') return undefined;
    at = end + 1;
  }
}

function nextComma(row: string, from: number): number {
  const comma = row.indexOf(',', from);
  return comma === -1 ? row.length : comma;
}

/** Where the field that begins with a quote at `from` ends, behind its last quote. */
function closingQuote(row: string, from: number): number | undefined {
  let at = row.indexOf('"', from + 1);
  while (at !== -1 && row[at + 1] === '"') at = row.indexOf('"', at + 2);
  return at === -1 ? undefined : at + 1;
}

/** Is a quoted field still open at the end of this line, if none was at its beginning? */
export function oddQuotes(line: string): boolean {
  let odd = false;
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) odd = !odd;
  return odd;
}
