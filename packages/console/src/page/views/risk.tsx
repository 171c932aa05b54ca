/** `/ui/risk`: who will be suppressed within 72 h if nothing is delivered, by deadline. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { api } from '../api/index.ts';
import type { ListedRecipient } from '../api/types.ts';
import { niceTop } from '../model/scale.ts';
import { duration, HOUR, localClock, localDay, utcTime } from '../model/time.ts';
import { compact, count, number, words } from '../model/words.ts';
import { to } from '../router.ts';
import { tenant } from '../session.ts';
import { Figure } from '../ui/figure.tsx';
import { Empty, Head, now, StateChip, TableBox, Time, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { useWidth } from '../ui/use-width.ts';

const HOURS = 72;
/** Recipients that are read; more than people look at. */
const MOST = 5_000;
const SHOWN = 200;

export function Risk(): JSX.Element {
  const of = tenant.value;
  const loaded = useData(`risk ${of ?? ''}`, () => atRisk(of), 60_000);
  return (
    <>
      <Head title="At risk" sub={`Who will be suppressed within ${HOURS} h unless something is delivered to them before.`} />
      <WhenLoaded loaded={loaded} waiting="Reading the deadlines …">
        {({ items, isAll }) =>
          items.length === 0 ? (
            <section class="panel">
              <Empty title="Nobody is at risk">
                <p>No streak has a deadline within {HOURS} h. Failures that count begin one, and it ends with the next delivery.</p>
              </Empty>
            </section>
          ) : (
            <>
              <div class="grid wide-left">
                <ByHour items={items} isAll={isAll} />
                <ByProvider items={items} />
              </div>
              <Rows items={items} isAll={isAll} />
            </>
          )
        }
      </WhenLoaded>
    </>
  );
}

async function atRisk(of: string | undefined): Promise<{ readonly items: readonly ListedRecipient[]; readonly isAll: boolean }> {
  const filter = { ...(of === undefined ? {} : { tenant: of }), suppressedBefore: new Date(Date.now() + HOURS * HOUR).toISOString() };
  const items: ListedRecipient[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.recipients(filter, cursor);
    items.push(...page.items.filter(({ suppressAt }) => suppressAt !== null));
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && items.length < MOST);
  return { items, isAll: cursor === undefined };
}

const HEIGHT = 190;

function ByHour({ items, isAll }: { readonly items: readonly ListedRecipient[]; readonly isAll: boolean }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>();
  const begin = Math.floor(now.value / HOUR) * HOUR;
  const shown = items.every(({ suppressAt }) => Date.parse(suppressAt ?? '') < begin + 24 * HOUR) ? 24 : HOURS;
  const counts = useMemo(() => {
    const hours = Array.from({ length: shown + 1 }, () => 0);
    for (const { suppressAt } of items) {
      const hour = Math.min(shown, Math.max(0, Math.floor((Date.parse(suppressAt ?? '') - begin) / HOUR)));
      hours[hour] = (hours[hour] ?? 0) + 1;
    }
    return hours;
  }, [items, begin, shown]);
  const table = useMemo(
    () => ({ columns: ['hour', 'recipients'], rows: counts.map((n, hour) => [new Date(begin + hour * HOUR).toISOString(), n]) }),
    [counts, begin],
  );
  const top = Math.max(4, niceTop(Math.max(...counts)));
  const left = 34;
  const bar = (width - left) / counts.length;
  const y = (n: number): number => HEIGHT - 24 - (n / top) * (HEIGHT - 40);
  return (
    <Figure title="By hour" sub={`${isAll ? '' : 'at least '}${count(items.length, 'recipient')}`} table={table} file="at-risk-by-hour">
      <div ref={box}>
        {width === 0 ? null : (
          <svg
            class="chart"
            width={width}
            height={HEIGHT}
            viewBox={`0 0 ${width} ${HEIGHT}`}
            role="img"
            aria-label="Recipients by the hour of their deadline. The button Table shows the figures."
          >
            {[0, top / 2, top].map((n) => (
              <g key={n}>
                <line x1={left} x2={width} y1={y(n)} y2={y(n)} class="gridline" />
                <text x={left - 6} y={y(n) + 4} text-anchor="end">
                  {compact(n)}
                </text>
              </g>
            ))}
            {counts.map((n, hour) =>
              n === 0 ? null : (
                <rect
                  key={hour}
                  x={left + hour * bar}
                  y={y(n)}
                  width={Math.max(2, bar - 1.5)}
                  height={y(0) - y(n)}
                  rx={2}
                  fill={hour < 24 ? 'var(--mark-bad)' : hour < 48 ? 'var(--mark-late)' : 'var(--mark-warn)'}
                >
                  <title>{`${localDay(begin + hour * HOUR)} ${localClock(begin + hour * HOUR)} (${utcTime(begin + hour * HOUR)}): ${n}`}</title>
                </rect>
              ),
            )}
            {[0, shown / 3, (shown * 2) / 3, shown].map((hour) => (
              <text key={hour} x={left + hour * bar} y={HEIGHT - 6} text-anchor={hour === shown ? 'end' : 'start'}>
                {hour === 0 ? 'now' : `+${hour} h`}
                <title>{utcTime(begin + hour * HOUR)}</title>
              </text>
            ))}
          </svg>
        )}
      </div>
    </Figure>
  );
}

function ByProvider({ items }: { readonly items: readonly ListedRecipient[] }): JSX.Element {
  const groups = useMemo(
    () =>
      [...Map.groupBy(items, ({ streak }) => streak?.provider ?? 'unknown')]
        .map(([name, of]) => ({ name, n: of.length }))
        .toSorted((a, b) => b.n - a.n),
    [items],
  );
  const table = useMemo(() => ({ columns: ['provider', 'recipients'], rows: groups.map(({ name, n }) => [name, n]) }), [groups]);
  const most = groups[0]?.n ?? 1;
  return (
    <Figure title="By provider" table={table} file="at-risk-by-provider">
      <ul class="bars">
        {groups.slice(0, 8).map(({ name, n }) => (
          <li key={name}>
            <a href={to(['providers', name])}>{name}</a>
            <span class="track">
              <span class="fill" style={{ width: `${(n / most) * 100}%`, display: 'block' }} />
            </span>
            <span class="num">{number(n)}</span>
          </li>
        ))}
      </ul>
    </Figure>
  );
}

function Rows({ items, isAll }: { readonly items: readonly ListedRecipient[]; readonly isAll: boolean }): JSX.Element {
  return (
    <section class="panel flush" aria-label="By deadline">
      <TableBox label="Recipients by deadline">
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Suppressed</th>
              <th scope="col">State</th>
              <th scope="col">Why</th>
              <th scope="col" class="num">
                Failures
              </th>
              <th scope="col">Over</th>
              <th scope="col">Advice</th>
            </tr>
          </thead>
          <tbody>
            {items.slice(0, SHOWN).map((one) => (
              <tr key={`${one.tenant}/${one.address}`}>
                <td>
                  <a class="address" href={to(['r', one.tenant, one.address], { tenant: null })}>
                    {one.address}
                  </a>
                </td>
                <td>
                  <Time at={one.suppressAt} mode="both" />
                </td>
                <td>
                  <StateChip state={one.state} />
                </td>
                <td>
                  {one.streak?.category === null || one.streak === null ? '–' : words(one.streak.category)}
                  {one.streak?.provider === null || one.streak === null ? null : <span class="quiet"> · {one.streak.provider}</span>}
                </td>
                <td class="num">{one.streak?.failures ?? '–'}</td>
                <td class="nowrap">
                  {one.streak?.lastFailureAt === null || one.streak === null
                    ? '–'
                    : duration(Date.parse(one.streak.lastFailureAt) - Date.parse(one.streak.startedAt))}
                </td>
                <td>{one.advice ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {items.length <= SHOWN && isAll ? null : (
        <div class="under">
          The first {number(Math.min(SHOWN, items.length))} of {isAll ? '' : 'at least '}
          {number(items.length)}, the next deadline first.
        </div>
      )}
    </section>
  );
}
